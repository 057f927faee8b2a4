import { exp4 } from './exp';

/**
 * The hyperbolic tangent on four lanes: below |x| = 0.625 x + x^3 p(x^2), p of degree 4 fitted to it (Lawson's algorithm, relative; off by
 * 5e-9 before rounding), above 1 - 2 / (e^2|x| + 1) with the sign of x. NaN gives a NaN (not canonical).
 */
export function tanh4(x: v128): v128 {
  const a = f32x4.abs(x);
  const one = f32x4.splat(1);
  const e = exp4(f32x4.add(a, a));
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  const signed = v128.bitselect(f32x4.neg(large), large, f32x4.lt(x, f32x4.splat(0)));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-0.005717053078114986);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.020650595426559448));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.053743500262498856));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.13331490755081177));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.3333328366279602));
  const small = f32x4.add(x, f32x4.mul(x, f32x4.mul(z, p)));
  return v128.bitselect(small, signed, f32x4.lt(a, f32x4.splat(0.625)));
}
