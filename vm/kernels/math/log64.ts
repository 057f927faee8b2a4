import { canonical64 } from '../canonical';
import { LN2_HIGH, LN2_LOW } from './exp64';

/**
 * (f - log(1 + f)) for f from sqrt(1/2) - 1 to sqrt(2) - 1: with s = f / (2 + f), log(1 + f) = 2 artanh s = f - s (f - R), where R is
 * 2 (s^2 / 3 + s^4 / 5 + ...) up to s^20 / 21 (the rest is below 2^-58).
 */
@inline
function rest(f: f64): f64 {
  const s = f / (2 + f);
  const z = s * s;
  let p: f64 = 0.09523809523809523; // 2 / 21
  p = p * z + 0.10526315789473684;
  p = p * z + 0.11764705882352941;
  p = p * z + 0.13333333333333333;
  p = p * z + 0.15384615384615385;
  p = p * z + 0.18181818181818182;
  p = p * z + 0.2222222222222222;
  p = p * z + 0.2857142857142857;
  p = p * z + 0.4;
  p = p * z + 0.6666666666666666; // 2 / 3
  return s * (f - p * z);
}

/**
 * The natural logarithm in f64, of operations that every engine rounds alike: x = 2^k m with m from sqrt(1/2) to sqrt(2), log x =
 * k ln 2 + log m. The largest error is below 1.5 ulp. Below 0 it is NaN, at 0 minus infinity; NaN gives a NaN (not canonical).
 */
export function log64(x: f64): f64 {
  let bits = reinterpret<i64>(canonical64(x));
  let k: i64 = -1023;
  if (bits < 0x0010000000000000) {
    if (x == 0) return -Infinity;
    if (bits < 0) return NaN;
    // A subnormal number.
    bits = reinterpret<i64>(canonical64(x * 18014398509481984.0));
    k = -1077;
  }
  if (bits >= 0x7ff0000000000000) return x;
  // Counting from sqrt(1/2) makes the exponent of m 0 or -1.
  const shifted = bits + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  k += shifted >> 52;
  const m = reinterpret<f64>((shifted & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  const f = m - 1;
  const n = <f64>k;
  return n * LN2_HIGH - (rest(f) - n * LN2_LOW - f);
}

/** log(1 + x), also where 1 + x would lose x. The largest error is below 2 ulp. */
export function log1p64(x: f64): f64 {
  if (x > -0.29 && x < 0.41) return x - rest(x);
  const u = 1 + x;
  // log64 of 0, of negative numbers, infinity and NaN needs no correction.
  if (!(u > 0 && u < Infinity)) return log64(u);
  return log64(u) + (x - (u - 1)) / u;
}
