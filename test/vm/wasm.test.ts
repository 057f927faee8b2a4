import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';
import { OPCODES, type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';
import type { WasmModule } from '../../vm/types.ts';
import { checkKernelProfile, readModule, rowOf, WasmError } from '../../vm/wasm/index.ts';
import {
  body,
  code,
  functions,
  functionType,
  memory,
  module,
  section,
  text,
  types,
  u32,
  withBody,
} from './wasm-bytes.ts';
import { compile } from './wasm-text.ts';

const read = (wat: string): WasmModule => readModule(compile(wat));
const opcodes = (m: WasmModule, fn = 0): number[] => m.functions[fn]!.body.map((i) => i.opcode);

test('a module with everything: what comes out', () => {
  const m = read(`(module
    (type $unary (func (param i32) (result i32)))
    (memory (export "memory") 1 3)
    (table 4 funcref)
    (elem (i32.const 1) $double $triple)
    (global $counter (export "counter") (mut i64) (i64.const -2))
    (global $pi f32 (f32.const 1.5))
    (global $ones v128 (v128.const i32x4 1 2 3 4))
    (data (i32.const 8) "\\01\\02\\03")
    (data (i32.const 10) "\\ff")
    (start $init)
    (func $init (global.set $counter (i64.const 7)))
    (func $double (type $unary) (i32.shl (local.get 0) (i32.const 1)))
    (func $triple (type $unary) (local $x i64) (local $y v128) (i32.mul (local.get 0) (i32.const 3)))
    (func $apply (export "apply") (param i32 i32) (result i32)
      (call_indirect (type $unary) (local.get 1) (local.get 0)))
  )`);
  expect(m.functions.map((f) => f.name)).toEqual(['init', 'double', 'triple', 'apply']);
  expect(m.start).toBe(0);
  expect(m.table).toEqual([undefined, 1, 2, undefined]);
  expect(m.memory).toEqual({ initial: 1, maximum: 3 });
  expect([...m.data]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0xff]);
  expect(m.exports).toEqual([{ name: 'apply', functionIndex: 3 }]);
  expect(m.functions[2]!.locals).toEqual(['i64', 'v128']);
  expect(m.functions[3]!.type).toEqual({ params: ['i32', 'i32'], results: ['i32'] });
  expect(m.globals.map((g) => [g.type, g.mutable])).toEqual([
    ['i64', true],
    ['f32', false],
    ['v128', false],
  ]);
  expect(Buffer.from(m.globals[0]!.init).toString('hex')).toBe('feffffffffffffff0000000000000000');
  expect(Buffer.from(m.globals[1]!.init).toString('hex')).toBe('0000c03f000000000000000000000000');
  expect(Buffer.from(m.globals[2]!.init).toString('hex')).toBe('01000000020000000300000004000000');
  const call = m.functions[3]!.body.find((i) => i.opcode === 0x11)!;
  expect(m.types[call.index!]).toEqual({ params: ['i32'], results: ['i32'] });
});

test('each instruction carries the offset of its opcode', () => {
  const m = read('(module (func (param i32) (result i64) (i64.extend_i32_u (local.get 0))))');
  for (const { opcode, offset } of m.functions[0]!.body) expect(m.bytes[offset]).toBe(opcode);
});

test('immediates are decoded', () => {
  const immediates = (...bytes: number[]) =>
    readModule(Uint8Array.from(withBody(...bytes))).functions[0]!.body[0]!;
  expect([...immediates(0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x1a).bytes!]).toEqual([0, 0, 0, 0x80]);
  expect([...immediates(0x41, 0x7f, 0x1a).bytes!]).toEqual([255, 255, 255, 255]);
  expect([...immediates(0x42, ...new Array(9).fill(0x80), 0x7f, 0x1a).bytes!]).toEqual([
    0, 0, 0, 0, 0, 0, 0, 0x80,
  ]);
  expect([...immediates(0x42, ...new Array(9).fill(0xff), 0x00, 0x1a).bytes!]).toEqual([
    255, 255, 255, 255, 255, 255, 255, 0x7f,
  ]);
  const address = [0x41, 0];
  const load = readModule(Uint8Array.from(withBody(...address, 0x28, 2, ...u32(0xffff_ffff), 0x1a)))
    .functions[0]!.body[1]!;
  expect(load.memoryOffset).toBe(0xffff_ffff);
  const table = readModule(Uint8Array.from(withBody(0x00, 0x0e, 2, 0, 0, 0))).functions[0]!
    .body[1]!;
  expect(table.labels).toEqual([0, 0, 0]);
});

