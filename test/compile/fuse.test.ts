import { describe, expect, test } from 'vitest';
import type { Node } from '../../models/network/types.ts';
import { type F32, node, runTrial, tame } from './tensors.ts';

/** Values among which sums become NaN, infinite and -0. */
const wild = (...shape: number[]): F32 => {
  const { values } = tame(...shape);
  const others = [Number.NaN, -Infinity, Infinity, -0, 0, 3e38, -3e38, 1e-45];
  return { shape, values: values.map((value, i) => (i % 5 === 2 ? others[(i * 7) % 8]! : value)) };
};

const bits = ({ values }: F32): number[] => [...new Uint32Array(values.buffer)];

const CONV = node('Conv', ['x', 'w', 'bias'], ['a'], { pads: [1, 1, 1, 1] });
const DEPTHWISE = node('Conv', ['x', 'v', 'bias'], ['a'], { group: 5, strides: [2, 2] });
const POINTWISE = node('Conv', ['x', 'u', 'bias'], ['a']);
/** The other input, stored as products store theirs. */
const POOL = node('MaxPool', ['r'], ['s'], { kernel_shape: [1, 1] });
const constants = {
  w: wild(5, 5, 3, 3),
  v: tame(5, 1, 3, 3),
  u: tame(5, 5, 1, 1),
  bias: wild(5),
};
const inputs = { x: wild(2, 5, 6, 7), r: wild(2, 5, 6, 7) };

/** Results of a layer and what follows it, where nothing but the end is asked for and where everything is. */
async function both(nodes: readonly Node[], limit?: number) {
  const all = nodes.flatMap(({ outputs }) => outputs);
  const last = all.at(-1)!;
  const trial = { nodes, inputs, constants, ...(limit ? { limit } : {}) };
  const fused = await runTrial({ ...trial, outputs: [last] });
  const apart = await runTrial({ ...trial, outputs: [last, ...all.slice(0, -1)] });
  const computing = (kernels: readonly string[]): string[] =>
    kernels.filter((kernel) => !kernel.startsWith('strided'));
  return {
    fused: computing(fused.kernels),
    apart: computing(apart.kernels),
    bits: [bits(fused.results[0]!), bits(apart.results[0]!)],
  };
}

const relu = (from: string, to = 'y'): Node => node('Relu', [from], [to]);

describe('what follows a product is merged into it, and no bit changes', () => {
  test.each<[string, readonly Node[], string[], string[]]>([
    ['a bound', [CONV, relu('a')], ['conv'], ['conv', 'relu']],
    [
      'a bound of a depthwise convolution',
      [DEPTHWISE, relu('a')],
      ['depthwise'],
      ['depthwise', 'relu'],
    ],
    ['a bound of a product', [POINTWISE, relu('a')], ['gemm'], ['gemm', 'relu']],
    [
      'an addition',
      [CONV, POOL, node('Add', ['a', 's'], ['y'])],
      ['maxPool', 'convAdd'],
      ['conv', 'maxPool', 'add'],
    ],
    [
      'an addition from the left and a bound',
      [POOL, POINTWISE, node('Add', ['s', 'a'], ['b']), relu('b')],
      ['maxPool', 'gemmAdd'],
      ['maxPool', 'gemm', 'add', 'relu'],
    ],
    [
      'two products, of which the last one adds the first',
      [CONV, node('Conv', ['r', 'u'], ['b']), node('Add', ['a', 'b'], ['c']), relu('c')],
      ['conv', 'gemmAdd'],
      ['conv', 'gemm', 'add', 'relu'],
    ],
  ])('%s', async (_, nodes, fused, apart) => {
    const result = await both(nodes);
    expect(result.fused).toEqual(fused);
    expect(result.apart).toEqual(apart);
    expect(result.bits[0]).toEqual(result.bits[1]);
  });

  test('a product of several calls', async () => {
    const result = await both([CONV, POOL, node('Add', ['a', 's'], ['b']), relu('b')], 20_000);
    expect(new Set(result.fused)).toEqual(new Set(['maxPool', 'convAdd']));
    expect(result.fused.length).toBeGreaterThan(2);
    expect(result.bits[0]).toEqual(result.bits[1]);
  });
});

test('a result that is used twice stays as it is', async () => {
  const nodes = [POINTWISE, relu('a', 'b'), node('Add', ['a', 'b'], ['y'])];
  const { fused } = await both(nodes);
  expect(fused).toEqual(['gemm', 'relu', 'add']);
});

test('what a product is added to itself is no addend', async () => {
  const { fused } = await both([POINTWISE, node('Add', ['a', 'a'], ['y'])]);
  expect(fused).toEqual(['gemm', 'add']);
});
