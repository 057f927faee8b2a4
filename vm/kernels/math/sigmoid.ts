import { exp4 } from './exp';

/** 1 / (1 + e^-x) on four lanes: of e = e^-|x| it is 1 / (1 + e) or, below 0, e / (1 + e). NaN gives a NaN (not canonical). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}
