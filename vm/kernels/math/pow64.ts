import { exp64 } from './exp64';
import { log64 } from './log64';

/** Exponents up to this are products. */
const PRODUCT: f64 = 32;

/**
 * x^y in f64 with the special cases of IEEE 754's pow. Whole exponents up to 32 by repeated squaring: below 16 ulp, and exact where every
 * product is. All others as e^(y log x), whose error grows with y log x: below 2^-42 of the result.
 */
export function pow64(x: f64, y: f64): f64 {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return NaN;
  const a = abs<f64>(x);
  const count = abs<f64>(y);
  const isWhole = nearest(y) == y;
  // From 2^53 on every number is even; infinity too.
  const isOdd = isWhole && count < 9007199254740992 && (<i64>y & 1) != 0;
  if (x < 0 && !isWhole && x > -Infinity) return NaN;
  const isNegative = isOdd && (x < 0 || (x == 0 && 1 / x < 0));
  let size: f64;
  if (a == 1) {
    size = 1;
  } else {
    size = isWhole && count <= PRODUCT ? product(a, <u32>count) : 0;
    const isProduct = isWhole && count <= PRODUCT && (y > 0 || (size > 1e-300 && size < 1e300));
    if (!isProduct) size = exp64(y * log64(a));
    else if (y < 0) size = 1 / size;
  }
  return isNegative ? -size : size;
}

/** x^n by repeated squaring. */
function product(x: f64, n: u32): f64 {
  let result: f64 = 1;
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) result *= x;
    x *= x;
  }
  return result;
}

/** x^y of integers: it wraps; a negative exponent gives 1 / x^-y towards 0, and 0^-y is 0. */
export function powI64(x: i64, y: i64): i64 {
  if (y < 0) return x == 1 ? 1 : x == -1 ? ((y & 1) != 0 ? -1 : 1) : 0;
  let result: i64 = 1;
  for (; y != 0; y >>= 1) {
    if ((y & 1) != 0) result *= x;
    x *= x;
  }
  return result;
}
