import { exp4 } from './exp';

/**
 * The scaled complement of the error function, e^(a^2) (1 - erf a), of a >= 0 on four lanes: t p(t) with t = 1 / (1 + 0.3 a), p of degree 8 fitted
 * to it (Lawson's algorithm, relative) up to a = 10.6, where e^(-a^2) ends: off by 2e-8 at most before rounding.
 */
export function erfcx4(a: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(a, f32x4.splat(0.3))));
  let p = f32x4.splat(-0.12955673038959503);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.48574063181877136));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.5126769542694092));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.5482214093208313));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.09503545612096786));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.21511033177375793));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.14828546345233917));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.17072393000125885));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.16918741166591644));
  return f32x4.mul(t, p);
}

/** erf x on four lanes, for |x| <= 1: x + x p(x^2), p of degree 6 fitted to it likewise, off by 2e-9 of it at most. */
@inline
export function smallErf4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(7.854110299376771e-5);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.0008010275196284056));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.005188337992876768));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.02685381844639778));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.1128358542919159));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.3761262595653534));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.12837916));
  return f32x4.add(x, f32x4.mul(x, p));
}

/** The error function on four lanes: 1 - e^(-a^2) erfcx a with the sign of x from |x| = 1 on. NaN gives a NaN (not canonical). */
export function erf4(x: v128): v128 {
  const a = f32x4.abs(x);
  const one = f32x4.splat(1);
  const complement = f32x4.mul(exp4(f32x4.neg(f32x4.mul(a, a))), erfcx4(a));
  const large = f32x4.sub(one, complement);
  const signed = v128.bitselect(f32x4.neg(large), large, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(smallErf4(x), signed, f32x4.lt(a, one));
}
