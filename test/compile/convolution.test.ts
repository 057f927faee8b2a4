import { describe, expect, test } from 'vitest';
import {
  convReference,
  type Geometry,
  poolReference,
  transposedReference,
} from './convolution-reference.ts';
import { type F32, node, runTrial, tame } from './tensors.ts';

/** `attributes` as ONNX has them, with what the reference needs. */
async function conv(x: F32, w: F32, bias: F32 | undefined, geometry: Geometry, limit?: number) {
  const inputs = bias ? ['x', 'w', 'bias'] : ['x', 'w'];
  return runTrial({
    nodes: [node('Conv', inputs, ['y'], { ...geometry })],
    inputs: { x },
    constants: { w, ...(bias ? { bias } : {}) },
    outputs: ['y'],
    ...(limit ? { limit } : {}),
  });
}

// Sixteenths multiply and add without rounding here, so that the order of a sum shows in no bit.
describe('a convolution is the sum that defines it', () => {
  test.each<[string, F32, F32, boolean, Geometry]>([
    ['3x3', tame(1, 3, 6, 7), tame(9, 3, 3, 3), true, {}],
    [
      'padded on every side by another number',
      tame(2, 4, 5, 6),
      tame(8, 4, 3, 3),
      true,
      { pads: [1, 2, 0, 3] },
    ],
    [
      'strides and dilations',
      tame(1, 2, 9, 11),
      tame(3, 2, 3, 2),
      false,
      { strides: [2, 3], dilations: [2, 4], pads: [1, 1, 1, 1] },
    ],
    ['groups', tame(1, 6, 5, 5), tame(9, 2, 3, 3), true, { group: 3, pads: [1, 1, 1, 1] }],
    [
      'a window for each channel',
      tame(2, 13, 5, 6),
      tame(13, 1, 3, 3),
      true,
      { group: 13, pads: [1, 0, 1, 2], strides: [1, 2] },
    ],
    [
      'two windows for each channel',
      tame(1, 5, 5, 5),
      tame(10, 1, 3, 2),
      true,
      { group: 5, dilations: [1, 2] },
    ],
    ['1x1', tame(2, 5, 3, 4), tame(17, 5, 1, 1), true, {}],
    ['1x1 with strides', tame(1, 5, 4, 4), tame(6, 5, 1, 1), true, { strides: [2, 2] }],
    ['one axis', tame(1, 3, 10), tame(4, 3, 3), true, { pads: [0, 1] }],
    [
      'three axes',
      tame(1, 2, 4, 5, 3),
      tame(3, 2, 2, 3, 2),
      true,
      { strides: [1, 2, 1], pads: [1, 0, 0, 0, 1, 1] },
    ],
    [
      'padding that leaves elements out',
      tame(1, 2, 6, 6),
      tame(3, 2, 2, 2),
      false,
      { pads: [-1, 0, -2, 1] },
    ],
  ])('%s', async (_, x, w, hasBias, geometry) => {
    const bias = hasBias ? tame(w.shape[0]!) : undefined;
    const { results } = await conv(x, w, bias, geometry);
    expect(results[0]).toEqual(convReference(x, w, bias, geometry));
  });

  test('weights that are computed', async () => {
    const x = tame(1, 4, 5, 5);
    const w = tame(10, 2, 3, 3);
    const { results } = await runTrial({
      nodes: [node('Conv', ['x', 'w'], ['y'], { group: 2 })],
      inputs: { x, w },
      outputs: ['y'],
    });
    expect(results[0]).toEqual(convReference(x, w, undefined, { group: 2 }));
  });

  test('a call above the limit is split by rows, with the same bits', async () => {
    const x = tame(2, 3, 6, 6);
    const w = tame(4, 3, 3, 3);
    const whole = await conv(x, w, undefined, { pads: [1, 1, 1, 1] });
    const split = await conv(x, w, undefined, { pads: [1, 1, 1, 1] }, 2000);
    expect(split.kernels.filter((kernel) => kernel === 'conv').length).toBeGreaterThan(2);
    expect(split.results).toEqual(whole.results);
  });
});

