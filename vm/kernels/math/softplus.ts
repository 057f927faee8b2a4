import { exp4 } from './exp';

/**
 * log(1 + e^x) on four lanes: max(x, 0) + log(1 + e) with e = e^-|x|, and log(1 + e) = 2 artanh s of s = e / (2 + e) <= 1 / 3 by its Taylor
 * series up to s^15 (the rest is below 2^-29 of it). NaN gives a NaN (not canonical).
 */
export function softplus4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let p = f32x4.splat(0.13333333333333333);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.15384615384615385));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.18181818181818182));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.2222222222222222));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.2857142857142857));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.4));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.6666666666666666));
  const rest = f32x4.add(f32x4.add(s, s), f32x4.mul(s, f32x4.mul(z, p)));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), rest);
}