test('blocks with several parameters and results', () => {
  const swap = [0x21, 1, 0x21, 0, 0x20, 1, 0x20, 0, 0x20, 0, 0x0d, 0];
  const bytes = Uint8Array.from(
    module(
      types(functionType([0x7f, 0x7e], [0x7e, 0x7f]), functionType([0x7e, 0x7f], [0x7e, 0x7f])),
      functions(0),
      code(
        body(
          ...[0x20, 0, 0x20, 1, 0x02, 0, ...swap, 0x0b],
          ...[0x1a, 0x41, 3, 0x03, 1, 0x20, 0, 0x0d, 0, 0x0b],
        ),
      ),
    ),
  );
  expect(WebAssembly.validate(bytes)).toBe(true);
  const { body: instructions } = readModule(bytes).functions[0]!;
  expect(instructions.find((i) => i.opcode === 0x02)?.type).toEqual({
    params: ['i32', 'i64'],
    results: ['i64', 'i32'],
  });
  expect(instructions.find((i) => i.opcode === 0x03)?.type).toEqual({
    params: ['i64', 'i32'],
    results: ['i64', 'i32'],
  });
});

test('unreachable code is polymorphic', () => {
  // unreachable; i32.add; drop / br 0; f64.sqrt; i64.trunc_f64_s; drop / return; select; drop
  for (const instructions of [
    [0x00, 0x6a, 0x1a],
    [0x0c, 0, 0x9f, 0xb0, 0x1a],
    [0x0f, 0x1b, 0x1a],
    [0x00, 0x1b, 0x45, 0x1a],
    [0x02, 0x7f, 0x00, 0x0e, 1, 0, 0, 0x0b, 0x1a],
    [0x02, 0x7f, 0x02, 0x7d, 0x00, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x41, 0, 0x0b, 0x1a],
  ]) {
    const bytes = Uint8Array.from(withBody(...instructions));
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(readModule(bytes).functions.length).toBe(1);
  }
});

test('a select with a value type becomes a plain select with its type', () => {
  const m = readModule(Uint8Array.from(withBody(0x41, 0, 0x41, 0, 0x41, 0, 0x1c, 1, 0x7f, 0x1a)));
  expect(opcodes(m)).toEqual([0x41, 0x41, 0x41, 0x1b, 0x1a, 0x0b]);
  expect(m.functions[0]!.body[3]!.type?.results).toEqual(['i32']);
});

test('segments that name table 0, a padded table index, a data count', () => {
  const bytes = Uint8Array.from(
    module(
      types(functionType()),
      functions(0),
      section(4, [1, 0x70, 0, 2]),
      memory([0, 1]),
      section(9, [1, 2, 0, 0x41, 1, 0x0b, 0, 1, 0]),
      section(12, [1]),
      code(body(0x41, 0, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0)),
      section(11, [1, 2, 0, 0x41, 4, 0x0b, 1, 9]),
    ),
  );
  expect(WebAssembly.validate(bytes)).toBe(true);
  const m = readModule(bytes);
  expect(m.table).toEqual([undefined, 0]);
  expect([...m.data]).toEqual([0, 0, 0, 0, 9]);
});

test('names: of the name section, else of an export; a malformed name section is ignored', () => {
  const parts = (custom: number[]): Uint8Array =>
    Uint8Array.from(
      module(
        types(functionType()),
        functions(0),
        section(7, [1, ...text('exported'), 0, 0]),
        code(body()),
        section(0, [...text('name'), ...custom]),
      ),
    );
  const name = (custom: number[]) => readModule(parts(custom)).functions[0]!.name;
  const named = [1, 0, ...text('named')];
  expect(name([1, named.length, ...named])).toBe('named');
  expect(name([1, named.length + 1, ...named])).toBe('exported');
  expect(name([1, 9, ...named.slice(0, -1), 0xff])).toBe('exported');
  expect(name([1, 4, 1, 5, 1, 0x61])).toBe('exported');
});

test('the smallest module', () => {
  const m = readModule(Uint8Array.from(module()));
  expect(m.functions).toEqual([]);
  expect(m.memory).toBeUndefined();
  expect(m.data.length).toBe(0);
});

