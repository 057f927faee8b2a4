import { describe, expect, test } from 'vitest';
import { modelNetwork } from '../../models/import/layers/model.ts';
import { floats } from '../../models/import/layers/tensors.ts';
import { weightsByPath } from '../../models/import/layers/weights.ts';
import type { Network } from '../../models/network/types.ts';
import { randomNumbers } from '../support/hostile.ts';
import { type Arr, arr, runLayer } from '../support/keras-reference/index.ts';
import { hasOnnxruntime, runInOnnxruntime } from '../support/onnxruntime.ts';
import { runNatively } from '../support/run-network.ts';

type Weights = Readonly<Record<string, readonly number[]>>;

interface Case {
  readonly kind: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Shapes of the inputs without the batch. */
  readonly inputs: readonly (readonly number[])[];
  readonly weights?: Weights;
  readonly ids?: number;
}

const BATCH = 2;
const conv = (height: number, width: number, into: number, out: number): Weights => ({
  kernel: [height, width, into, out],
  bias: [out],
});
const cell = (gates: number, features: number, units: number, biases: number[] = []): Weights => ({
  kernel: [features, gates * units],
  recurrent_kernel: [units, gates * units],
  bias: [...biases, gates * units],
});
const both = (weights: Weights): Weights =>
  Object.fromEntries(
    ['forward', 'backward'].flatMap((way) =>
      Object.entries(weights).map(([name, shape]) => [`${way}_inner/cell/${name}`, shape]),
    ),
  );
const norm = (n: number): Weights => ({
  gamma: [n],
  beta: [n],
  moving_mean: [n],
  moving_variance: [n],
});
const image = [[7, 6, 3]];
const small = [[4, 5]];

