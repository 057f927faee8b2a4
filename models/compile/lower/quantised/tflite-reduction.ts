/** TFLite's quantised means, sums and concatenation. */
import {
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count } from '../../tensor.ts';
import { concat } from '../movement.ts';
import { convolve } from './convolve.ts';
import { type Multiplier, quantiseMultiplier } from './multiplier.ts';
import { clamp, eightBit, outputScale, rangeOf, roundAway } from './operands.ts';
import { mapTable } from './tables.ts';

/** A mean's division by n as part of the multiplier (reference_ops::QuantizedMeanOrSum). */
export function dividedBy({ multiplier, shift }: Multiplier, n: number): Multiplier {
  const by = Math.min(Math.floor(Math.log2(n)), 32, 31 + shift);
  return { multiplier: Number((BigInt(multiplier) << BigInt(by)) / BigInt(n)), shift: shift - by };
}

/** Sums over axes: a depthwise convolution with ones over all elements that belong together. */
function sum(c: Context, isMean: boolean) {
  const { quantisation, tensor: x } = eightBit(c, 0);
  const output = outputScale(c);
  const rank = x.shape.length;
  const listed = integers(c, 1) ?? malformed(`${where(c)}: no axes`);
  const axes = new Set(listed.map((axis) => (axis < 0 ? axis + rank : axis)));
  if ([...axes].some((axis) => !(axis >= 0 && axis < rank)))
    malformed(`${where(c)}: axes [${listed}] of rank ${rank}`);
  const all = x.shape.map((_, axis) => axis);
  const first = Math.min(...axes, rank);
  const kept = all.filter((axis) => !axes.has(axis));
  const outer = kept.filter((axis) => axis < first);
  const inner = kept.filter((axis) => axis > first);
  const reduced = all.filter((axis) => axes.has(axis));
  const size = (of: readonly number[]): number => count(of.map((axis) => x.shape[axis]!));
  const moved = c.b.plain(c.b.transpose(x, [...outer, ...reduced, ...inner]));
  const [batch, n, channels] = [size(outer), size(reduced), size(inner)];
  const multiplier = quantiseMultiplier(quantisation.scale / output.scale);
  const point = { kernel: 1, stride: 1, dilation: 1, before: 0, size: 1, out: 1 };
  const ones = c.b.constant(
    { dtype: 'i8', shape: [channels, n, 1, 1] },
    new Uint8Array(channels * n).fill(1),
  );
  const y = convolve(c.b, {
    x: c.b.reshape(moved, [batch, n, 1, channels]),
    zero: quantisation.zero,
    filters: { tensor: ones, zeros: [0] },
    bias: undefined,
    vertical: { ...point, size: n, kernel: n },
    horizontal: point,
    group: channels,
    requantised: { kind: 'fixed', multipliers: [isMean ? dividedBy(multiplier, n) : multiplier] },
    output,
  });
  const isKept = number(c, 'keepDims', 0) !== 0;
  const shape = isKept
    ? x.shape.map((one, axis) => (axes.has(axis) ? 1 : one))
    : kept.map((axis) => x.shape[axis]!);
  return c.b.reshape(y, shape);
}

export const TFLITE_REDUCTION: Lowerings = {
  'tflite:MEAN': (c) => sum(c, true),
  'tflite:SUM': (c) => sum(c, false),

  'tflite:CONCATENATION'(c) {
    const { dtype, scale, zero } = outputScale(c);
    const [low, high] = rangeOf(c, dtype);
    const inverse = Math.fround(1 / scale);
    const parts = c.inputs.map((_, i) => {
      const x = input(c, i);
      const [given, offset] = [numbers(c, 'input_scales')?.[i], numbers(c, 'input_zeros')?.[i]];
      if (x.dtype !== dtype || given === undefined || offset === undefined)
        malformed(`${where(c)}: part ${i} is ${x.dtype}, the whole ${dtype}`);
      if (given === scale && offset === zero) return x;
      if (dtype === 'i16') unsupported(`${where(c)}: parts of i16 on different scales`);
      // ConcatenationWithScaling: f32 arithmetic.
      const factor = Math.fround(given * inverse);
      const bias = Math.fround(-offset * factor);
      return mapTable(c.b, x, dtype, (value) =>
        clamp(roundAway(Math.fround(Math.fround(value * factor) + bias)) + zero, low, high),
      );
    });
    const { length } = parts[0]?.shape ?? [];
    const axis = number(c, 'axis');
    if (!(axis >= -length && axis < length))
      malformed(`${where(c)}: axis ${axis} of rank ${length}`);
    return concat(c.b, parts, axis < 0 ? axis + length : axis);
  },
};

/** Zeros and scales of a whole tensor, as the kernels take them. */
export const one = (c: Context, dtype: 'f32' | 'i32', value: number) =>
  c.b.constant({ dtype, shape: [1] }, writeNumbers(dtype, [value]));
