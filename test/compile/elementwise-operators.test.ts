import { expect, test } from 'vitest';
import type { Dtype } from '../../models/graph.ts';
import type { AttributeValue } from '../../models/network/types.ts';
import { f32, node, type Operand, runNode, runNodes } from './elementwise-run.ts';

const X = [-3, -1, -0.25, 0, 0.25, 1, 3, Number.NaN];
const tensor = (dtype: Dtype, values: readonly number[]): Operand => ({
  dtype,
  shape: [values.length],
  values,
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(x));

type Case = [
  op: string,
  attributes: Record<string, AttributeValue>,
  expected: (x: number) => number,
  opset?: number,
];

const ACTIVATIONS: Case[] = [
  ['Relu', {}, (x) => Math.max(x, 0)],
  ['LeakyRelu', { alpha: 0.1 }, (x) => (x < 0 ? 0.1 * x : x)],
  ['ThresholdedRelu', { alpha: 0.5 }, (x) => (x > 0.5 ? x : 0)],
  ['Elu', { alpha: 2 }, (x) => (x > 0 ? x : 2 * Math.expm1(x))],
  ['Selu', {}, (x) => 1.0507010221481323 * (x > 0 ? x : 1.6732631921768188 * Math.expm1(x))],
  ['Celu', { alpha: 2 }, (x) => (x > 0 ? x : 2 * Math.expm1(x / 2))],
  ['Gelu', { approximate: 'tanh' }, (x) => x * sigmoid(1.5957691216 * (x + 0.044715 * x ** 3)), 20],
  ['Mish', {}, (x) => x * Math.tanh(softplus(x))],
  ['HardSigmoid', {}, (x) => Math.max(0, Math.min(1, 0.2 * x + 0.5))],
  ['HardSwish', {}, (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))],
  ['Swish', { alpha: 2 }, (x) => x * sigmoid(2 * x), 24],
  ['Softplus', {}, softplus],
  ['Softsign', {}, (x) => x / (1 + Math.abs(x))],
  ['Shrink', { lambd: 0.5, bias: 0.25 }, (x) => (x < -0.5 ? x + 0.25 : x > 0.5 ? x - 0.25 : 0)],
  ['Sigmoid', {}, sigmoid],
  ['Tanh', {}, Math.tanh],
  ['Clip', { min: -1, max: 0.5 }, (x) => Math.min(Math.max(x, -1), 0.5), 6],
  ['Neg', {}, (x) => -x],
  ['Abs', {}, Math.abs],
  ['Sign', {}, Math.sign],
  ['Reciprocal', {}, (x) => 1 / x],
];

test.each(ACTIVATIONS)('%s %j, in f32 and f64', async (op, attributes, expected, opset) => {
  // Comparisons are false for NaN, so what is chosen by one isn't NaN.
  const chosen = op === 'ThresholdedRelu' || op === 'Shrink';
  const wanted = X.map((x) => (Number.isNaN(x) && !chosen ? x : expected(x)));
  for (const [dtype, digits] of [
    ['f32', 6],
    ['f64', 9],
  ] as const) {
    const { values } = await runNode(op, [tensor(dtype, X)], attributes, opset);
    wanted.forEach((value, i) => {
      if (!Number.isFinite(value)) expect(values[i]).toEqual(value);
      else expect(values[i]).toBeCloseTo(value, digits);
    });
  }
});

test('f16 and bf16 are computed in f32 and rounded', async () => {
  const { dtype, values } = await runNode('Exp', [tensor('f16', [1, -20, 12])]);
  expect(dtype).toBe('f16');
  expect(values).toEqual([1, -20, 12].map((x) => Math.f16round(Math.exp(x))));
  expect((await runNode('Sqrt', [tensor('bf16', [2])])).values).toEqual([1.4140625]);
});

test('a slope for each channel', async () => {
  const x = f32([1, 2, 2], [-1, 2, -3, 4]);
  expect((await runNode('PRelu', [x, f32([2, 1], [0.5, 0.25])])).values).toEqual([
    -0.5, 2, -0.75, 4,
  ]);
  const whole: Operand = { dtype: 'i32', shape: [4], values: [-1, 2, -3, 4] };
  const { values } = await runNode('PRelu', [whole, { dtype: 'i32', shape: [], values: [3] }]);
  expect(values).toEqual([-3, 2, -9, 4]);
});

