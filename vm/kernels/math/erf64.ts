import { exp64 } from './exp64';

/** erf(k / 4) for k from 0 to 24. */
const ERF = memory.data<f64>([
  0.0, 0.27632639016823696, 0.5204998778130465, 0.7111556336535151, 0.8427007929497149, 0.9229001282564583,
  0.9661051464753108, 0.9866716712191824, 0.9953222650189527, 0.9985372834133188, 0.999593047982555,
  0.9998993780778803, 0.9999779095030014, 0.9999956972205363, 0.9999992569016276, 0.9999998862727434,
  0.9999999845827421, 0.9999999981494259, 0.9999999998033839, 0.9999999999815149, 0.9999999999984626,
  0.9999999999998869, 0.9999999999999927, 0.9999999999999996, 1.0,
]);

/**
 * The error function in f64: Taylor series at the nearest c = k / 4. Its derivative g(h) = 2 / sqrt(pi) e^-(c + h)^2 satisfies g' = -2 (c + h) g,
 * so its coefficients follow from (i + 1) g[i + 1] = -2 (c g[i] + g[i - 1]); erf(c + h) = erf(c) + sum of g[i] h^(i + 1) / (i + 1), up to
 * h^19 with |h| <= 1 / 8. From 6 on it is 1. The largest error is below 4 ulp.
 */
export function erf64(x: f64): f64 {
  const size = min<f64>(abs<f64>(x), 6);
  const k = nearest(size * 4);
  const c = k * 0.25;
  const h = size - c;
  let before: f64 = 0;
  let term: f64 = 1.1283791670955126 * exp64(-c * c) * h;
  let sum: f64 = term;
  // `term` is g[i] h^(i + 1): the largest is first, so this order loses little.
  for (let i = 1; i < 19; i++) {
    const after = (-2 * h * (c * term + h * before)) / <f64>i;
    before = term;
    term = after;
    sum += term / <f64>(i + 1);
  }
  const y = load<f64>(ERF + ((<usize>(<u32>k)) << 3)) + sum;
  return x < 0 ? -y : select<f64>(x, y, x == 0);
}
