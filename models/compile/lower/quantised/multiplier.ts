/** TensorFlow Lite's fixed-point multipliers: scale = multiplier * 2^(shift - 31). */

export interface Multiplier {
  /** 0, or from 2^30 to 2^31 - 1. */
  readonly multiplier: number;
  /** To the left if above 0, else to the right. */
  readonly shift: number;
}

/** QuantizeMultiplier of TensorFlow Lite (kernels/internal/quantization_util): the mantissa of a double, rounded to 31 bits. */
export function quantiseMultiplier(scale: number): Multiplier {
  if (scale === 0) return { multiplier: 0, shift: 0 };
  let [fraction, shift] = frexp(scale);
  // Halves go away from zero; scales aren't negative.
  let multiplier = Math.floor(fraction * 2 ** 31 + 0.5);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    shift++;
  }
  if (shift < -31) return { multiplier: 0, shift: 0 };
  // TensorFlow Lite keeps what is beyond its shifts at the largest.
  if (shift > 30) return { multiplier: 2 ** 31 - 1, shift: 30 };
  return { multiplier, shift };
}

/** x = fraction * 2^exponent with fraction from 0.5 to below 1, as C has it; x is above 0 and finite. */
export function frexp(x: number): [fraction: number, exponent: number] {
  let exponent = Math.max(-1022, Math.floor(Math.log2(x)) + 1);
  let fraction = x / 2 ** exponent;
  while (fraction >= 1) {
    fraction /= 2;
    exponent++;
  }
  while (fraction < 0.5) {
    fraction *= 2;
    exponent--;
  }
  return [fraction, exponent];
}

/** SaturatingRoundingDoublingHighMul of gemmlowp on i32. */
export function doublingHighMultiply(a: number, b: number): number {
  if (a === b && a === -(2 ** 31)) return 2 ** 31 - 1;
  return Number((BigInt(a) * BigInt(b) + (1n << 30n)) >> 31n);
}

/** RoundingDivideByPOT of gemmlowp: ties away from zero. */
export function roundingShift(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const half = 2 ** (exponent - 1);
  return Math.floor((x + half - (x < 0 ? 1 : 0)) / 2 ** exponent);
}

/** MultiplyByQuantizedMultiplier of TensorFlow Lite with both its roundings. */
export function multiplyFixed(x: number, { multiplier, shift }: Multiplier): number {
  const left = Math.max(shift, 0);
  return roundingShift(doublingHighMultiply((x << left) | 0, multiplier), Math.max(-shift, 0));
}
