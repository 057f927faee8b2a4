/** Layers of descriptions, with the meaning and the layout of weights of `torch.nn` (pytorch.org/docs/stable/nn.html). */
import { malformed } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { gelu, geluTanh, relu6, silu } from '../layers/activations.ts';
import { transposed } from '../layers/tensors.ts';
import type { LayerContext } from './describe.ts';
import type { DescribedLayer } from './description.ts';
import { recurrent } from './recurrent.ts';

type Of<T extends DescribedLayer['type']> = Extract<DescribedLayer, { type: T }>;
type Builders = { [T in DescribedLayer['type']]: (c: LayerContext, layer: Of<T>) => string };

const spread = (value: number | readonly number[], n: number, where: string): number[] => {
  if (typeof value === 'number') return Array.from({ length: n }, () => value);
  return value.length === n
    ? [...value]
    : malformed(`layer "${where}" needs ${n} sizes, not ${value.length}`);
};

/** Weight and bias as constants. */
function weights(c: LayerContext, weight: TensorData, bias = c.optional('bias')): string[] {
  return [c.constant('weight', weight), ...(bias ? [c.constant('bias', bias)] : [])];
}

function convolution(op: string) {
  return (c: LayerContext, layer: Of<'conv'> | Of<'convTranspose'>): string => {
    const weight = c.weight('weight');
    const n = weight.shape.length - 2;
    if (n < 1)
      malformed(`layer "${layer.name}": a convolution's weight has shape [${weight.shape.join()}]`);
    const size = (value: number | readonly number[]) => spread(value, n, layer.name);
    const pads = size(layer.padding);
    return c.a.add(op, [c.x, ...weights(c, weight)], {
      kernel_shape: weight.shape.slice(2),
      strides: size(layer.stride),
      pads: [...pads, ...pads],
      dilations: size(layer.dilation),
      group: layer.groups,
      ...(layer.type === 'convTranspose' ? { output_padding: size(layer.outputPadding) } : {}),
    });
  };
}

function pool(op: string) {
  return (c: LayerContext, layer: Of<'maxPool'> | Of<'avgPool'>): string => {
    // A single size stands for two dimensions, as in MaxPool2d.
    const kernel = typeof layer.kernel === 'number' ? [layer.kernel, layer.kernel] : layer.kernel;
    const size = (value: number | readonly number[]) => spread(value, kernel.length, layer.name);
    const pads = size(layer.padding);
    return c.a.add(op, [c.x], {
      kernel_shape: kernel,
      strides: size(layer.stride ?? kernel),
      pads: [...pads, ...pads],
      ceil_mode: layer.ceil ? 1 : 0,
      ...(layer.type === 'maxPool'
        ? { dilations: size(layer.dilation) }
        : { count_include_pad: layer.countIncludePad ? 1 : 0 }),
    });
  };
}

const unary =
  (op: string) =>
  (c: LayerContext): string =>
    c.a.add(op, [c.x]);

const merged =
  (op: string) =>
  (c: LayerContext, { inputs }: { inputs: readonly string[] }): string =>
    inputs.map((name) => c.value(name)).reduce((x, y) => c.a.add(op, [x, y]));

export const LAYERS: Builders = {
  conv: convolution('Conv'),
  convTranspose: convolution('ConvTranspose'),
  maxPool: pool('MaxPool'),
  avgPool: pool('AveragePool'),
  globalAvgPool: unary('GlobalAveragePool'),

  /** x W^T + b over the last axis, whatever the rank. */
  linear(c) {
    const [weight, bias] = weights(c, transposed(c.weight('weight'), [1, 0]));
    const product = c.a.add('MatMul', [c.x, weight!]);
    return bias ? c.a.add('Add', [product, bias]) : product;
  },

  batchNorm(c, { epsilon }) {
    const names = ['weight', 'bias', 'running_mean', 'running_var'] as const;
    const inputs = names.map((name) => c.constant(name, c.weight(name)));
    return c.a.add('BatchNormalization', [c.x, ...inputs], { epsilon });
  },

  layerNorm(c, { epsilon }) {
    const weight = c.weight('weight');
    const inputs = [c.x, ...weights(c, weight)];
    return c.a.add('LayerNormalization', inputs, { epsilon, axis: -weight.shape.length });
  },

  embedding: (c) => c.a.add('Gather', [c.constant('weight', c.weight('weight')), c.x], { axis: 0 }),

  lstm: recurrent('LSTM'),
  gru: recurrent('GRU'),

  relu: unary('Relu'),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  relu6: ({ a, x }) => relu6(a, x),
  silu: ({ a, x }) => silu(a, x),
  gelu: ({ a, x }, { approximate }) => (approximate === 'tanh' ? geluTanh(a, x) : gelu(a, x)),
  leakyRelu: ({ a, x }, { slope }) => a.add('LeakyRelu', [x], { alpha: slope }),
  elu: ({ a, x }, { alpha }) => a.add('Elu', [x], { alpha }),
  softmax: ({ a, x }, { axis }) => a.add('Softmax', [x], { axis }),
  logSoftmax: ({ a, x }, { axis }) => a.add('LogSoftmax', [x], { axis }),

  flatten: ({ a, x }, { axis }) => a.add('Flatten', [x], { axis }),
  dropout: ({ x }) => x,
  identity: ({ x }) => x,
  reshape: ({ a, x }, { shape }) => a.reshape(x, shape),
  permute: ({ a, x }, { order }) => a.transpose(x, order),

  add: merged('Add'),
  sub: merged('Sub'),
  mul: merged('Mul'),
  concat: (c, { axis, inputs }) =>
    c.a.add(
      'Concat',
      inputs.map((name) => c.value(name)),
      { axis },
    ),

  onnx: (c, { attributes, inputs, op }) =>
    c.a.add(
      op,
      inputs.map((name) => (name === '' ? '' : c.value(name, true))),
      attributes,
    ),
};
