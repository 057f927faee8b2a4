/** Convolutions, pooling, products and normalisation of TensorFlow. */
import { malformed, unsupported } from '../../../compile/errors.ts';
import type { TensorData } from '../../../network/types.ts';
import { reshaped, transposed } from '../../layers/tensors.ts';
import { input, type Translation, type Translator, type Translators } from '../node.ts';
import { fusedActivation } from './elementwise.ts';

/** What a window does in both dimensions. */
interface Window {
  readonly isLast: boolean;
  readonly attributes: Record<string, string | number[]>;
  readonly strides: readonly number[];
}

/** The two of four numbers that belong to height and width. */
function spatial(t: Translation, name: string, isLast: boolean): number[] {
  const list = t.node.integers(name);
  if (list.length === 0) return [1, 1];
  const [batch, ...rest] = list;
  const channels = isLast ? rest[2] : rest[0];
  const sizes = isLast ? rest.slice(0, 2) : rest.slice(1, 3);
  if (list.length !== 4 || list.some((n) => n < 1))
    malformed(`${t.node.where}: ${name} [${list.join()}]`);
  if (batch !== 1 || channels !== 1) unsupported(`${t.node.where}: ${name} [${list.join()}]`);
  return sizes;
}

function windowOf(t: Translation): Window {
  const { node } = t;
  const format = node.string('data_format', 'NHWC');
  if (format !== 'NHWC' && format !== 'NCHW') unsupported(`${node.where}: data format ${format}`);
  const isLast = format === 'NHWC';
  const strides = spatial(t, 'strides', isLast);
  return { isLast, strides, attributes: { strides, ...padding(t, isLast) } };
}

function padding({ node }: Translation, isLast: boolean): Record<string, string | number[]> {
  switch (node.string('padding', 'VALID')) {
    case 'SAME':
      return { auto_pad: 'SAME_UPPER' };
    case 'VALID':
      return { pads: [0, 0, 0, 0] };
    case 'EXPLICIT': {
      const list = node.integers('explicit_paddings');
      const [top, bottom, left, right] = isLast ? list.slice(2, 6) : list.slice(4, 8);
      if (list.length !== 8 || list.some((n) => n < 0))
        malformed(`${node.where}: explicit_paddings`);
      return { pads: [top!, left!, bottom!, right!] };
    }
    default:
      return unsupported(`${node.where}: padding ${node.string('padding', '')}`);
  }
}

/** The operator on a tensor with channels second, and back. */
function inChannels(t: Translation, isLast: boolean, body: (x: string) => string, i = 0): string {
  const x = input(t, i);
  return isLast ? t.a.transpose(body(t.a.transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1]) : body(x);
}

/** A filter that must be a constant of rank 4. */
function filterOf(t: Translation, i = 1): TensorData {
  const filter = t.constant(i) ?? unsupported(`${t.node.where}: its filter is not a constant`);
  return filter.shape.length === 4
    ? filter
    : malformed(`${t.node.where}: a filter [${filter.shape.join()}]`);
}

function convolution(
  isDepthwise: boolean,
): (t: Translation, bias?: string) => { window: Window; run: (x: string) => string } {
  return (t, bias) => {
    const window = windowOf(t);
    const filter = filterOf(t);
    const [height, width, channels, last] = filter.shape as [number, number, number, number];
    const weight = t.derived(1, isDepthwise ? 'depthwise' : 'filter', () => {
      if (!isDepthwise) return transposed(filter, [3, 2, 0, 1]);
      const sizes = [channels * last, 1, height, width];
      return reshaped(transposed(filter, [2, 3, 0, 1]), sizes, t.node.where);
    });
    const inputs = [weight, ...(bias ? [bias] : [])];
    const run = (x: string): string =>
      t.a.add('Conv', [x, ...inputs], {
        kernel_shape: [height, width],
        dilations: spatial(t, 'dilations', window.isLast),
        group: isDepthwise ? channels : 1,
        ...window.attributes,
      });
    return { window, run };
  };
}

const plainConvolution =
  (isDepthwise: boolean): Translator =>
  (t) => {
    const { run, window } = convolution(isDepthwise)(t);
    return inChannels(t, window.isLast, run);
  };

/** `fused_ops`: a bias, then perhaps an activation. */
function fusedParts(t: Translation): { hasBias: boolean; activation?: string } {
  const [first, second, ...more] = t.node.strings('fused_ops');
  if (more.length > 0 || (first !== undefined && first !== 'BiasAdd')) {
    unsupported(`${t.node.where}: fused with ${t.node.strings('fused_ops').join(', ')}`);
  }
  return { hasBias: first !== undefined, ...(second ? { activation: second } : {}) };
}

const fusedConvolution =
  (isDepthwise: boolean): Translator =>
  (t) => {
    const { activation, hasBias } = fusedParts(t);
    const { run, window } = convolution(isDepthwise)(t, hasBias ? input(t, 2) : undefined);
    const y = inChannels(t, window.isLast, run);
    return activation ? fusedActivation(t, activation, y, 3) : y;
  };

