import { describe, expect, test } from 'vitest';
import { createAlu, VALUE_FORMS } from '../../vm/alu.ts';
import { split } from '../../vm/alu-vector.ts';
import { extendLoad } from '../../vm/effect.ts';
import { OPCODES, type Opcode, opcode, type ValueType } from '../../vm/opcodes.ts';
import { compile } from '../support/value-module.ts';
import { edges, generator, slotValue } from '../support/values.ts';

const alu = createAlu();
const rows = OPCODES.filter((row) => VALUE_FORMS.has(row.form));
const ARITHMETIC =
  /^f(32|64)(x\d)?\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w*|demote\w*)$/;

/** The engine's NaNs are its own choice; the machine's are positive and canonical. */
function canonical(row: Opcode, value: bigint): bigint {
  const m = ARITHMETIC.exec(row.name);
  if (!m) return value;
  const width = Number(m[1]);
  const infinity = width === 32 ? 0x7f800000n : 0x7ff0000000000000n;
  const nan = width === 32 ? 0x7fc00000n : 0x7ff8000000000000n;
  return split(value, width)
    .map((lane) => (BigInt.asUintN(width - 1, lane) > infinity ? nan : lane))
    .reduce((sum, lane, i) => sum | (lane << BigInt(width * i)), 0n);
}

const WIDTH: Record<ValueType, 32 | 64> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 64 };
const laneWidths = [8, 16, 32, 64] as const;

/** Pairs of all edges for scalars, then random operands with lanes of every width. */
function* operands(row: Opcode, rounds: number): Generator<[bigint, bigint, bigint]> {
  const [first = 'v128', second = 'v128'] = row.operands;
  const random = generator(row.code);
  if (first !== 'v128') {
    const right = row.operands.length > 1 ? edges(WIDTH[second]) : [0n];
    for (const x of edges(WIDTH[first])) for (const y of right) yield [x, y, 0n];
  }
  for (let i = 0; i < rounds; i++) {
    const width = first === 'v128' ? (laneWidths[i % 4] as 8 | 16 | 32 | 64) : WIDTH[first];
    yield [slotValue(width, random), slotValue(width, random), slotValue(width, random)];
  }
}

function agree(row: Opcode, native: ReturnType<typeof compile>[number], z?: bigint): number {
  let count = 0;
  for (const [x, y, third] of operands(row, z === undefined ? 240 : 24)) {
    const wanted = native(x, y, third);
    const got = alu.execute(row.code, x, y, z ?? third);
    const text = `${row.name}(0x${x.toString(16)}, 0x${y.toString(16)}, 0x${(z ?? third).toString(16)})`;
    expect(got.trapped, text).toBe(wanted === undefined);
    if (wanted !== undefined) {
      expect(`${text} = ${got.result.toString(16)}`).toBe(
        `${text} = ${canonical(row, wanted).toString(16)}`,
      );
    }
    count++;
  }
  return count;
}

describe('the arithmetic unit agrees with the engine', () => {
  const plain = rows.filter((row) => ['unary', 'binary', 'ternary'].includes(row.form));
  const natives = compile(plain.map((row) => ({ row })));
  test.each(plain.map((row, i) => [row.name, i] as const))('%s', (_, i) => {
    expect(agree(plain[i] as Opcode, natives[i] as (typeof natives)[number])).toBeGreaterThan(200);
  });

  const laned = rows.filter((row) => ['extractLane', 'replaceLane'].includes(row.form));
  test.each(laned.map((row) => [row.name, row] as const))(
    '%s, every lane, modulo the lanes',
    (_, row) => {
      const lanes = row.lanes as number;
      const functions = compile(
        Array.from({ length: lanes }, (_, lane) => ({ row, immediates: [lane] })),
      );
      functions.forEach((native, lane) => {
        agree(row, native, BigInt(lane));
        agree(row, native, BigInt(lane + 3 * lanes));
      });
    },
  );

  test('i8x16.shuffle, indices modulo 32', () => {
    const row = rows.find((r) => r.form === 'shuffle') as Opcode;
    const random = generator(7);
    const indices = Array.from({ length: 24 }, () =>
      Array.from({ length: 16 }, () => random() % 32),
    );
    compile(indices.map((immediates) => ({ row, immediates }))).forEach((native, i) => {
      const z = (indices[i] as number[]).reduce(
        (sum, index, at) => sum | (BigInt(index + 32 * ((i + at) % 8)) << BigInt(8 * at)),
        0n,
      );
      agree(row, native, z);
    });
  });

  const loads = OPCODES.filter((row) => row.form === 'load');
  const loaders = compile(loads.map((row) => ({ row })));
  test.each(loads.map((row, i) => [row.name, row, i] as const))('%s extends', (_, row, i) => {
    const random = generator(row.code);
    const width = 8 * (row.width as number);
    for (let round = 0; round < 100; round++) {
      const value = slotValue(laneWidths[round % 4] as 8, random);
      const bytes = BigInt.asUintN(width, value);
      expect(extendLoad(row, bytes)).toBe(loaders[i]?.(0n, 0n, value));
    }
  });
});

describe('what the unit refuses', () => {
  test('a number that is no value instruction', () => {
    expect(() => alu.execute(opcode('jump'), 0n, 0n, 0n)).toThrow(RangeError);
    expect(() => alu.execute(opcode('i32.add.imm'), 0n, 0n, 0n)).toThrow('0x16a');
  });

  test('every NaN of arithmetic is the positive canonical one', () => {
    const noisy = 0xffc12345n;
    for (const name of ['f32.add', 'f32.sub', 'f32.mul', 'f32.div', 'f32.min', 'f32.max']) {
      expect(alu.execute(opcode(name), noisy, noisy, 0n).result).toBe(0x7fc00000n);
    }
    expect(alu.execute(opcode('f32.neg'), noisy, 0n, 0n).result).toBe(0x7fc12345n);
    expect(alu.execute(opcode('f32.div'), 0n, 0n, 0n).result).toBe(0x7fc00000n);
  });
});
