import { describe, expect, test } from 'vitest';
import { floats } from '../../models/import/layers/tensors.ts';
import { describeNetwork } from '../../models/import/pytorch/describe.ts';
import { readDescription } from '../../models/import/pytorch/description.ts';
import type { Network, TensorData } from '../../models/network/types.ts';
import { distorted, randomNumbers, survives } from '../support/hostile.ts';
import { hasOnnxruntime, runInOnnxruntime } from '../support/onnxruntime.ts';
import { runNatively } from '../support/run-network.ts';

type Tensors = Readonly<Record<string, readonly number[]>>;

const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const random = randomNumbers(3);
const noise = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: count(shape) }, () => random(2 ** 20) / 2 ** 19 - 1);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Values of tensors by name. */
type Values = ReadonlyMap<string, Float32Array>;

/** y = x W^T + b for one row, with the gates one after another. */
function rows(weights: Values, kind: string, suffix: string, x: readonly number[]): number[] {
  const [weight, bias] = [
    weights.get(`l.weight_${kind}_${suffix}`)!,
    weights.get(`l.bias_${kind}_${suffix}`)!,
  ];
  return Array.from(bias, (b, row) =>
    x.reduce((sum, v, k) => sum + v * weight[row * x.length + k]!, b),
  );
}

/** The equations of torch.nn.LSTM and torch.nn.GRU. */
function recurrent(
  kind: 'lstm' | 'gru',
  weights: Values,
  suffix: string,
  inputs: readonly number[][],
  hidden: number,
) {
  let h = new Array<number>(hidden).fill(0);
  let c = h;
  return inputs.map((x) => {
    const [outer, inner] = [rows(weights, 'ih', suffix, x), rows(weights, 'hh', suffix, h)];
    const of = (gate: number, u: number): [number, number] => [
      outer[gate * hidden + u]!,
      inner[gate * hidden + u]!,
    ];
    const sum = (gate: number, u: number): number => of(gate, u)[0] + of(gate, u)[1];
    const old = h;
    if (kind === 'lstm') {
      c = c.map(
        (value, u) => sigmoid(sum(1, u)) * value + sigmoid(sum(0, u)) * Math.tanh(sum(2, u)),
      );
      h = c.map((value, u) => sigmoid(sum(3, u)) * Math.tanh(value));
    } else {
      h = old.map((value, u) => {
        const [r, z] = [sigmoid(sum(0, u)), sigmoid(sum(1, u))];
        const [a, b] = of(2, u);
        return (1 - z) * Math.tanh(a + r * b) + z * value;
      });
    }
    return h;
  });
}

/** Two layers in both directions, of a batch of one. */
function stacked(
  kind: 'lstm' | 'gru',
  weights: Values,
  x: Float32Array,
  features: number,
  hidden: number,
): number[] {
  let moments = Array.from({ length: x.length / features }, (_, t) => [
    ...x.subarray(t * features, (t + 1) * features),
  ]);
  for (const level of ['l0', 'l1']) {
    const forward = recurrent(kind, weights, level, moments, hidden);
    const backward = recurrent(
      kind,
      weights,
      `${level}_reverse`,
      moments.toReversed(),
      hidden,
    ).toReversed();
    moments = forward.map((h, t) => [...h, ...backward[t]!]);
  }
  return moments.flat();
}

const recurrentTensors = (gates: number, features: number, hidden: number): Tensors =>
  Object.fromEntries(
    ['l0', 'l1'].flatMap((level) =>
      ['', '_reverse'].flatMap((way): [string, number[]][] => [
        [`l.weight_ih_${level}${way}`, [gates * hidden, level === 'l0' ? features : 2 * hidden]],
        [`l.weight_hh_${level}${way}`, [gates * hidden, hidden]],
        [`l.bias_ih_${level}${way}`, [gates * hidden]],
        [`l.bias_hh_${level}${way}`, [gates * hidden]],
      ]),
    ),
  );

interface Case {
  readonly title: string;
  readonly layers: readonly Record<string, unknown>[];
  readonly input: readonly number[];
  readonly tensors?: Tensors;
  expected(x: Float32Array, weights: Values): ArrayLike<number>;
}

const l = (type: string, settings: object = {}) => ({ type, name: 'l', ...settings });

