/** The upper 32 bits of ln 2 and the rest, so that a whole number times the first is exact. */
export const LN2_HIGH: f64 = 0.6931471803691238;
export const LN2_LOW: f64 = 1.9082149292705877e-10;

/**
 * e^x in f64, of operations that every engine rounds alike: n = nearest(x / ln 2), r = x - n ln 2 in two steps, e^r by its Taylor
 * series up to r^13 (the rest is below 2^-57), times 2^n in two factors, so that a subnormal result is rounded once more only.
 *
 * The largest error is below 1 ulp for normal results. NaN gives a NaN (not canonical).
 */
export function exp64(x: f64): f64 {
  // max and min pass NaN on.
  const c = min<f64>(max<f64>(x, -746), 710);
  const n = nearest(c * 1.4426950408889634);
  const r = c - n * LN2_HIGH - n * LN2_LOW;
  let p: f64 = 1.6059043836821613e-10;
  p = p * r + 2.08767569878681e-9;
  p = p * r + 2.505210838544172e-8;
  p = p * r + 2.755731922398589e-7;
  p = p * r + 2.7557319223985893e-6;
  p = p * r + 2.48015873015873e-5;
  p = p * r + 0.0001984126984126984;
  p = p * r + 0.001388888888888889;
  p = p * r + 0.008333333333333333;
  p = p * r + 0.041666666666666664;
  p = p * r + 0.16666666666666666;
  p = p * r + 0.5;
  p = p * (r * r) + r + 1;
  const whole = <i64>n;
  const half = whole >> 1;
  const first = reinterpret<f64>((half + 1023) << 52);
  const second = reinterpret<f64>((whole - half + 1023) << 52);
  return p * first * second;
}
