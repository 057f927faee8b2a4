/** gemmlowp's fixed-point arithmetic on i32, as TensorFlow Lite's integer operators use it. */

/** SaturatingRoundingDoublingHighMul: round(a * b / 2^31), ties up. */
export function doublingHigh(a: i32, b: i32): i32 {
  if (a == b && a == i32.MIN_VALUE) return i32.MAX_VALUE;
  return <i32>(((<i64>a) * b + (1 << 30)) >> 31);
}

/** RoundingDivideByPOT: round(x / 2^exponent), ties away from zero; exponent from 0 to 31. */
export function roundingShift(x: i32, exponent: i32): i32 {
  const mask = <i32>(((<i64>1) << exponent) - 1);
  const remainder = x & mask;
  const threshold = (mask >>> 1) + i32(x < 0);
  return (x >> exponent) + i32(remainder > threshold);
}

/** x * 2^exponent, kept within i32; exponent above 0. */
export function saturatingLeft(x: i32, exponent: i32): i32 {
  const wide = (<i64>x) << exponent;
  return <i32>min<i64>(max<i64>(wide, i32.MIN_VALUE), i32.MAX_VALUE);
}

/** MultiplyByQuantizedMultiplier with both its roundings: x * multiplier * 2^(shift - 31); shift from -31 to 30. */
export function multiplyFixed(x: i32, multiplier: i32, shift: i32): i32 {
  const left = max<i32>(shift, 0);
  return roundingShift(doublingHigh(x << left, multiplier), max<i32>(-shift, 0));
}

/** 48 / 17 and -32 / 17 with 2 integer bits. */
const C48: i32 = 1515870810;
const C32: i32 = -1010580540;

/** 1 / (1 + a) for a from 0 to below 1, both with 31 fractional bits: three steps of Newton's from a linear first guess. */
export function reciprocal(a: i32): i32 {
  // Half of (1 + a), rounded, where 1 is the largest i32.
  const sum = (<i64>a) + i32.MAX_VALUE;
  const half = <i32>((sum + (sum >= 0 ? 1 : -1)) / 2);
  let x = C48 + doublingHigh(half, C32);
  for (let i = 0; i < 3; i++) {
    const rest = (1 << 29) - doublingHigh(half, x);
    // A product of two numbers of 2 integer bits has 4.
    x += saturatingLeft(doublingHigh(x, rest), 2);
  }
  // Halved by taking one integer bit less, then brought to none.
  return saturatingLeft(x, 1);
}
