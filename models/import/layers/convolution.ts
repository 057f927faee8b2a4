/** Convolutions of Keras (keras.io/api/layers/convolution_layers): kernels are [sizes..., in, out], channels last or first. */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { activate } from './activation.ts';
import {
  channelsFirst,
  constant,
  describe,
  type Layer,
  type LayerBuilder,
  ranked,
  type Size,
  type Sized,
  weightsOf,
  where,
} from './layer.ts';
import { reshaped, transposed } from './tensors.ts';

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: string;
}

/** Extent of a kernel with its gaps. */
const extent = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/**
 * ONNX's padding of a window, and the sizes that come out. `same` pads as little as lets every `stride`th element be a
 * window's centre, the odd one at the end: where a size is open, ONNX's SAME_UPPER says the same.
 */
export function padding(
  layer: Layer,
  sizes: readonly Size[],
  { dilations, kernel, padding: kind, strides }: Window,
): { attributes: Record<string, string | number[]>; sizes: Size[] } {
  const extents = kernel.map((size, i) => extent(size, dilations[i]!));
  const valid = (total: (i: number) => number) =>
    sizes.map((size, i) => {
      if (size === undefined) return undefined;
      const count = Math.floor((size + total(i) - extents[i]!) / strides[i]!) + 1;
      return count > 0 ? count : malformed(`${where(layer)}: a window of ${extents[i]} on ${size}`);
    });
  const none = kernel.map(() => 0);
  switch (kind) {
    case 'valid':
      return { attributes: { pads: [...none, ...none] }, sizes: valid(() => 0) };
    case 'causal': {
      const before = extents.map((size) => size - 1);
      return { attributes: { pads: [...before, ...none] }, sizes: valid((i) => before[i]!) };
    }
    case 'same': {
      const out = sizes.map((size, i) => size && Math.ceil(size / strides[i]!));
      if (out.includes(undefined)) return { attributes: { auto_pad: 'SAME_UPPER' }, sizes: out };
      const total = sizes.map((size, i) =>
        Math.max((out[i]! - 1) * strides[i]! + extents[i]! - size!, 0),
      );
      const before = total.map((pad) => Math.floor(pad / 2));
      const after = total.map((pad) => Math.ceil(pad / 2));
      return { attributes: { pads: [...before, ...after] }, sizes: out };
    }
    default:
      return unsupported(`${where(layer)}: padding ${kind}`);
  }
}

function windowOf({ config }: Layer, kernel: readonly number[]): Window {
  return {
    kernel,
    strides: config.sizes('strides', kernel.length, 1),
    dilations: config.sizes('dilation_rate', kernel.length, 1),
    padding: config.string('padding', 'valid').toLowerCase(),
  };
}

/** Kernel and, if the layer has one, bias. */
function kernelAndBias(layer: Layer, ...names: string[]): TensorData[] {
  return weightsOf(layer, ...names, ...(layer.config.boolean('use_bias', true) ? ['bias'] : []));
}

/** One convolution of a tensor with channels second, weights in ONNX's order. */
function convolve(
  layer: Layer,
  x: Sized,
  weight: TensorData,
  bias: TensorData | undefined,
  group: number,
  window: Window,
): Sized {
  const { a } = layer;
  const channels = x.shape[1];
  if (channels !== undefined && channels !== weight.shape[1]! * group) {
    malformed(`${where(layer)}: weights [${weight.shape.join()}] for [${describe(x.shape)}]`);
  }
  const { attributes, sizes } = padding(layer, x.shape.slice(2), window);
  const inputs = [x.name, constant(layer, 'kernel', weight)];
  if (bias) inputs.push(constant(layer, 'bias', bias));
  const name = a.add('Conv', inputs, {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    group,
    ...attributes,
  });
  return { ...x, name, shape: [x.shape[0], weight.shape[0], ...sizes] };
}

/** [sizes..., in, out] to [out, in, sizes...]. */
function toOnnx(layer: Layer, kernel: TensorData, n: number): TensorData {
  if (kernel.shape.length !== n + 2)
    malformed(`${where(layer)}: a kernel [${kernel.shape.join()}]`);
  return transposed(kernel, [n + 1, n, ...Array.from({ length: n }, (_, i) => i)]);
}

/** [sizes..., in, multiplier] to [in * multiplier, 1, sizes...]. */
function depthwiseToOnnx(layer: Layer, kernel: TensorData, n: number): TensorData {
  if (kernel.shape.length !== n + 2)
    malformed(`${where(layer)}: a kernel [${kernel.shape.join()}]`);
  const moved = transposed(kernel, [n, n + 1, ...Array.from({ length: n }, (_, i) => i)]);
  const [channels, multiplier, ...sizes] = moved.shape as [number, number, ...number[]];
  return reshaped(moved, [channels * multiplier, 1, ...sizes], where(layer));
}