test('bounds that come in when the network runs', async () => {
  const x = tensor('i8', [-5, 0, 5]);
  const bound = (value: number): Operand => ({ dtype: 'i8', shape: [], values: [value] });
  expect((await runNode('Clip', [x, bound(-2), bound(3)])).values).toEqual([-2, 0, 3]);
});

test.each([
  ['Less', [1, Number.NaN, -0], [2, 1, 0], [1, 0, 0]],
  ['LessOrEqual', [1, Number.NaN, -0], [1, Number.NaN, 0], [1, 0, 1]],
  ['Greater', [1, 2, Infinity], [2, 1, Number.NaN], [0, 1, 0]],
  ['GreaterOrEqual', [1, 2, 2], [2, 1, 2], [0, 1, 1]],
  ['Equal', [1, Number.NaN, -0], [1, Number.NaN, 0], [1, 0, 1]],
] as const)('%s of %j and %j', async (op, x, y, expected) => {
  for (const dtype of ['f32', 'f64', 'f16'] as const) {
    const result = await runNode(op, [tensor(dtype, x), tensor(dtype, y)]);
    expect(result.dtype).toBe('bool');
    expect(result.values).toEqual(expected);
  }
});

test('signed and unsigned integers are compared as such', async () => {
  const less = async (dtype: Dtype, x: number, y: number) =>
    (await runNode('Less', [tensor(dtype, [x]), tensor(dtype, [y])])).values[0];
  expect(await less('i32', -1, 1)).toBe(1);
  expect(await less('u32', 2 ** 32 - 1, 1)).toBe(0);
  expect(await less('i64', -1, 1)).toBe(1);
  expect(await less('u64', 2 ** 63, 1)).toBe(0);
  expect(await less('u8', 255, 1)).toBe(0);
  expect(await less('i16', -2, -1)).toBe(1);
});

test.each([
  ['And', [1, 0, 0, 0]],
  ['Or', [1, 1, 1, 0]],
  ['Xor', [0, 1, 1, 0]],
] as const)('%s of bools', async (op, expected) => {
  const operands = [tensor('bool', [1, 1, 0, 0]), tensor('bool', [1, 0, 1, 0])];
  expect((await runNode(op, operands)).values).toEqual(expected);
});

test('bits', async () => {
  const shift = (dtype: Dtype, direction: string, x: number[], y: number[]) =>
    runNode('BitShift', [tensor(dtype, x), tensor(dtype, y)], { direction });
  expect((await shift('u8', 'LEFT', [255, 1, 1], [1, 7, 8])).values).toEqual([254, 128, 0]);
  expect((await shift('u64', 'RIGHT', [2 ** 63, 8], [62, 64])).values).toEqual([2, 0]);
  const operands = [tensor('i16', [6, -1]), tensor('i16', [3, 255])];
  expect((await runNode('BitwiseAnd', operands)).values).toEqual([2, 255]);
  expect((await runNode('BitwiseXor', operands)).values).toEqual([5, -256]);
  expect((await runNode('BitwiseNot', [tensor('u8', [0, 170])])).values).toEqual([255, 85]);
  expect((await runNode('Not', [tensor('bool', [0, 1])])).values).toEqual([1, 0]);
});

test('the rest of a division takes the sign of the divisor, with fmod of the dividend', async () => {
  const x = [5, -5, 5, -5, 7];
  const y = [3, 3, -3, -3, 0];
  for (const dtype of ['i8', 'i32', 'i64'] as const) {
    const operands = [tensor(dtype, x), tensor(dtype, y)];
    expect((await runNode('Mod', operands)).values).toEqual([2, 1, -1, -2, 0]);
    expect((await runNode('Mod', operands, { fmod: 1 })).values.slice(0, 4)).toEqual([
      2, -2, 2, -2,
    ]);
  }
  for (const dtype of ['f32', 'f64'] as const) {
    const a = [5.5, -5.5, 1e30, 2 ** -149, 3, Infinity];
    const b = [3, 3, 7, 2 ** -148, 0, 1];
    const exact = dtype === 'f32' ? a.map(Math.fround) : a;
    const { values } = await runNode('Mod', [tensor(dtype, a), tensor(dtype, b)], { fmod: 1 });
    expect(values).toEqual(exact.map((value, i) => value % b[i]!));
  }
});

