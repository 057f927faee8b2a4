import { exp64 } from './exp64';
import { log1p64, log64 } from './log64';

/** Taylor series of the hyperbolic sine up to x^19, for |x| <= 1: the rest is below 2^-65. */
@inline
function small(x: f64): f64 {
  const z = x * x;
  let p: f64 = 8.22063524662433e-18;
  p = p * z + 2.8114572543455206e-15;
  p = p * z + 7.647163731819816e-13;
  p = p * z + 1.6059043836821613e-10;
  p = p * z + 2.505210838544172e-8;
  p = p * z + 2.7557319223985893e-6;
  p = p * z + 0.0001984126984126984;
  p = p * z + 0.008333333333333333;
  p = p * z + 0.16666666666666666;
  return x + x * z * p;
}

@inline
function signed(size: f64, x: f64): f64 {
  return x < 0 ? -size : select<f64>(x, size, x == 0);
}

/** (e^x - e^-x) / 2, from |x| = 709 on as a product: the largest error in f64 is below 2 ulp (there: 800). */
export function sinh64(x: f64): f64 {
  const size = abs<f64>(x);
  if (size < 1) return small(x);
  const isHuge = size > 709;
  const e = exp64(isHuge ? size * 0.5 : size);
  return signed(isHuge ? e * 0.5 * e : (e - 1 / e) * 0.5, x);
}

/** (e^x + e^-x) / 2: as sinh64. */
export function cosh64(x: f64): f64 {
  const size = abs<f64>(x);
  const isHuge = size > 709;
  const e = exp64(isHuge ? size * 0.5 : size);
  return isHuge ? e * 0.5 * e : (e + 1 / e) * 0.5;
}

/** sinh / sqrt(1 + sinh^2) below 1, 1 - 2 / (e^2x + 1) above: below 3 ulp. */
export function tanh64(x: f64): f64 {
  const size = abs<f64>(x);
  if (size < 1) {
    const s = small(x);
    return s / sqrt<f64>(1 + s * s);
  }
  return signed(1 - 2 / (exp64(2 * size) + 1), x);
}

/** From here on the 1 in x^2 + 1 is lost. */
const HUGE: f64 = 268435456;
const LN2: f64 = 0.6931471805599453;

/** log(x + sqrt(x^2 + 1)), without cancellation: below 4 ulp. */
export function asinh64(x: f64): f64 {
  const a = abs<f64>(x);
  if (a > HUGE) return signed(log64(a) + LN2, x);
  return signed(log1p64(a + (a * a) / (1 + sqrt<f64>(a * a + 1))), x);
}

/** log(x + sqrt(x^2 - 1)), of t = x - 1: below 4 ulp. Below 1 it is NaN. */
export function acosh64(x: f64): f64 {
  if (!(x >= 1)) return NaN;
  if (x > HUGE) return log64(x) + LN2;
  const t = x - 1;
  return log1p64(t + sqrt<f64>(2 * t + t * t));
}

/** log((1 + x) / (1 - x)) / 2: below 4 ulp. Beyond 1 it is NaN. */
export function atanh64(x: f64): f64 {
  const a = abs<f64>(x);
  return signed(0.5 * log1p64((2 * a) / (1 - a)), x);
}

/** log(1 + e^x), without overflow: below 3 ulp. */
export function softplus64(x: f64): f64 {
  return max<f64>(x, 0) + log1p64(exp64(-abs<f64>(x)));
}
