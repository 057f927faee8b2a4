import { describe, expect, it } from 'vitest';
import { BRANCH, BY_CODE, BY_NAME, IMM, OPCODES, opcode, SIMD } from '../../vm/opcodes.ts';

describe('the opcode table', () => {
  it('has all scalar numerics of WebAssembly but the four reinterpretations', () => {
    const codes = OPCODES.map((row) => row.code).filter((code) => code >= 0x45 && code <= 0xc4);
    const expected = Array.from({ length: 0x80 }, (_, i) => 0x45 + i);
    expect(codes).toEqual(expected.filter((code) => code < 0xbc || code > 0xbf));
  });

  it('has all 236 fixed-width SIMD instructions', () => {
    // v128.const has a code of its own among the two-word forms.
    const simd = OPCODES.filter((row) => row.code >= SIMD && row.code < BRANCH);
    expect(simd.length + 1).toBe(236);
  });

  it('gives every scalar binary instruction an immediate form of the same type', () => {
    for (const row of OPCODES.filter((r) => r.form === 'binary' && r.code < SIMD)) {
      const imm = BY_CODE.get(row.code + IMM);
      expect(imm).toMatchObject({ name: `${row.name}.imm`, form: 'binaryImm', result: row.result });
    }
  });

  it('fuses every scalar comparison with a branch', () => {
    const fused = OPCODES.filter((row) => row.form === 'cmpBranch').map((row) => row.name);
    expect(fused).toHaveLength(10 + 10 + 6 + 6);
    expect(fused).toContain('br.f64.ge');
  });

  it('numbers instructions as WebAssembly does', () => {
    expect(opcode('i32.add')).toBe(0x6a);
    expect(opcode('f64.copysign')).toBe(0xa6);
    expect(opcode('i64.extend32_s')).toBe(0xc4);
    expect(opcode('f32x4.mul')).toBe(SIMD + 0xe6);
    expect(opcode('i32x4.dot_i16x8_s')).toBe(SIMD + 0xba);
    expect(() => opcode('i32.nonsense')).toThrow('i32.nonsense');
    expect(BY_NAME.size).toBe(OPCODES.length);
  });
});