const CASES: readonly Case[] = [
  {
    kind: 'Dense',
    config: { units: 3, activation: 'relu' },
    inputs: [[5]],
    weights: { kernel: [5, 3], bias: [3] },
  },
  {
    kind: 'Dense',
    config: { units: 3, use_bias: false },
    inputs: small,
    weights: { kernel: [5, 3] },
  },
  {
    kind: 'Conv1D',
    config: { strides: 2, padding: 'same' },
    inputs: small,
    weights: { kernel: [3, 5, 4], bias: [4] },
  },
  {
    kind: 'Conv1D',
    config: { padding: 'causal', dilation_rate: 2 },
    inputs: [[6, 2]],
    weights: { kernel: [3, 2, 4], bias: [4] },
  },
  { kind: 'Conv2D', config: { activation: 'relu' }, inputs: image, weights: conv(3, 2, 3, 4) },
  {
    kind: 'Conv2D',
    config: { strides: [2, 2], padding: 'same' },
    inputs: image,
    weights: conv(3, 3, 3, 4),
  },
  {
    kind: 'Conv2D',
    config: { strides: [2, 3], padding: 'same' },
    inputs: image,
    weights: conv(4, 2, 3, 4),
  },
  {
    kind: 'Conv2D',
    config: { padding: 'same', dilation_rate: [2, 1] },
    inputs: image,
    weights: conv(3, 3, 3, 4),
  },
  { kind: 'Conv2D', config: { groups: 2 }, inputs: [[4, 4, 4]], weights: conv(3, 3, 2, 6) },
  {
    kind: 'DepthwiseConv2D',
    config: { padding: 'same', strides: [2, 2] },
    inputs: image,
    weights: { depthwise_kernel: [3, 3, 3, 2], bias: [6] },
  },
  {
    kind: 'SeparableConv2D',
    config: { padding: 'same' },
    inputs: image,
    weights: { depthwise_kernel: [3, 3, 3, 2], pointwise_kernel: [1, 1, 6, 4], bias: [4] },
  },
  {
    kind: 'Conv2DTranspose',
    config: { strides: [2, 2], padding: 'same' },
    inputs: [[3, 4, 2]],
    weights: { kernel: [3, 3, 5, 2], bias: [5] },
  },
  {
    kind: 'Conv2DTranspose',
    config: { strides: [2, 3] },
    inputs: [[3, 4, 2]],
    weights: { kernel: [4, 2, 5, 2], bias: [5] },
  },
  { kind: 'MaxPooling2D', config: { padding: 'same', pool_size: [3, 2] }, inputs: image },
  {
    kind: 'AveragePooling2D',
    config: { padding: 'same', pool_size: 3, strides: 2 },
    inputs: image,
  },
  {
    kind: 'MaxPooling1D',
    config: { padding: 'valid', pool_size: [2], strides: [2] },
    inputs: small,
  },
  {
    kind: 'AveragePooling1D',
    config: { padding: 'same', pool_size: [3], strides: [2] },
    inputs: small,
  },
  { kind: 'GlobalAveragePooling2D', inputs: image },
  { kind: 'GlobalMaxPooling2D', inputs: image },
  { kind: 'BatchNormalization', config: { axis: [3] }, inputs: image, weights: norm(3) },
  { kind: 'BatchNormalization', inputs: [[5]], weights: norm(5) },
  { kind: 'LayerNormalization', inputs: small, weights: { gamma: [5], beta: [5] } },
  ...[
    'relu',
    'relu6',
    'elu',
    'selu',
    'sigmoid',
    'tanh',
    'softplus',
    'softsign',
    'exponential',
    'swish',
    'gelu',
    'hard_sigmoid',
    'leaky_relu',
    'softmax',
  ].map((activation): Case => ({ kind: 'Activation', config: { activation }, inputs: small })),
  { kind: 'ReLU', config: { max_value: 0.5 }, inputs: small },
  {
    kind: 'ReLU',
    config: { max_value: 0.75, negative_slope: 0.1, threshold: 0.25 },
    inputs: small,
  },
  { kind: 'LeakyReLU', config: { alpha: 0.1 }, inputs: small },
  { kind: 'ELU', config: { alpha: 0.5 }, inputs: small },
  { kind: 'PReLU', inputs: small, weights: { alpha: [4, 5] } },
  { kind: 'ThresholdedReLU', config: { theta: 0.25 }, inputs: small },
  { kind: 'Softmax', config: { axis: -1 }, inputs: small },
  { kind: 'Rescaling', config: { scale: 0.5, offset: -1 }, inputs: small },
  {
    kind: 'Normalization',
    config: { axis: [-1] },
    inputs: small,
    weights: { mean: [5], variance: [5] },
  },
  { kind: 'Embedding', inputs: [[6]], ids: 9, weights: { embeddings: [9, 4] } },
  { kind: 'LSTM', config: { units: 3 }, inputs: small, weights: cell(4, 5, 3) },
  {
    kind: 'LSTM',
    config: { units: 3, return_sequences: true, go_backwards: true },
    inputs: small,
    weights: cell(4, 5, 3),
  },
  {
    kind: 'LSTM',
    config: { units: 2, recurrent_activation: 'hard_sigmoid', activation: 'relu' },
    inputs: small,
    weights: cell(4, 5, 2),
  },
  {
    kind: 'GRU',
    config: { units: 3, reset_after: true, return_sequences: true },
    inputs: small,
    weights: cell(3, 5, 3, [2]),
  },
  { kind: 'GRU', config: { units: 3, reset_after: false }, inputs: small, weights: cell(3, 5, 3) },
  {
    kind: 'SimpleRNN',
    config: { units: 3, return_sequences: true },
    inputs: small,
    weights: cell(1, 5, 3),
  },
  {
    kind: 'Bidirectional',
    config: {
      merge_mode: 'concat',
      layer: { class_name: 'LSTM', config: { name: 'inner', units: 3, return_sequences: true } },
    },
    inputs: small,
    weights: both(cell(4, 5, 3)),
  },
  {
    kind: 'Bidirectional',
    config: {
      merge_mode: 'sum',
      layer: { class_name: 'GRU', config: { name: 'inner', units: 2, reset_after: false } },
    },
    inputs: small,
    weights: both(cell(3, 5, 2)),
  },
  {
    kind: 'TimeDistributed',
    config: { layer: { class_name: 'Dense', config: { name: 'inner', units: 3 } } },
    inputs: small,
    weights: { kernel: [5, 3], bias: [3] },
  },
  {
    kind: 'TimeDistributed',
    config: { layer: { class_name: 'Conv2D', config: { name: 'inner' } } },
    inputs: [[2, 5, 4, 3]],
    weights: conv(2, 2, 3, 2),
  },
  { kind: 'Flatten', inputs: image },
  { kind: 'Reshape', config: { target_shape: [-1, 6] }, inputs: image },
  { kind: 'Permute', config: { dims: [3, 1, 2] }, inputs: image },
  {
    kind: 'ZeroPadding2D',
    config: {
      padding: [
        [1, 2],
        [0, 1],
      ],
    },
    inputs: image,
  },
  {
    kind: 'Cropping2D',
    config: {
      cropping: [
        [1, 2],
        [0, 1],
      ],
    },
    inputs: image,
  },
  { kind: 'UpSampling2D', config: { size: [2, 3] }, inputs: image },
  { kind: 'UpSampling2D', config: { size: [2, 2], interpolation: 'bilinear' }, inputs: image },
  { kind: 'RepeatVector', config: { n: 3 }, inputs: [[5]] },
  { kind: 'Dropout', config: { rate: 0.5 }, inputs: small },
  ...['Add', 'Multiply', 'Maximum', 'Average', 'Concatenate'].map(
    (kind): Case => ({
      kind,
      inputs: [
        [4, 5],
        [4, 5],
        [4, 5],
      ],
    }),
  ),
  {
    kind: 'Subtract',
    inputs: [
      [4, 5],
      [4, 5],
    ],
  },
];

