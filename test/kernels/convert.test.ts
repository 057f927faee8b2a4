import { expect, test } from 'vitest';
import { createEvaluator } from '../../models/compile/evaluate.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import { DTYPES, type Dtype } from '../../models/graph.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { kernelsWasm } from '../support/wasm.ts';

const evaluator = createEvaluator(compileWasm(kernelsWasm()));

function converted(from: Dtype, to: Dtype, data: Uint8Array): Uint8Array {
  const n = data.length / DTYPES[from].bytes;
  const output = new Uint8Array(n * DTYPES[to].bytes);
  evaluator.run('convert', [data], [n, DTYPES[from].number, DTYPES[to].number], output);
  return output;
}

const convert = (from: Dtype, to: Dtype, values: readonly number[]): number[] =>
  readNumbers(to, converted(from, to, writeNumbers(from, values)));

const types = Object.keys(DTYPES) as Dtype[];

test.each(types)('small numbers are the same in %s and in every other type', (from) => {
  const values = Array.from({ length: 600 }, (_, i) => (from === 'bool' ? i % 2 : i % 128));
  for (const to of types) {
    const expected = values.map((value) => (to === 'bool' ? Math.min(value, 1) : value));
    expect(convert(from, to, values), to).toEqual(expected);
  }
});

test('floats become integers towards 0, at most the ends of the range', () => {
  const values = [1.9, -1.9, -0.5, 300, -300, 70000, 1e10, -1e10, 1e30, -Infinity, Number.NaN];
  for (const from of ['f32', 'f64'] as const) {
    expect(convert(from, 'i8', values)).toEqual([
      1, -1, 0, 127, -128, 127, 127, -128, 127, -128, 0,
    ]);
    expect(convert(from, 'u16', values)).toEqual([1, 0, 0, 300, 0, 65535, 65535, 0, 65535, 0, 0]);
    expect(convert(from, 'i32', values).slice(5)).toEqual([
      70000, 2147483647, -2147483648, 2147483647, -2147483648, 0,
    ]);
    expect(convert(from, 'u64', values).slice(5)).toEqual([70000, 1e10, 0, 2 ** 64, 0, 0]);
  }
});

test('integers keep their lowest bits', () => {
  expect(convert('i32', 'u8', [-1, 256, 511, -129])).toEqual([255, 0, 255, 127]);
  expect(convert('u16', 'i8', [200, 65535, 128])).toEqual([-56, -1, -128]);
  expect(convert('u64', 'i64', [1])).toEqual([1]);
  const all = new Uint8Array(8).fill(255);
  expect(readNumbers('i64', converted('u64', 'i64', all))).toEqual([-1]);
  expect(readNumbers('f32', converted('u64', 'f32', all))).toEqual([2 ** 64]);
  expect(readNumbers('f64', converted('i64', 'f64', all))).toEqual([-1]);
});

test('only 0 is false', () => {
  expect(convert('f32', 'bool', [0, -0, 1e-40, Number.NaN, -2])).toEqual([0, 0, 1, 1, 1]);
  expect(convert('i64', 'bool', [0, 256, -1])).toEqual([0, 1, 1]);
  expect([...converted('bool', 'u8', Uint8Array.of(0, 1, 7))]).toEqual([0, 1, 1]);
});

test.each(['f16', 'bf16'] as const)('every %s survives a larger float', (half) => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const isNothing =
    half === 'f16' ? (i: number) => (i & 32767) > 0x7c00 : (i: number) => (i & 32767) > 0x7f80;
  const bytes = new Uint8Array(bits.buffer);
  for (const wide of ['f32', 'f64'] as const) {
    const back = new Uint16Array(converted(wide, half, converted(half, wide, bytes)).buffer);
    const expected = bits.map((i) => (isNothing(i) ? (half === 'f16' ? 0x7e00 : 0x7fc0) : i));
    expect(Buffer.compare(new Uint8Array(back.buffer), new Uint8Array(expected.buffer))).toBe(0);
  }
});

test('floats of 16 bits are rounded once, to nearest, ties to even', () => {
  let state = 12345;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const scales = [2 ** -150, 2 ** -134, 2 ** -24, 2 ** -15, 1, 2 ** 15, 2 ** 17, 2 ** 127];
  const values = scales.flatMap((scale) => Array.from({ length: 200 }, () => random() * scale * 4));
  // Ties, and what lies just beside them.
  for (const tie of [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65520, 2 ** -25, 3 * 2 ** -25]) {
    values.push(tie, -tie, tie * (1 + 2 ** -50), tie * (1 - 2 ** -50));
  }
  const f16 = convert('f64', 'f16', values);
  expect(f16).toEqual(values.map((value) => Math.f16round(value)));
  // 2^60 + 2^52 is a tie of bfloat16's; one above it isn't.
  const tie = 2n ** 60n + 2n ** 52n;
  const integers = BigInt64Array.of(tie, tie + 1n, -tie - 1n, -tie);
  const bf16 = readNumbers('bf16', converted('i64', 'bf16', new Uint8Array(integers.buffer)));
  const up = 2 ** 60 + 2 ** 53;
  expect(bf16).toEqual([2 ** 60, up, -up, -(2 ** 60)]);
});
