/** TFLite's quantised operators of 16-bit elements around 0 with 8-bit weights (16x8). */
import { CONVOLUTION_16, QUANTISED as RULES } from '../../../operators/quantised.ts';
import { costOf, like } from '../../builder.ts';
import { type Context, content, input, number, numbers, optional, where } from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { broadcast, broadcastShape } from '../broadcast.ts';
import type { Axis } from './convolve.ts';
import { spread } from './convolve.ts';
import { quantiseMultiplier } from './multiplier.ts';
import { inputScale, type OutputScale, outputScale, type Scale } from './operands.ts';

/** An input of 16 bits with its scale; TFLite allows no zero but 0. */
export function sixteenBit(c: Context, i: number): { tensor: Tensor; quantisation: Scale } {
  const tensor = input(c, i);
  if (tensor.dtype !== 'i16')
    unsupported(`${where(c)}: ${describe(tensor)} beside 16-bit integers`);
  const quantisation = inputScale(c, i, tensor);
  if (quantisation.zero !== 0)
    malformed(`${where(c)}: 16-bit elements around ${quantisation.zero}`);
  return { tensor, quantisation };
}

export function output16(c: Context): OutputScale {
  const output = outputScale(c);
  if (output.dtype !== 'i16' || output.zero !== 0)
    unsupported(`${where(c)}: ${output.dtype} around ${output.zero} of 16-bit elements`);
  return output;
}

interface Layer {
  /** [batch, height, width, channels]. */
  readonly x: Tensor;
  /** i8 [filters, kernel height, kernel width, channels of a group]. */
  readonly filters: Tensor;
  readonly vertical: Axis;
  readonly horizontal: Axis;
  readonly groups: number;
  /** Whether one scale of the weights is multiplied as an f32. */
  readonly isSingle: boolean;
}

export function convolve16(c: Context, layer: Layer): Tensor {
  const { filters, groups, horizontal: h, vertical: v, x } = layer;
  const { quantisation } = sixteenBit(c, 0);
  const output = output16(c);
  const n = filters.shape[0]!;
  if (filters.dtype !== 'i8' || (numbers(c, 'input_zeros')?.[1] ?? 0) !== 0)
    unsupported(`${where(c)}: weights other than i8 around 0`);
  const scales = numbers(c, 'filter_scales') ?? malformed(`${where(c)}: weights without a scale`);
  const isSingle = layer.isSingle && scales.length === 1;
  const multipliers = spread(scales, n).map((scale) => {
    const product = isSingle ? Math.fround(quantisation.scale * scale) : quantisation.scale * scale;
    return quantiseMultiplier(product / output.scale);
  });
  // A bias of 32 bits is added to sums of 32 bits; otherwise they have 64.
  const bias = optional(c, 2);
  if (bias && ((bias.dtype !== 'i64' && bias.dtype !== 'i32') || count(bias.shape) !== n))
    unsupported(`${where(c)}: the bias is ${describe(bias)}`);
  const columns = new DataView(new ArrayBuffer(16 * n));
  const given = bias && new DataView(content(c, 2).slice().buffer);
  multipliers.forEach(({ multiplier, shift }, f) => {
    const sum =
      bias?.dtype === 'i64'
        ? given!.getBigInt64(8 * f, true)
        : BigInt(given?.getInt32(4 * f, true) ?? 0);
    columns.setBigInt64(16 * f, sum, true);
    columns.setInt32(16 * f + 8, multiplier, true);
    columns.setInt32(16 * f + 12, shift, true);
  });
  const operand = c.b.constant({ dtype: 'i32', shape: [4 * n] }, new Uint8Array(columns.buffer));
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const geometry = {
    ...{ batch, height, width, channels, outHeight: v.out, outWidth: h.out, filters: n, groups },
    ...{ kernelH: v.kernel, kernelW: h.kernel, strideH: v.stride, strideW: h.stride },
    ...{ dilationH: v.dilation, dilationW: h.dilation, padTop: v.before, padLeft: h.before },
    ...{ wide: bias?.dtype === 'i32' ? 0 : 1, low: output.low >>> 0, high: output.high >>> 0 },
  };
  const attributes = (begin: number, end: number): number[] =>
    CONVOLUTION_16.map((name) => ({ ...geometry, begin, end })[name as 'begin']);
  const type = { dtype: 'i16', shape: [batch, v.out, h.out, n] } as const;
  return c.b.rows('conv16', [x, filters, operand], type, batch * v.out * h.out, attributes);
}

/** Attributes of a fixed-point multiplier. */
const fixed = (scale: number): [number, number] => {
  const { multiplier, shift } = quantiseMultiplier(scale);
  return [multiplier, shift >>> 0];
};

const LEFT = 15;
const isPowerOf2 = (scale: number): boolean => Number.isInteger(Math.log2(scale));

function pairs(
  c: Context,
  kernel: string,
  attributes: readonly number[],
  output: OutputScale,
): Tensor {
  const { b } = c;
  const [x, y] = [input(c, 0), input(c, 1)];
  const shape = broadcastShape(b, [x, y]);
  const operands = [b.plain(broadcast(b, x, shape)), b.plain(broadcast(b, y, shape))];
  const n = count(shape);
  const all = [n, ...attributes, output.low >>> 0, output.high >>> 0];
  if (costOf(RULES[kernel]!, all) > 16 * b.limit) unsupported(`${where(c)}: ${n} elements at once`);
  return b.call(kernel, operands, all, { dtype: 'i16', shape });
}

export function add16(c: Context, sign: 1 | -1): Tensor {
  const [x, y] = [sixteenBit(c, 0), sixteenBit(c, 1)];
  const output = output16(c);
  const scales = [x.quantisation.scale, y.quantisation.scale, output.scale];
  // Older files, whose scales are powers of 2, are shifted instead.
  if (number(c, 'potScale', 0) !== 0 && scales.every(isPowerOf2))
    unsupported(`${where(c)}: 16-bit elements on scales that are powers of 2`);
  const twice = 2 * Math.max(x.quantisation.scale, y.quantisation.scale);
  const attributes = [
    ...fixed(x.quantisation.scale / twice),
    ...fixed(y.quantisation.scale / twice),
    ...fixed(twice / (2 ** LEFT * output.scale)),
    sign === 1 ? 0 : 1,
  ];
  return pairs(c, 'add16', attributes, output);
}

export function multiply16(c: Context): Tensor {
  const [x, y] = [sixteenBit(c, 0), sixteenBit(c, 1)];
  const output = output16(c);
  const product = Math.fround(x.quantisation.scale * y.quantisation.scale);
  return pairs(c, 'mul16', fixed(Math.fround(product / output.scale)), output);
}

/** y = f(x) for each element of 16 bits, by a table of all of them. */
export function mapTable16(
  c: Context,
  x: Tensor,
  dtype: 'i8' | 'i16',
  f: (value: number) => number,
): Tensor {
  const { b } = c;
  const values = Array.from({ length: 65536 }, (_, bits) => f((bits << 16) >> 16));
  const table = b.constant({ dtype, shape: [65536] }, writeNumbers(dtype, values));
  const stored = b.stored(x);
  const kernel = dtype === 'i16' ? 'lookup16' : 'lookup16to8';
  return b.withAxes(b.call(kernel, [stored, table], [count(x.shape)], like(stored, dtype)), x.axes);
}
