/** TFLite's quantised hard swish, x * relu6(x + 3) / 6 in 16-bit fixed point (reference_ops::HardSwish). */
import { quantiseMultiplier, roundingShift } from './multiplier.ts';

const saturate = (x: number): number => Math.min(Math.max(x, -32768), 32767);

/** Products of 15 fractional bits: rounded (ties up, as floor(x + 1/2) has them), or cut off towards zero. */
const roundedProduct = (a: number, b: number): number =>
  a === -32768 && b === -32768 ? 32767 : Math.floor((a * b + 2 ** 14) / 2 ** 15);
const cutProduct = (a: number, b: number): number =>
  a === -32768 && b === -32768 ? 32767 : Math.trunc((a * b) / 2 ** 15);

/** The upper 16 bits of a multiplier, rounded; kept within 16 bits. */
const upper = (multiplier: number): number =>
  multiplier > 2 ** 31 - 1 - 2 ** 15 ? 32767 : Math.floor((multiplier + 2 ** 15) / 2 ** 16);

/** The function of an element without its zero, in steps of the output's scale. */
export function hardSwish(inputScale: number, outputScale: number): (value: number) => number {
  const fine = Math.fround(inputScale / 128);
  const output = quantiseMultiplier(Math.fround(fine / outputScale));
  const relu = quantiseMultiplier(Math.fround(fine / Math.fround(3 / 32768)));
  const right = Math.max(-output.shift, 0);
  return (value) => {
    const high = value * 128;
    const scaled = roundedProduct(high, upper(output.multiplier));
    let part = high;
    if (relu.shift > 0) part = saturate(part * 2 ** (relu.shift - 1));
    part = roundedProduct(part, upper(relu.multiplier));
    if (relu.shift > 0) part = saturate(part * 2);
    if (relu.shift < 0) part = roundingShift(part, -relu.shift);
    // From [-1, 1] to [0, 1].
    part = (part + 2 ** 15) >> 1;
    return roundingShift(cutProduct(part, scaled), right);
  };
}
