/** Convolutions, pooling and what else works on images, of floats: ONNX's operators between transpositions. */
import { malformed, unsupported } from '../../compile/errors.ts';
import {
  activated,
  channelsFirst,
  type Emitter,
  inputTensor,
  known,
  option,
  type Translations,
} from './emitter.ts';
import type { TfliteOperator, TfliteTensor } from './schema.ts';

const padding = (op: TfliteOperator): string =>
  option(op, 'padding') === 0 ? 'SAME_UPPER' : 'VALID';
const strides = (op: TfliteOperator): number[] => [option(op, 'strideH'), option(op, 'strideW')];

/** Four sizes of a tensor; TFLite's images are [batch, height, width, channels]. */
export function imageShape(tensor: TfliteTensor): [number, number, number, number] {
  const { name, shape } = tensor;
  if (shape.length !== 4) malformed(`"${name}" should be an image, not [${shape}]`);
  return shape as unknown as [number, number, number, number];
}

/**
 * Weights as floats. Weights in i8 beside floats as inputs are what TFLite's hybrid kernels take, which also quantise the
 * inputs, differently on each processor; here the weights become floats and the rest is computed as such.
 */
export function floats(e: Emitter, tensor: TfliteTensor): string {
  const { dtype, name, quantisation } = tensor;
  const value = e.value(tensor);
  if (dtype === 'f32') return value;
  if (dtype === 'f16' || dtype === 'bf16') return e.cast(value, 'f32');
  if (!quantisation) unsupported(`"${name}" is ${dtype} without a scale`);
  return dequantised(e, tensor, value);
}

/** The floats that a quantised tensor stands for. */
export function dequantised(
  e: Emitter,
  { dtype, quantisation }: TfliteTensor,
  value: string,
): string {
  const { axis, scales, zeros } = quantisation!;
  const shape = scales.length === 1 ? [] : [scales.length];
  const inputs = [
    value,
    e.constant('f32', scales, shape),
    ...(zeros.some((zero) => zero !== 0) ? [e.constant(dtype, zeros, shape)] : []),
  ];
  return e.node('DequantizeLinear', inputs, scales.length === 1 ? {} : { axis });
}

function biasOf(e: Emitter, op: TfliteOperator, i: number): string[] {
  const bias = op.inputs[i];
  return bias ? [floats(e, bias)] : [];
}

/** Input, filter and bias become channels-first. */
function convolve(
  e: Emitter,
  op: TfliteOperator,
  { group, order }: { group: number; order: readonly number[] },
): string {
  if (!Number.isInteger(group) || group < 1)
    malformed(`${op.builtin}: its filter doesn't fit its input`);
  const filter = e.node('Transpose', [floats(e, inputTensor(op, 1))], { perm: order });
  const bias = biasOf(e, op, 2);
  const result = channelsFirst(e, e.input(op, 0), (image) =>
    e.node('Conv', [image, filter, ...bias], {
      auto_pad: padding(op),
      strides: strides(op),
      dilations: [option(op, 'dilationH'), option(op, 'dilationW')],
      group,
    }),
  );
  return activated(e, op, result);
}

function pool(e: Emitter, op: TfliteOperator, kind: string): string {
  const result = channelsFirst(e, e.input(op, 0), (image) =>
    e.node(kind, [image], {
      auto_pad: padding(op),
      strides: strides(op),
      kernel_shape: [option(op, 'filterH'), option(op, 'filterW')],
    }),
  );
  return activated(e, op, result);
}

/** Padding of a transposed convolution along one axis: that of the convolution whose transposition it is. */
export function transposedPadding(
  op: TfliteOperator,
  {
    filter,
    input,
    output,
    stride,
  }: { filter: number; input: number; output: number; stride: number },
): { before: number; after: number; more: number } {
  const full = (input - 1) * stride + filter;
  const total = Math.max(full - output, 0);
  const before = Math.floor(total / 2);
  if (option(op, 'padding') === 1 && total > 0) malformed(`${op.builtin}: its output is too small`);
  return { before, after: total - before, more: Math.max(output - full, 0) };
}