/** Bias and activation may follow in any layout; they are put where channels are second. */
const convolution =
  (n: number): LayerBuilder =>
  (layer) => {
    const [kernel, bias] = kernelAndBias(layer, 'kernel');
    const weight = toOnnx(layer, kernel!, n);
    const window = windowOf(layer, weight.shape.slice(2));
    const groups = layer.config.integer('groups', 1);
    const y = channelsFirst(layer, ranked(layer, n + 2), (x) =>
      convolve(layer, x, weight, bias, groups, window),
    );
    return activate(layer, y);
  };

const depthwise =
  (n: number): LayerBuilder =>
  (layer) => {
    const isNamed = layer.weights.some(({ name }) => name.endsWith('depthwise_kernel'));
    const [kernel, bias] = kernelAndBias(layer, isNamed ? 'depthwise_kernel' : 'kernel');
    const weight = depthwiseToOnnx(layer, kernel!, n);
    const window = windowOf(layer, weight.shape.slice(2));
    const y = channelsFirst(layer, ranked(layer, n + 2), (x) =>
      convolve(layer, x, weight, bias, kernel!.shape[n]!, window),
    );
    return activate(layer, y);
  };

const separable =
  (n: number): LayerBuilder =>
  (layer) => {
    const [deep, point, bias] = kernelAndBias(layer, 'depthwise_kernel', 'pointwise_kernel');
    const weight = depthwiseToOnnx(layer, deep!, n);
    const mix = toOnnx(layer, point!, n);
    const ones = mix.shape.slice(2).map(() => 1);
    const single: Window = {
      kernel: mix.shape.slice(2),
      strides: ones,
      dilations: ones,
      padding: 'valid',
    };
    const y = channelsFirst(layer, ranked(layer, n + 2), (x) => {
      const window = windowOf(layer, weight.shape.slice(2));
      const apart = convolve(layer, x, weight, undefined, deep!.shape[n]!, window);
      return convolve(layer, apart, mix, bias, 1, single);
    });
    return activate(layer, y);
  };

/**
 * Padding of a transposed convolution. Without `output_padding`, `same` gives size * stride and `valid` size * stride +
 * max(extent - stride, 0); with it, (size - 1) * stride + extent - 2 pad + output_padding, pad being half of the extent for `same`.
 */
function transposedPadding(layer: Layer, window: Window) {
  const { dilations, kernel, padding: kind, strides } = window;
  if (kind !== 'same' && kind !== 'valid') unsupported(`${where(layer)}: padding ${kind}`);
  const given =
    layer.config.get('output_padding') === undefined
      ? undefined
      : layer.config.sizes('output_padding', kernel.length, 0, 0);
  const axes = kernel.map((size, i) => {
    const whole = extent(size, dilations[i]!);
    const spare = whole - strides[i]!;
    if (given) {
      const pad = kind === 'same' ? Math.floor(whole / 2) : 0;
      return { before: pad, after: pad, extra: given[i]!, whole };
    }
    const total = kind === 'same' ? Math.max(spare, 0) : 0;
    const before = Math.floor(total / 2);
    return { before, after: total - before, extra: Math.max(-spare, 0), whole };
  });
  return {
    pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
    output_padding: axes.map(({ extra }) => extra),
    sizeOf: (size: Size, i: number): Size =>
      size &&
      (size - 1) * strides[i]! + axes[i]!.whole - axes[i]!.before - axes[i]!.after + axes[i]!.extra,
  };
}

/** Kernels are [sizes..., out, in]: those of the convolution whose gradient this is. */
const convolutionTranspose =
  (n: number): LayerBuilder =>
  (layer) => {
    const [kernel, bias] = kernelAndBias(layer, 'kernel');
    const weight = toOnnx(layer, kernel!, n);
    const window = windowOf(layer, weight.shape.slice(2));
    const { output_padding, pads, sizeOf } = transposedPadding(layer, window);
    const y = channelsFirst(layer, ranked(layer, n + 2), (x) => {
      const inputs = [x.name, constant(layer, 'kernel', weight)];
      if (bias) inputs.push(constant(layer, 'bias', bias));
      const name = layer.a.add('ConvTranspose', inputs, {
        kernel_shape: window.kernel,
        strides: window.strides,
        dilations: window.dilations,
        group: 1,
        pads,
        output_padding,
      });
      return { ...x, name, shape: [x.shape[0], weight.shape[1], ...x.shape.slice(2).map(sizeOf)] };
    });
    return activate(layer, y);
  };

export const CONVOLUTION_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Conv1DTranspose: convolutionTranspose(1),
  Conv2DTranspose: convolutionTranspose(2),
};