/** A Functional model of one layer. */
function definition({ config = {}, ids, inputs, kind }: Case) {
  const dtype = ids ? 'int32' : 'float32';
  const sources = inputs.map((shape, i) => ({
    class_name: 'InputLayer',
    config: { name: `x${i}`, batch_input_shape: [null, ...shape], dtype },
    inbound_nodes: [],
  }));
  const layer = {
    class_name: kind,
    config: { ...config, name: 'y' },
    inbound_nodes: [inputs.map((_, i) => [`x${i}`, 0, 0, {}])],
  };
  return {
    class_name: 'Functional',
    config: {
      name: 'one',
      layers: [...sources, layer],
      input_layers: inputs.map((_, i) => [`x${i}`, 0, 0]),
      output_layers: [['y', 0, 0]],
    },
  };
}

function prepare(one: Case): { network: Network; inputs: Arr[]; weights: Arr[] } {
  const random = randomNumbers(7);
  const values = (shape: readonly number[], make: () => number): Arr => {
    const empty = arr(shape);
    return arr(shape, Float32Array.from(empty.data, make));
  };
  const signed = (): number => random(2 ** 20) / 2 ** 19 - 1;
  const named = Object.entries(one.weights ?? {}).map(([name, shape]) => {
    const isPositive = name.endsWith('variance');
    return {
      name: `y/${name}`,
      value: values(shape, isPositive ? () => 0.5 + random(100) / 100 : signed),
    };
  });
  const inputs = one.inputs.map((shape) =>
    values([BATCH, ...shape], one.ids ? () => random(one.ids!) : signed),
  );
  const source = weightsByPath(
    named.map(({ name, value }) => ({ name, tensor: () => floats(value.data, [...value.shape]) })),
  );
  const network = modelNetwork(definition(one), source, 'keras2');
  return { network, inputs, weights: named.map(({ value }) => value) };
}

function expectClose(actual: ArrayLike<number>, { data }: Arr): void {
  expect(actual.length).toBe(data.length);
  data.forEach((value, i) => {
    expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
  });
}

describe.each(
  CASES.map((one) => [`${one.kind} ${JSON.stringify(one.config ?? {})}`, one] as const),
)('%s', (_, one) => {
  const { inputs, network, weights } = prepare(one);
  const reference = runLayer(one.kind, one.config ?? {}, inputs, weights);
  const given = inputs.map(({ data }) =>
    one.ids ? Int32Array.from(data) : Float32Array.from(data),
  );

  test.skipIf(!hasOnnxruntime)('gives what its definition says, in onnxruntime', async () => {
    const feeds = inputs.map(({ shape }, i) => [`x${i}`, { dims: shape, data: given[i]! }]);
    const results = await runInOnnxruntime(network, Object.fromEntries(feeds));
    expect(results.y!.dims).toEqual(reference.shape);
    expectClose(results.y!.data as Float32Array, reference);
  });

  test('gives what its definition says, compiled', async () => {
    expectClose(await runNatively(network, given, BATCH), reference);
  });
});
