import { expect, test } from 'vitest';
import type { Dtype } from '../../models/graph.ts';
import { f32, node, runNode, runNodes } from './elementwise-run.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Broadcast addition, index by index. */
function sum(shape: number[], operands: { shape: readonly number[]; values: readonly number[] }[]) {
  const at = ({ shape: own, values }: (typeof operands)[number], index: number[]): number => {
    const missing = shape.length - own.length;
    return values[own.reduce((sum, size, i) => sum * size + (index[missing + i]! % size), 0)]!;
  };
  const total = shape.reduce((x, y) => x * y, 1);
  return range(total).map((flat) => {
    let rest = flat;
    const index = shape
      .toReversed()
      .map((size) => {
        const i = rest % size;
        rest = Math.floor(rest / size);
        return i;
      })
      .reverse();
    return operands.reduce((sum, operand) => sum + at(operand, index), 0);
  });
}

test.each([
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3, 4, 5], []],
  [[], [7]],
  [
    [2, 3, 4, 5],
    [3, 1, 1],
  ],
  [[4], [2, 3, 4]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 1, 3, 1, 2],
    [1, 2, 1, 3, 2],
  ],
  [
    [2, 1, 2, 1, 2, 1],
    [1, 2, 1, 2, 1, 2],
  ],
])('[%s] and [%s] are broadcast together', async (x, y) => {
  const [a, b] = [x, y].map((shape, i) =>
    f32(
      shape,
      range(shape.reduce((p, q) => p * q, 1)).map((v) => v * 10 ** (3 * i)),
    ),
  );
  const { shape, values } = await runNode('Add', [a!, b!]);
  expect(values).toEqual(sum([...shape], [a!, b!]));
});

test('a residual of what is stored transposed, and a number for each channel, move nothing', async () => {
  const x = f32([1, 2, 3, 4], range(24));
  const scale = f32([2, 1, 1], [1, 100]);
  const order = { perm: [0, 3, 1, 2] };
  const back = { perm: [0, 2, 3, 1] };
  const { kernels, values } = await runNodes(
    [
      node('Transpose', ['a'], ['t'], back),
      node('Transpose', ['t'], ['u'], order),
      node('Transpose', ['a'], ['v'], back),
      node('Add', ['t', 'v'], ['w'], {}),
      node('Transpose', ['w'], ['x'], order),
      node('Mul', ['x', 'b'], ['y'], {}),
    ],
    [x, scale],
  );
  expect(kernels).toEqual(['add', 'mulF32']);
  expect(values).toEqual(range(24).map((v) => 2 * v * (v < 12 ? 1 : 100)));
});

test.each([
  ['i8', 'Add', [100, -100], [100, -100], [-56, 56]],
  ['u8', 'Sub', [1, 250], [2, 1], [255, 249]],
  ['i16', 'Mul', [300, -300], [300, 300], [24464, -24464]],
  ['i32', 'Div', [7, -7, -2147483648, 5], [2, 2, -1, 0], [3, -3, -2147483648, 0]],
  ['u32', 'Div', [4294967295, 7], [2, 0], [2147483647, 0]],
  ['i64', 'Div', [7, -9, 5], [-2, 2, 0], [-3, -4, 0]],
  ['u64', 'Max', [2 ** 63, 1], [1, 2 ** 63], [2 ** 63, 2 ** 63]],
  ['i64', 'Max', [-1, 1], [1, -2], [1, 1]],
  ['u32', 'Min', [4294967295, 1], [1, 3], [1, 1]],
  ['f16', 'Add', [2048, 1], [1, 2 ** -11], [2048, 1]],
  ['bf16', 'Mul', [1.5, 3], [1.5, -0.5], [2.25, -1.5]],
  ['f64', 'Div', [1, 1], [3, 0], [1 / 3, Infinity]],
] as const)('%s: %s of %j and %j', async (dtype, op, x, y, expected) => {
  const operand = (values: readonly number[]) => ({
    dtype: dtype as Dtype,
    shape: [values.length],
    values,
  });
  expect((await runNode(op, [operand(x), operand(y)])).values).toEqual(expected);
});

test('the least of several tensors, and NaN is the least and the greatest', async () => {
  const operands = [f32([2, 1], [5, -5]), f32([3], [1, Number.NaN, -9]), f32([], [0])];
  const { values } = await runNode('Min', operands);
  expect(values).toEqual([0, Number.NaN, -9, -5, Number.NaN, -9]);
});