test('powers of one type and of two', async () => {
  const pow = async (x: Operand, y: Operand) => (await runNode('Pow', [x, y])).values;
  expect(
    await pow(
      tensor('f64', [2, -2, 0, -8, 4, -1]),
      tensor('f64', [10, 3, 0, 1 / 3, -0.5, Infinity]),
    ),
  ).toEqual([1024, -8, 1, Number.NaN, 0.5, 1]);
  expect(await pow(tensor('i32', [2, 3, -2, 5]), tensor('i64', [31, 4, 3, -1]))).toEqual([
    -(2 ** 31),
    81,
    -8,
    0,
  ]);
  expect(await pow(tensor('i32', [4, 9]), tensor('f32', [0.5, 1.5]))).toEqual([2, 27]);
  expect(await pow(tensor('f32', [1.5, 2]), tensor('u64', [2, 40]))).toEqual([2.25, 2 ** 40]);
});

test('a power whose exponent is known is a product', async () => {
  const e = { dtype: 'f32', shape: [], data: new Uint8Array(Float32Array.of(3).buffer) } as const;
  const nodes = [node('Pow', ['a', 'e'], ['y'])];
  const { kernels, values } = await runNodes(nodes, [f32([2], [-2, 3])], { e });
  expect(kernels).toEqual(['mul', 'mul']);
  expect(values).toEqual([-8, 27]);
});

test('a choice between tensors, all broadcast', async () => {
  const condition: Operand = { dtype: 'bool', shape: [2, 1], values: [1, 0] };
  for (const dtype of ['u8', 'f16', 'f32', 'i64'] as const) {
    const x: Operand = { dtype, shape: [3], values: [1, 2, 3] };
    const y: Operand = { dtype, shape: [], values: [9] };
    expect((await runNode('Where', [condition, x, y])).values).toEqual([1, 2, 3, 9, 9, 9]);
  }
});

test('what is NaN and what is infinite', async () => {
  const x = [Number.NaN, Infinity, -Infinity, 1];
  for (const dtype of ['f32', 'f64', 'f16'] as const) {
    const is = async (op: string, attributes = {}) =>
      (await runNode(op, [tensor(dtype, x)], attributes)).values;
    expect(await is('IsNaN')).toEqual([1, 0, 0, 0]);
    expect(await is('IsInf')).toEqual([0, 1, 1, 0]);
    expect(await is('IsInf', { detect_negative: 0 })).toEqual([0, 1, 0, 0]);
  }
});

test('Cast names its type by ONNX’s number; strings are refused', async () => {
  const { dtype, values } = await runNode('Cast', [f32([3], [1.7, -1.7, 300])], { to: 3 });
  expect([dtype, values]).toEqual(['i8', [1, -1, 127]]);
  await expect(runNode('Cast', [f32([1], [1])], { to: 8 })).rejects.toThrow(
    'tensors of type STRING',
  );
  const like = await runNode('CastLike', [f32([1], [2.5]), tensor('u64', [0])]);
  expect([like.dtype, like.values]).toEqual(['u64', [2]]);
});

test('a dropout drops nothing, and what is random is refused', async () => {
  const x = f32([2], [1, 2]);
  const mask = [node('Dropout', ['a'], ['x', 'm'], {}, 13), node('Not', ['m'], ['y'])];
  expect((await runNodes(mask, [x])).values).toEqual([0, 0]);
  await expect(runNode('Bernoulli', [x])).rejects.toThrow('its result is random');
});

test('before opset 7 the second operand lies at an axis of the first', async () => {
  const operands = [f32([2, 3], [0, 1, 2, 3, 4, 5]), f32([2], [10, 20])];
  const { values } = await runNode('Add', operands, { broadcast: 1, axis: 0 }, 6);
  expect(values).toEqual([10, 11, 12, 23, 24, 25]);
});

test('types that differ, and shapes that have none in common, are refused', async () => {
  await expect(runNode('Add', [f32([1], [1]), tensor('i32', [1])])).rejects.toThrow('other types');
  await expect(runNode('Add', [f32([2], [1, 2]), f32([3], [1, 2, 3])])).rejects.toThrow(
    'f32 [2] and f32 [3] have no common shape',
  );
});

test('an empty tensor stays empty', async () => {
  const e = { dtype: 'f32', shape: [0], data: new Uint8Array() } as const;
  const nodes = [
    node('Exp', ['e'], ['f']),
    node('Add', ['f', 'e'], ['g']),
    node('Cast', ['g'], ['h'], { to: 7 }),
    node('Cast', ['h'], ['i'], { to: 1 }),
    node('Concat', ['a', 'i'], ['y'], { axis: 0 }),
  ];
  expect((await runNodes(nodes, [f32([1], [5])], { e })).values).toEqual([5]);
});
