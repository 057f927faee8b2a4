/**
 * log(1 + x) on four lanes for x from 0 to 1: 2 artanh s with s = x / (2 + x), its series up to s^13 / 13 (the rest is
 * below 2^-26 of it). NaN gives a NaN (not canonical).
 */
export function log1p4(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(x, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let p = f32x4.splat(0.15384616);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.18181819));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.22222222));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.2857143));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.4));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.6666667));
  return f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(p, z), s));
}