const resize =
  (mode: string, nearest: string): Translations[string] =>
  (e, op) => {
    const [height = 0, width = 0] = known(inputTensor(op, 1));
    const [batch, , , channels] = imageShape(inputTensor(op, 0));
    const aligned = option(op, 'alignCorners') !== 0;
    const centred = option(op, 'halfPixelCenters') !== 0;
    return channelsFirst(e, e.input(op, 0), (image) =>
      e.node('Resize', [image, '', '', e.constant('i64', [batch, channels, height, width])], {
        mode,
        coordinate_transformation_mode: aligned
          ? 'align_corners'
          : centred
            ? 'half_pixel'
            : 'asymmetric',
        // TFLite rounds halves up, and down to whole pixels where it doesn't look at centres.
        nearest_mode: aligned || centred ? nearest : 'floor',
      }),
    );
  };

export const CONVOLUTION: Translations = {
  CONV_2D: (e, op) => {
    const channels = imageShape(inputTensor(op, 0))[3];
    const group = channels / imageShape(inputTensor(op, 1))[3];
    return convolve(e, op, { group, order: [0, 3, 1, 2] });
  },

  DEPTHWISE_CONV_2D: (e, op) =>
    convolve(e, op, { group: imageShape(inputTensor(op, 0))[3], order: [3, 0, 1, 2] }),

  TRANSPOSE_CONV: (e, op) => {
    const [, inH, inW] = imageShape(inputTensor(op, 2));
    const [, filterH, filterW] = imageShape(inputTensor(op, 1));
    const [, outH = 0, outW = 0] = known(inputTensor(op, 0));
    const [strideH = 1, strideW = 1] = strides(op);
    const h = transposedPadding(op, { filter: filterH, input: inH, output: outH, stride: strideH });
    const w = transposedPadding(op, { filter: filterW, input: inW, output: outW, stride: strideW });
    const filter = e.node('Transpose', [floats(e, inputTensor(op, 1))], { perm: [3, 0, 1, 2] });
    const result = channelsFirst(e, e.input(op, 2), (image) =>
      e.node('ConvTranspose', [image, filter, ...biasOf(e, op, 3)], {
        strides: [strideH, strideW],
        pads: [h.before, w.before, h.after, w.after],
        output_padding: [h.more, w.more],
      }),
    );
    return activated(e, op, result);
  },

  FULLY_CONNECTED: (e, op) => {
    const weights = inputTensor(op, 1);
    const [units = 0, depth = 0] = weights.shape;
    if (weights.shape.length !== 2) malformed(`${op.builtin}: weights of shape [${weights.shape}]`);
    if (option(op, 'weightsFormat') !== 0) unsupported(`${op.builtin} with shuffled weights`);
    const rows = e.reshape(e.input(op, 0), [-1, depth]);
    const product = e.node('Gemm', [rows, floats(e, weights), ...biasOf(e, op, 2)], { transB: 1 });
    const { shape } = inputTensor(op, 0);
    const isKept = option(op, 'keepNumDims') !== 0 && shape.length !== 2;
    return activated(e, op, isKept ? e.reshape(product, [...shape.slice(0, -1), units]) : product);
  },

  AVERAGE_POOL_2D: (e, op) => pool(e, op, 'AveragePool'),
  MAX_POOL_2D: (e, op) => pool(e, op, 'MaxPool'),
  RESIZE_BILINEAR: resize('linear', 'round_prefer_ceil'),
  RESIZE_NEAREST_NEIGHBOR: resize('nearest', 'round_prefer_ceil'),

  SPACE_TO_DEPTH: (e, op) =>
    channelsFirst(e, e.input(op, 0), (image) =>
      e.node('SpaceToDepth', [image], { blocksize: option(op, 'blockSize') }),
    ),
  DEPTH_TO_SPACE: (e, op) =>
    channelsFirst(e, e.input(op, 0), (image) =>
      e.node('DepthToSpace', [image], { blocksize: option(op, 'blockSize'), mode: 'DCR' }),
    ),

  LOCAL_RESPONSE_NORMALIZATION: (e, op) => {
    const size = 2 * option(op, 'radius') + 1;
    return channelsFirst(e, e.input(op, 0), (image) =>
      // ONNX divides alpha by the size, TFLite doesn't.
      e.node('LRN', [image], {
        size,
        alpha: size * option(op, 'alpha'),
        beta: option(op, 'beta'),
        bias: option(op, 'bias'),
      }),
    );
  },
};
