/** The error function in double precision, by other means than the kernels: a series whose terms are all positive, and a continued fraction. */

/** 2 / sqrt(pi). */
const SCALE = 1.1283791670955126;

/** erf x = 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n + 1) / (1 * 3 * ... * (2n + 1)) (Abramowitz and Stegun, 7.1.6). */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17 && n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return SCALE * Math.exp(-x * x) * sum;
}

/** erfc x for x from 2 on: the continued fraction 7.1.14 of the same, from its 60th part down. */
function fraction(x: number): number {
  let rest = x;
  for (let n = 60; n > 0; n--) rest = x + n / 2 / rest;
  // e^(-x^2) with x^2 in two parts: the square of a number of 26 bits is exact.
  const high = Math.fround(x);
  return (Math.exp(-high * high) * Math.exp((high - x) * (high + x)) * (SCALE / 2)) / rest;
}

/** 1 - erf x. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  return x < 2 ? 1 - series(x) : x > 30 ? 0 : fraction(x);
}

/** Exact near 0, where 1 - erfc x would not be. */
export function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  const size = Math.abs(x);
  const value = size < 2 ? series(size) : 1 - erfc(size);
  return x < 0 ? -value : value;
}