/** Number of the instruction in a module, as a sequence of bytes. */
function encoding(row: Opcode): number[] {
  if (row.code >= SIMD) return [0xfd, ...u32(row.code - SIMD)];
  if (row.code >= 0xd0) return [0xfc, row.code - 0xd0];
  return [row.code];
}

const VALUE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A function that applies the row to its parameters, of the types given. */
function applied(row: Opcode, operands: readonly ValueType[], alignment: number): Uint8Array {
  const immediates: number[] = [];
  if (row.width !== undefined) immediates.push(alignment, 0);
  if (row.lanes !== undefined) immediates.push(row.lanes - 1);
  if (row.form === 'shuffle') immediates.push(...new Array(16).fill(31));
  return Uint8Array.from(
    module(
      types(
        functionType(
          operands.map((t) => VALUE[t]),
          row.result ? [VALUE[row.result]] : [],
        ),
      ),
      functions(0),
      memory([0, 1]),
      code(body(...operands.flatMap((_, i) => [0x20, i]), ...encoding(row), ...immediates)),
    ),
  );
}

describe('every row of the opcode table that is a WebAssembly instruction', () => {
  const rows = OPCODES.filter(
    (r) =>
      (r.code >= 0x28 && r.code < 0x100 && !r.name.endsWith('.imm')) ||
      (r.code >= SIMD && r.code < 0x300),
  );

  test('is read with the types that V8 gives it, and with no others', () => {
    expect(rows.length).toBeGreaterThan(370);
    for (const row of rows) {
      const operands: ValueType[] = [...(row.width ? (['i32'] as const) : []), ...row.operands];
      const natural = Math.log2(row.width ?? 1);
      const good = applied(row, operands, natural);
      expect([row.name, WebAssembly.validate(good as BufferSource)]).toEqual([row.name, true]);
      const m = readModule(good);
      const instruction = m.functions[0]!.body[operands.length]!;
      expect(rowOf(instruction.opcode)).toBe(row);
      const bad: Uint8Array[] = operands.map((type, i) =>
        applied(row, operands.with(i, type === 'f32' ? 'i64' : 'f32'), natural),
      );
      bad.push(applied(row, operands.slice(1), natural));
      if (row.width) bad.push(applied(row, operands, natural + 1));
      for (const bytes of bad) {
        expect([row.name, WebAssembly.validate(bytes as BufferSource)]).toEqual([row.name, false]);
        expect(() => readModule(bytes)).toThrow(WasmError);
      }
    }
  });
});

describe('kernel profile', () => {
  const profile = (wat: string, operators?: string[]): string => {
    try {
      checkKernelProfile(read(wat), operators);
      return 'accepted';
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };

  test('operators take i32 and return nothing', () => {
    const ok = '(func (export "add") (param i32 i32 i32) (i32.store (local.get 0) (i32.const 1)))';
    const result = '(func (export "size") (result i32) (i32.const 4))';
    expect(profile(`(module (memory 1) ${ok})`)).toBe('accepted');
    expect(profile(`(module (memory 1) ${ok} ${result})`, ['add'])).toBe('accepted');
    expect(profile(`(module (memory 1) ${ok} ${result})`)).toMatch(
      /kernel-profile: .*"size".*returns i32/,
    );
    expect(profile('(module (memory 1) (func (export "f") (param i32 f32)))')).toMatch(
      /kernel-profile: .*"f".*takes a f32 as parameter 1/,
    );
  });

  test('a missing export, no memory, and questions about the memory are refused', () => {
    expect(profile('(module (memory 1))', ['conv'])).toMatch(/kernel-profile: .*"conv"/);
    expect(profile('(module (func (export "f")))')).toMatch(/kernel-profile: .*no memory/);
    expect(
      profile('(module (memory 1) (func (export "f") (drop (memory.grow (i32.const 1)))))'),
    ).toMatch(/kernel-profile: memoryGrow/);
    expect(profile('(module (memory 1) (func (export "f") (drop (memory.size))))')).toMatch(
      /kernel-profile: memorySize/,
    );
  });
});

test('what binaryen optimises stays readable', () => {
  const m =
    binaryen.parseText(`(module (memory 1) (func (export "sum") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (i32.load (local.get 0))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 4)))))
    (local.get 1)))`);
  m.optimize();
  const bytes = m.emitBinary();
  m.dispose();
  expect(readModule(bytes).exports.map((e) => e.name)).toEqual(['sum']);
});