/** The gradient of a convolution: filters are [height, width, out, in]; the output's shape is an input. */
const convolutionTranspose: Translator = (t) => {
  const { node } = t;
  const { isLast, strides } = windowOf(t);
  const filter = filterOf(t);
  const kernel = filter.shape.slice(0, 2);
  const sizes = t.elements(0).slice(isLast ? 1 : 2, isLast ? 3 : 4);
  const kind = node.string('padding', 'VALID');
  const axes = kernel.map((k, i) => {
    const stride = strides[i]!;
    const size = sizes[i];
    if (kind !== 'SAME' && kind !== 'VALID') unsupported(`${node.where}: padding ${kind}`);
    // Without its size, the output of `SAME` is taken to be stride times the input.
    if (size === undefined) {
      if (kind === 'VALID') unsupported(`${node.where}: its output's size is not a constant`);
      return { total: Math.max(k - stride, 0), extra: Math.max(stride - k, 0) };
    }
    const from = kind === 'SAME' ? Math.ceil(size / stride) : Math.floor((size - k) / stride) + 1;
    const full = (from - 1) * stride + k;
    return {
      total: kind === 'SAME' ? Math.max(full - size, 0) : 0,
      extra: Math.max(size - full, 0),
    };
  });
  const weight = t.derived(1, 'filter', () => transposed(filter, [3, 2, 0, 1]));
  const attributes = {
    kernel_shape: kernel,
    strides,
    pads: [
      ...axes.map(({ total }) => total >> 1),
      ...axes.map(({ total }) => total - (total >> 1)),
    ],
    output_padding: axes.map(({ extra }) => extra),
  };
  return inChannels(t, isLast, (x) => t.a.add('ConvTranspose', [x, weight], attributes), 2);
};

const pool =
  (op: 'MaxPool' | 'AveragePool'): Translator =>
  (t) => {
    const { attributes, isLast } = windowOf(t);
    const kernel_shape = spatial(t, 'ksize', isLast);
    return inChannels(t, isLast, (x) => t.a.add(op, [x], { kernel_shape, ...attributes }));
  };

/** scale (x - mean) / sqrt(variance + epsilon) + offset, over the channels. */
const batchNorm: Translator = (t) => {
  const { node } = t;
  if (node.boolean('is_training', false)) unsupported(`${node.where}: in training`);
  const isLast = node.string('data_format', 'NHWC') === 'NHWC';
  const others = [1, 2, 3, 4].map((i) => input(t, i));
  const epsilon = node.float('epsilon', 1e-4);
  return inChannels(t, isLast, (x) => t.a.add('BatchNormalization', [x, ...others], { epsilon }));
};

function product(t: Translation, transposeX: boolean, transposeY: boolean): string {
  const { a } = t;
  const x = transposeX ? a.transpose(input(t, 0), [1, 0]) : input(t, 0);
  const constant = transposeY ? t.constant(1) : undefined;
  if (constant) {
    return a.add('MatMul', [x, t.derived(1, 'matrix', () => transposed(constant, [1, 0]))]);
  }
  return a.add('MatMul', [x, transposeY ? a.transpose(input(t, 1), [1, 0]) : input(t, 1)]);
}

const isTransposed = ({ node }: Translation, name: string): boolean => node.boolean(name, false);

const matMul: Translator = (t) =>
  product(t, isTransposed(t, 'transpose_a'), isTransposed(t, 'transpose_b'));

const fusedMatMul: Translator = (t) => {
  const { activation, hasBias } = fusedParts(t);
  const bare = matMul(t) as string;
  const y = hasBias ? t.a.add('Add', [bare, input(t, 2)]) : bare;
  return activation ? fusedActivation(t, activation, y, 3) : y;
};

/** Products of the last two axes, which `adj_x` and `adj_y` exchange. */
const batchMatMul: Translator = (t) => {
  const [x, y] = [isTransposed(t, 'adj_x'), isTransposed(t, 'adj_y')];
  const inputs = [input(t, 0), input(t, 1)];
  if (!x && !y) return t.a.add('MatMul', inputs);
  // The ranks aren't known here.
  return t.a.add('Einsum', inputs, {
    equation: `...${x ? 'ki' : 'ik'},...${y ? 'jk' : 'kj'}->...ij`,
  });
};

export const WINDOWS: Translators = {
  Conv2D: plainConvolution(false),
  DepthwiseConv2d: plainConvolution(true),
  DepthwiseConv2dNative: plainConvolution(true),
  _FusedConv2D: fusedConvolution(false),
  FusedDepthwiseConv2dNative: fusedConvolution(true),
  Conv2DBackpropInput: convolutionTranspose,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  MatMul: matMul,
  _FusedMatMul: fusedMatMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
};
