/** Attributes of quantised TFLite nodes, as models/import/tflite/quantised.ts writes them. */
import type { Dtype } from '../../../graph.ts';
import { type Context, input, number, numbers, string, where } from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { describe, type Tensor } from '../../tensor.ts';

/** Scale (an f32) and zero of an operand. */
export interface Scale {
  readonly scale: number;
  readonly zero: number;
}

/** Smallest and largest element of the integer types. */
export const RANGE: Partial<Record<Dtype, readonly [low: number, high: number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32768, 32767],
  u16: [0, 65535],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};

export function rangeOf(c: Context, dtype: Dtype): readonly [low: number, high: number] {
  return RANGE[dtype] ?? unsupported(`${where(c)}: ${dtype} isn't a quantised type`);
}

function scaleAt(c: Context, kind: 'input' | 'output', i: number): Scale {
  const scale = numbers(c, `${kind}_scales`)?.[i];
  const zero = numbers(c, `${kind}_zeros`)?.[i];
  if (scale === undefined || zero === undefined)
    malformed(`${where(c)}: ${kind} ${i} has no scale`);
  if (!(scale > 0)) malformed(`${where(c)}: ${kind} ${i} has the scale ${scale}`);
  return { scale, zero };
}

/** An input of 8 bits with its scale. */
export function eightBit(c: Context, i: number): { tensor: Tensor; quantisation: Scale } {
  const tensor = input(c, i);
  if (tensor.dtype !== 'i8' && tensor.dtype !== 'u8')
    unsupported(`${where(c)}: ${describe(tensor)}; 8-bit integers are supported`);
  return { tensor, quantisation: inputScale(c, i, tensor) };
}

export function inputScale(c: Context, i: number, { dtype }: Tensor): Scale {
  return inRange(c, scaleAt(c, 'input', i), dtype);
}

/** A zero outside its type is a lie that sums could overflow by. */
function inRange(c: Context, scale: Scale, dtype: Dtype): Scale {
  const [low, high] = rangeOf(c, dtype);
  if (scale.zero < low || scale.zero > high)
    malformed(`${where(c)}: the zero ${scale.zero} is no ${dtype}`);
  return scale;
}

export interface OutputScale extends Scale {
  readonly dtype: Dtype;
  /** Range of the elements, narrowed by the fused activation. */
  readonly low: number;
  readonly high: number;
}

export function outputScale(c: Context): OutputScale {
  const dtype = string(c, 'output_type') as Dtype;
  const { scale, zero } = inRange(c, scaleAt(c, 'output', 0), dtype);
  return {
    dtype,
    scale,
    zero,
    ...activationRange(c, dtype, { scale, zero }, number(c, 'activation', 0)),
  };
}

/** CalculateActivationRangeQuantized of TensorFlow Lite. */
export function activationRange(
  c: Context,
  dtype: Dtype,
  { scale, zero }: Scale,
  activation: number,
): { low: number; high: number } {
  const [low, high] = rangeOf(c, dtype);
  const quantise = (value: number): number => zero + roundAway(Math.fround(value / scale));
  const between = (from: number, to: number) => ({
    low: Math.min(Math.max(low, quantise(from)), high),
    high: Math.max(Math.min(high, quantise(to)), low),
  });
  switch (activation) {
    case 0:
      return { low, high };
    case 1:
      return between(0, Number.POSITIVE_INFINITY);
    case 2:
      return between(-1, 1);
    case 3:
      return between(0, 6);
    default:
      return unsupported(`${where(c)}: the fused activation ${activation} of quantised elements`);
  }
}

/** std::round: ties away from zero. */
export const roundAway = (value: number): number =>
  value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5);

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(Math.max(value, low), high);
