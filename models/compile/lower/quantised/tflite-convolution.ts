/** TFLite's quantised convolutions, fully connected layers and pooling of 8-bit integers. */
import {
  type Context,
  content,
  input,
  type Lowerings,
  number,
  numbers,
  optional,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { type Axis, convolve } from './convolve.ts';
import { type Multiplier, quantiseMultiplier } from './multiplier.ts';
import { eightBit, type OutputScale, outputScale, type Scale } from './operands.ts';
import { convolve16, output16, sixteenBit } from './sixteen.ts';

/** SAME (0) or VALID (1) of one axis: the outputs and what is padded before the first element. */
export function axisOfWindow(
  c: Context,
  size: number,
  { dilation, kernel, stride }: { dilation: number; kernel: number; stride: number },
): Axis {
  if (![size, kernel, stride, dilation].every((value) => Number.isInteger(value) && value >= 1))
    malformed(
      `${where(c)}: a window of ${kernel}, stride ${stride}, dilation ${dilation} over ${size}`,
    );
  const reach = (kernel - 1) * dilation + 1;
  const same = number(c, 'padding') === 0;
  const out = same ? Math.ceil(size / stride) : Math.ceil((size - reach + 1) / stride);
  if (out < 1) malformed(`${where(c)}: a window of ${reach} over ${size} elements`);
  const total = same ? Math.max((out - 1) * stride + reach - size, 0) : 0;
  return { size, kernel, stride, dilation, before: Math.floor(total / 2), out };
}

export function image(c: Context, tensor: Tensor): readonly [number, number, number, number] {
  const { shape } = tensor;
  if (shape.length !== 4) malformed(`${where(c)}: ${describe(tensor)} is no image`);
  return shape as unknown as [number, number, number, number];
}

/** Weights of 8 bits, known when the network is compiled, and how sums of products with them become elements. */
function weights(
  c: Context,
  x: Scale,
  output: OutputScale,
  { isPerChannelOnly }: { isPerChannelOnly: boolean },
): { tensor: Tensor; zeros: number[]; multipliers: Multiplier[] } {
  const { dtype, shape } = input(c, 1);
  if (dtype !== 'i8' && dtype !== 'u8') unsupported(`${where(c)}: weights of ${dtype}`);
  const tensor = c.b.constant({ dtype, shape }, content(c, 1));
  const scales = numbers(c, 'filter_scales') ?? malformed(`${where(c)}: weights without a scale`);
  // The products of the scales are doubles for each channel, but an f32 where there is one scale for all.
  const isSingle = scales.length === 1 && (!isPerChannelOnly || input(c, 0).dtype === 'u8');
  const multipliers = scales.map((scale) => {
    const product = isSingle ? Math.fround(x.scale * scale) : x.scale * scale;
    return quantiseMultiplier(product / output.scale);
  });
  return { tensor, zeros: [numbers(c, 'input_zeros')?.[1] ?? 0], multipliers };
}

function biasOf(c: Context, n: number): number[] | undefined {
  const bias = optional(c, 2);
  if (!bias) return undefined;
  if (bias.dtype !== 'i32' || count(bias.shape) !== n)
    unsupported(`${where(c)}: the bias is ${describe(bias)}`);
  return readNumbers('i32', content(c, 2));
}

function axes(c: Context, [, height, width]: readonly number[], kernelH: number, kernelW: number) {
  const along = (size: number, kernel: number, letter: 'H' | 'W'): Axis =>
    axisOfWindow(c, size, {
      kernel,
      stride: number(c, `stride${letter}`),
      dilation: number(c, `dilation${letter}`, 1),
    });
  return { vertical: along(height!, kernelH, 'H'), horizontal: along(width!, kernelW, 'W') };
}

export const TFLITE_CONVOLUTION: Lowerings = {
  'tflite:CONV_2D'(c) {
    if (input(c, 0).dtype === 'i16') return convolution16(c);
    const { quantisation, tensor: x } = eightBit(c, 0);
    const output = outputScale(c);
    const { multipliers, tensor, zeros } = weights(c, quantisation, output, {
      isPerChannelOnly: true,
    });
    const [n, kernelH, kernelW, depth] = image(c, tensor);
    const shape = image(c, x);
    const group = shape[3] / depth;
    if (
      !Number.isInteger(group) ||
      n % group !== 0 ||
      (multipliers.length !== 1 && multipliers.length !== n)
    )
      malformed(`${where(c)}: filters ${describe(tensor)} on ${describe(x)}`);
    return convolve(c.b, {
      x,
      zero: quantisation.zero,
      filters: { tensor, zeros },
      bias: biasOf(c, n),
      ...axes(c, shape, kernelH, kernelW),
      group,
      requantised: { kind: 'fixed', multipliers },
      output,
    });
  },

  'tflite:DEPTHWISE_CONV_2D'(c) {
    if (input(c, 0).dtype === 'i16') return depthwise16(c);
    const { quantisation, tensor: x } = eightBit(c, 0);
    const output = outputScale(c);
    const { multipliers, tensor, zeros } = weights(c, quantisation, output, {
      isPerChannelOnly: true,
    });
    const [one, kernelH, kernelW, n] = image(c, tensor);
    const shape = image(c, x);
    const fits =
      one === 1 && n % shape[3] === 0 && (multipliers.length === 1 || multipliers.length === n);
    if (!fits) malformed(`${where(c)}: filters ${describe(tensor)} on ${describe(x)}`);
    const filters = c.b.plain(c.b.transpose(tensor, [3, 1, 2, 0]));
    return convolve(c.b, {
      x,
      zero: quantisation.zero,
      filters: { tensor: filters, zeros },
      bias: biasOf(c, n),
      ...axes(c, shape, kernelH, kernelW),
      group: shape[3],
      requantised: { kind: 'fixed', multipliers },
      output,
    });
  },

  'tflite:FULLY_CONNECTED'(c) {
    if (input(c, 0).dtype === 'i16') return fullyConnected16(c);
    const { quantisation, tensor: x } = eightBit(c, 0);
    const output = outputScale(c);
    const { multipliers, tensor, zeros } = weights(c, quantisation, output, {
      isPerChannelOnly: false,
    });
    const [n = 0, depth = 0] = tensor.shape;
    const rows = count(x.shape) / depth;
    const fits = tensor.shape.length === 2 && Number.isInteger(rows) && rows > 0;
    if (!fits || (multipliers.length !== 1 && multipliers.length !== n))
      malformed(`${where(c)}: weights ${describe(tensor)} on ${describe(x)}`);
    if (number(c, 'weightsFormat', 0) !== 0) unsupported(`${where(c)}: shuffled weights`);
    const point = { kernel: 1, stride: 1, dilation: 1, before: 0 };
    const y = convolve(c.b, {
      x: c.b.reshape(x, [1, 1, rows, depth]),
      zero: quantisation.zero,
      filters: { tensor: c.b.reshape(tensor, [n, 1, 1, depth]), zeros },
      bias: biasOf(c, n),
      vertical: { ...point, size: 1, out: 1 },
      horizontal: { ...point, size: rows, out: rows },
      group: 1,
      requantised: { kind: 'fixed', multipliers },
      output,
    });
    const isKept = number(c, 'keepNumDims', 0) !== 0;
    return c.b.reshape(y, isKept ? [...x.shape.slice(0, -1), n] : [rows, n]);
  },

  'tflite:AVERAGE_POOL_2D': (c) => pool(c, 'averagePool'),
  'tflite:MAX_POOL_2D': (c) => pool(c, 'maxPool'),
};

function pool(c: Context, name: string): Tensor {
  const isWide = input(c, 0).dtype === 'i16';
  const { tensor: x } = isWide ? sixteenBit(c, 0) : eightBit(c, 0);
  const { dtype, high, low } = isWide ? output16(c) : outputScale(c);
  const kernel = `${name}${isWide ? 16 : 8}`;
  if (dtype !== x.dtype) malformed(`${where(c)}: ${x.dtype} becomes ${dtype}`);
  const [batch, height, width, channels] = image(c, x);
  const { horizontal: h, vertical: v } = axes(
    c,
    x.shape,
    number(c, 'filterH'),
    number(c, 'filterW'),
  );
  const type = { dtype, shape: [batch, v.out, h.out, channels] };
  const geometry = [batch, height, width, channels, v.out, h.out, v.kernel, h.kernel];
  const rest = [v.stride, h.stride, v.before, h.before];
  const signed = dtype === 'u8' ? 0 : 1;
  return c.b.rows(kernel, [x], type, batch * v.out * h.out, (begin, end) => [
    ...geometry,
    ...rest,
    begin,
    end,
    signed,
    low >>> 0,
    high >>> 0,
  ]);
}

/** Weights of 16-bit layers, known when the network is compiled. */
function weights16(c: Context): Tensor {
  const { dtype, shape } = input(c, 1);
  return c.b.constant({ dtype, shape }, content(c, 1));
}

function convolution16(c: Context): Tensor {
  const { tensor: x } = sixteenBit(c, 0);
  const filters = weights16(c);
  const [n, kernelH, kernelW, depth] = image(c, filters);
  const groups = image(c, x)[3] / depth;
  if (!Number.isInteger(groups) || n % groups !== 0)
    malformed(`${where(c)}: filters ${describe(filters)} on ${describe(x)}`);
  return convolve16(c, {
    x,
    filters,
    ...axes(c, x.shape, kernelH, kernelW),
    groups,
    isSingle: false,
  });
}

function depthwise16(c: Context): Tensor {
  const { tensor: x } = sixteenBit(c, 0);
  const tensor = weights16(c);
  const [one, kernelH, kernelW, n] = image(c, tensor);
  const groups = image(c, x)[3];
  if (one !== 1 || n % groups !== 0)
    malformed(`${where(c)}: filters ${describe(tensor)} on ${describe(x)}`);
  const filters = c.b.plain(c.b.transpose(tensor, [3, 1, 2, 0]));
  return convolve16(c, {
    x,
    filters,
    ...axes(c, x.shape, kernelH, kernelW),
    groups,
    isSingle: false,
  });
}

function fullyConnected16(c: Context): Tensor {
  const { tensor: x } = sixteenBit(c, 0);
  const tensor = weights16(c);
  const [n = 0, depth = 0] = tensor.shape;
  const rows = count(x.shape) / depth;
  if (tensor.shape.length !== 2 || !Number.isInteger(rows) || rows < 1)
    malformed(`${where(c)}: weights ${describe(tensor)} on ${describe(x)}`);
  const point = { kernel: 1, stride: 1, dilation: 1, before: 0 };
  const y = convolve16(c, {
    x: c.b.reshape(x, [1, 1, rows, depth]),
    filters: c.b.reshape(tensor, [n, 1, 1, depth]),
    vertical: { ...point, size: 1, out: 1 },
    horizontal: { ...point, size: rows, out: rows },
    groups: 1,
    isSingle: true,
  });
  const isKept = number(c, 'keepNumDims', 0) !== 0;
  return c.b.reshape(y, isKept ? [...x.shape.slice(0, -1), n] : [rows, n]);
}