const CASES: readonly Case[] = [
  ...(['lstm', 'gru'] as const).map(
    (kind): Case => ({
      title: `${kind} of two layers in both directions`,
      layers: [l(kind, { numLayers: 2, bidirectional: true, batchFirst: true })],
      input: [1, 4, 3],
      tensors: recurrentTensors(kind === 'lstm' ? 4 : 3, 3, 2),
      expected: (x, weights) => stacked(kind, weights, x, 3, 2),
    }),
  ),
  {
    title: 'linear over the last axis',
    layers: [l('linear')],
    input: [2, 3],
    tensors: { 'l.weight': [2, 3], 'l.bias': [2] },
    expected: (x, weights) =>
      [0, 1].flatMap((r) =>
        [0, 1].map((c) =>
          [0, 1, 2].reduce(
            (sum, k) => sum + x[3 * r + k]! * weights.get('l.weight')![3 * c + k]!,
            weights.get('l.bias')![c]!,
          ),
        ),
      ),
  },
  {
    title: 'convTranspose without overlaps, in one dimension',
    layers: [l('convTranspose', { stride: 2, outputPadding: 1 })],
    input: [1, 1, 3],
    tensors: { 'l.weight': [1, 1, 2] },
    expected: (x, weights) => [
      ...[...x].flatMap((v) => [...weights.get('l.weight')!].map((w) => v * w)),
      0,
    ],
  },
  {
    title: 'layerNorm, and gelu in both forms',
    layers: [
      l('layerNorm'),
      { type: 'gelu', name: 'a' },
      { type: 'gelu', name: 'b', input: 'l', approximate: 'tanh' },
      { type: 'sub', name: 'c', inputs: ['a', 'b'] },
    ],
    input: [2, 4],
    tensors: { 'l.weight': [4], 'l.bias': [4] },
    // The two forms differ by less than 0.0005 everywhere.
    expected: (x) => new Array<number>(x.length).fill(0),
  },
  {
    title: 'silu, relu6 and leakyRelu of the same input, side by side',
    layers: [
      l('silu', { input: 'x' }),
      { type: 'relu6', name: 'r', input: 'x' },
      { type: 'leakyRelu', name: 's', input: 'x', slope: 0.5 },
      { type: 'concat', name: 'c', inputs: ['l', 'r', 's'], axis: 0 },
    ],
    input: [1, 5],
    expected: (x) => [
      ...x.map((v) => v * sigmoid(v)),
      ...x.map((v) => Math.min(Math.max(v, 0), 6)),
      ...x.map((v) => (v > 0 ? v : v / 2)),
    ],
  },
  {
    title: 'average pooling counts padding unless it is told not to',
    layers: [l('avgPool', { kernel: 2, padding: 1, countIncludePad: false })],
    input: [1, 1, 2, 2],
    expected: (x) => x,
  },
  {
    title: 'an operator of ONNX with a tensor of the file',
    layers: [
      { type: 'onnx', name: 'l', op: 'Mul', inputs: ['x', 'other'] },
      { type: 'onnx', name: 'm', op: 'ReduceSum', inputs: ['l', ''], attributes: { keepdims: 0 } },
    ],
    input: [2, 2],
    tensors: { other: [2, 2] },
    expected: (x, weights) => [x.reduce((sum, v, i) => sum + v * weights.get('other')![i]!, 0)],
  },
];

const base = { format: 'pinpoint-network', version: 1, name: 'net' };

function prepare({ input, layers, tensors = {} }: Case) {
  const weights = new Map(Object.entries(tensors).map(([name, shape]) => [name, noise(shape)]));
  const data = new Map<string, TensorData>(
    [...weights].map(([name, values]) => [name, floats(values, [...tensors[name]!])]),
  );
  const description = { ...base, inputs: [{ name: 'x', shape: input }], layers };
  const network: Network = describeNetwork(readDescription(description), data);
  return { network, weights, x: noise(input) };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(6e-4);
}

describe.each(CASES.map((one) => [one.title, one] as const))('%s', (_, one) => {
  const { network, weights, x } = prepare(one);
  const expected = one.expected(x, weights);

  test.skipIf(!hasOnnxruntime)('in onnxruntime', async () => {
    const results = await runInOnnxruntime(network, { x: { dims: one.input, data: x } });
    expectClose(results[network.outputs[0]!]!.data as Float32Array, expected);
  });

  test('compiled', async () => {
    expectClose(await runNatively(network, [x]), expected);
  });
});

describe('descriptions', () => {
  const read = (layers: unknown[], more = {}) =>
    describeNetwork(
      readDescription({ ...base, inputs: [{ name: 'x', shape: [1, 3] }], layers, ...more }),
      new Map(),
    );

  test('all types of layers that there are not are named at once', () => {
    expect(() => read([l('lambda'), l('attention')])).toThrow('attention, lambda');
  });

  test.each([
    ['a tensor that the file has not got', [l('linear')], 'no tensor "l.weight"'],
    [
      'a layer that comes later',
      [l('relu', { input: 'm' }), { type: 'relu', name: 'm' }],
      'made by no layer before it',
    ],
    ['two layers of one name', [l('relu'), l('relu')], 'two layers'],
    ['a setting that the layer has not got', [l('relu', { slope: 1 })], 'slope'],
    ['sizes that no layer has', [l('maxPool', { kernel: 0 })], 'kernel'],
  ])('%s: refused', (_, layers, message) => {
    expect(() => read(layers)).toThrow(
      expect.objectContaining({ code: 'BAD_NETWORK', message: expect.stringContaining(message) }),
    );
  });

  test('an output that no layer makes is refused', () => {
    expect(() => read([l('relu')], { outputs: ['z'] })).toThrow('"z" is no layer');
  });

  test('layers that name one large tensor again and again are refused', () => {
    const layers = Array.from({ length: 1000 }, (_, i) => ({
      type: 'embedding',
      name: `e${i}`,
      input: 'x',
      weights: 'w',
    }));
    const description = readDescription({
      ...base,
      inputs: [{ name: 'x', dtype: 'i32', shape: [1] }],
      layers,
    });
    const tensors = new Map([['w.weight', floats(new Float32Array(2 ** 20), [2 ** 18, 4])]]);
    expect(() => describeNetwork(description, tensors)).toThrow('share too many weights');
  });

  test('values of other types in any place are refused', async () => {
    const description = {
      ...base,
      inputs: [{ name: 'x', shape: [1, 3] }],
      layers: CASES[3]!.layers,
      outputs: ['l'],
    };
    await survives(distorted(description, 1000), (one) =>
      describeNetwork(readDescription(one), new Map()),
    );
  });
});