test.each([
  ['SAME_UPPER', [0, 0, 1, 1]],
  ['SAME_LOWER', [1, 1, 0, 0]],
  ['VALID', [0, 0, 0, 0]],
])('auto_pad %s', async (mode, pads) => {
  const x = tame(1, 2, 6, 6);
  const w = tame(3, 2, 3, 3);
  const { results } = await runTrial({
    nodes: [node('Conv', ['x', 'w'], ['y'], { auto_pad: mode, strides: [2, 2] })],
    inputs: { x },
    constants: { w },
    outputs: ['y'],
  });
  expect(results[0]).toEqual(convReference(x, w, undefined, { strides: [2, 2], pads }));
});

test('layers in a row are transposed at their ends only', async () => {
  const trial = {
    nodes: [
      node('Conv', ['x', 'v'], ['a'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['a'], ['b']),
      node('MaxPool', ['b'], ['c'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Conv', ['c', 'w'], ['y']),
    ],
    inputs: { x: tame(1, 3, 6, 8) },
    constants: { v: tame(5, 3, 3, 3), w: tame(4, 5, 2, 2) },
    outputs: ['y'],
  };
  const { kernels, results } = await runTrial(trial);
  const ends = kernels.filter((kernel) => kernel.startsWith('strided'));
  expect([kernels[0], kernels.at(-1), ends.length]).toEqual(['strided4', 'strided4', 2]);
  const a = convReference(trial.inputs.x, trial.constants.v, undefined, { pads: [1, 1, 1, 1] });
  const b = { ...a, values: a.values.map((value) => Math.max(value, 0)) };
  const c = poolReference(b, [2, 2], { strides: [2, 2] }, (values) => Math.max(...values));
  expect(results[0]).toEqual(convReference(c, trial.constants.w, undefined));
});

describe('max pooling', () => {
  test.each<[string, F32, number[], Geometry]>([
    ['ignores padding', tame(1, 5, 5, 4), [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }],
    ['with dilations', tame(2, 3, 8, 9), [2, 3], { dilations: [3, 2] }],
    ['over one axis', tame(1, 4, 9), [4], { strides: [2] }],
    ['over three axes', tame(1, 3, 4, 4, 5), [2, 3, 2], { pads: [0, 1, 1, 0, 1, 0] }],
  ])('%s', async (_, x, window, geometry) => {
    const { results } = await runTrial({
      nodes: [node('MaxPool', ['x'], ['y'], { kernel_shape: window, ...geometry })],
      inputs: { x },
      outputs: ['y'],
    });
    const expected = poolReference(x, window, geometry, (values) => Math.max(...values));
    expect(results[0]).toEqual(expected);
  });
});

describe('a transposed convolution collects the products of all places', () => {
  test('strides that would take too many calls are refused', async () => {
    const nodes = [node('ConvTranspose', ['x', 'w'], ['y'], { strides: [1e6, 1e6] })];
    const trial = { nodes, inputs: { x: tame(1, 1, 1, 1), w: tame(1, 1, 1, 1) }, outputs: ['y'] };
    await expect(runTrial(trial)).rejects.toThrow('strides [1000000,1000000]');
  });

  test.each<[string, F32, F32, number[], Geometry, object]>([
    ['without strides', tame(1, 3, 4, 5), tame(3, 9, 3, 3), [6, 7], {}, {}],
    [
      'strides beyond the window, where only the bias is',
      tame(1, 2, 3, 2),
      tame(2, 3, 2, 2),
      [8, 6],
      { strides: [3, 4] },
      {},
    ],
    [
      'strides, padding and more outputs',
      tame(2, 4, 3, 4),
      tame(4, 2, 3, 4),
      [6, 7],
      { strides: [2, 2], pads: [1, 1, 0, 2], group: 2 },
      { output_padding: [0, 0] },
    ],
    [
      'dilations that share a factor with strides',
      tame(1, 2, 4),
      tame(2, 3, 3),
      [15],
      { strides: [2], dilations: [4] },
      {},
    ],
    [
      'a given shape',
      tame(1, 2, 3, 3),
      tame(2, 2, 3, 3),
      [10, 8],
      { strides: [3, 2] },
      { output_shape: [10, 8], output_padding: [1, 1] },
    ],
    ['three axes', tame(1, 2, 2, 3, 2), tame(2, 2, 2, 2, 3), [3, 6, 5], { strides: [1, 2, 2] }, {}],
    [
      'a window for each channel',
      tame(1, 5, 3, 3),
      tame(5, 1, 2, 2),
      [6, 6],
      { strides: [2, 2], group: 5 },
      {},
    ],
  ])('%s', async (_, x, w, outputs, geometry, more) => {
    const bias = tame(w.shape[1]! * (geometry.group ?? 1));
    const attributes = { ...geometry, ...more };
    const nodes = [node('ConvTranspose', ['x', 'w', 'bias'], ['y'], attributes)];
    const expected = transposedReference(x, w, bias, outputs, geometry);
    const known = await runTrial({ nodes, inputs: { x }, constants: { w, bias }, outputs: ['y'] });
    expect(known.results[0]).toEqual(expected);
    const computed = await runTrial({ nodes, inputs: { x, w, bias }, outputs: ['y'] });
    expect(computed.results[0]).toEqual(expected);
  });
});

const sum = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0);

describe('other pooling', () => {
  const x = tame(1, 5, 6, 7);
  const geometry = { pads: [1, 0, 1, 2], strides: [2, 1] };
  const attributes = { kernel_shape: [2, 3], ...geometry };
  const pooled = async (op: string, more = {}) =>
    (await runTrial({ nodes: [node(op, ['x'], ['y'], more)], inputs: { x }, outputs: ['y'] }))
      .results[0]!;
  const reference = (join: (values: readonly number[]) => number) =>
    poolReference(x, [2, 3], geometry, join);

  test('a mean leaves padding out, or counts it', async () => {
    const mean = await pooled('AveragePool', attributes);
    expect(mean).toEqual(reference((values) => sum(values) / values.length));
    const counted = await pooled('AveragePool', { ...attributes, count_include_pad: 1 });
    expect(counted).toEqual(reference((values) => sum(values) / 6));
  });

  test('norms', async () => {
    const p1 = await pooled('LpPool', { ...attributes, p: 1 });
    expect(p1).toEqual(reference((values) => sum(values.map(Math.abs))));
    const p2 = await pooled('LpPool', attributes);
    expect(p2).toEqual(reference((values) => Math.sqrt(sum(values.map((v) => v * v)))));
    const p3 = await pooled('LpPool', { ...attributes, p: 3 });
    const cubes = reference((values) => Math.cbrt(sum(values.map((v) => Math.abs(v) ** 3))));
    for (const [i, value] of cubes.values.entries()) expect(p3.values[i]).toBeCloseTo(value, 5);
  });

  test('over whole images', async () => {
    const all = (join: (values: readonly number[]) => number) => poolReference(x, [6, 7], {}, join);
    expect(await pooled('GlobalMaxPool')).toEqual(all((values) => Math.max(...values)));
    expect(await pooled('GlobalAveragePool')).toEqual(all((values) => sum(values) / 42));
    expect(await pooled('GlobalLpPool', { p: 1 })).toEqual(all((v) => sum(v.map(Math.abs))));
  });

  test('windows at the end count in a mean only as far as the padding reaches', async () => {
    const more = { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1, count_include_pad: 1 };
    const { shape, values } = await pooled('AveragePool', more);
    expect(shape).toEqual([1, 5, 3, 3]);
    // Rows 4 and 5, columns 4 to 6.
    const corner = [4, 5].flatMap((i) => [4, 5, 6].map((j) => x.values[7 * i + j]!));
    expect(values[8]).toBe(Math.fround(sum(corner) / 6));
  });

  test('unpooling puts the largest elements back where they were', async () => {
    const nodes = [
      node('MaxPool', ['x'], ['y', 'i'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('MaxUnpool', ['y', 'i'], ['z'], { kernel_shape: [2, 2], strides: [2, 2] }),
    ];
    const even = { shape: [1, 2, 4, 4], values: tame(32).values.map((v, i) => v + i / 64) };
    const { results } = await runTrial({ nodes, inputs: { x: even }, outputs: ['z'] });
    const kept = [...results[0]!.values].filter((value) => value !== 0);
    const largest = poolReference(even, [2, 2], { strides: [2, 2] }, (v) => Math.max(...v));
    expect(kept.toSorted()).toEqual([...largest.values].toSorted());
    expect([...results[0]!.values].every((v, i) => v === 0 || v === even.values[i])).toBe(true);
  });
});
