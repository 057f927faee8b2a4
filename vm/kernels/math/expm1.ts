import { exp4 } from './exp';

/**
 * e^x - 1 on four lanes for x <= 0 (above, it loses digits near 0): between -0.5 and 0 the Taylor series up to x^8, below exp4 minus 1. NaN gives a
 * NaN (not canonical).
 */
export function expm14(x: v128): v128 {
  let p = f32x4.splat(2.48015873015873e-5);
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.0001984126984126984));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.001388888888888889));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.008333333333333333));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.041666666666666664));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.16666666666666666));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.5));
  const small = f32x4.add(x, f32x4.mul(f32x4.mul(x, x), p));
  const large = f32x4.sub(exp4(x), f32x4.splat(1));
  return v128.bitselect(small, large, f32x4.gt(x, f32x4.splat(-0.5)));
}
