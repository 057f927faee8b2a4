/** gemmlowp's e^x for x up to 0 in fixed point, from which TFLite's integer softmax is made. */
import { doublingHighMultiply as multiply, roundingShift } from './multiplier.ts';

const ONE = 2 ** 31 - 1;

/** e^a for a from -1/4 to below 0, 31 fractional bits: Taylor's series around -1/8 to the fourth power. */
function onQuarter(a: number): number {
  const x = a + 2 ** 28;
  const x2 = multiply(x, x);
  const x3 = multiply(x2, x);
  const x4 = multiply(x2, x2);
  const third = multiply(roundingShift(x4, 2) + x3, 715827883);
  const tail = roundingShift(third + x2, 1);
  return 1895147668 + multiply(1895147668, x + tail);
}

/** e^(-2^i) for i from -2, 31 fractional bits. */
const POWERS = [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242];

/** e^x with 31 fractional bits, for x up to 0 with 26 of them. */
export function exponential(x: number): number {
  if (x === 0) return ONE;
  const quarter = 2 ** 24;
  // x = -(n quarters) + rest, the rest from -1/4 to below 0.
  const rest = (x & (quarter - 1)) - quarter;
  // 26 fractional bits become 31.
  let result = onQuarter(rest * 2 ** 5);
  const quarters = (rest - x) / quarter;
  POWERS.forEach((power, i) => {
    if (((quarters >> i) & 1) === 1) result = multiply(result, power);
  });
  return result;
}
