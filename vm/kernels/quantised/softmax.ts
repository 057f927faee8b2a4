import { doublingHigh, reciprocal, roundingShift } from './fixed';

/** Integer bits of the sum of exponentials. */
const SUM_BITS: i32 = 12;

/**
 * Softmax of rows of 8-bit elements by TensorFlow Lite's fixed-point arithmetic (reference_ops::Softmax): with the exponentials e of
 * the differences from the row's largest element, e / sum of e in units of 1 / 256, the smallest element being 0.
 *
 * Attributes: rows, columns (u32; at most 4095 columns, so that sums stay within 12 integer bits), signed (1: i8, 0: u8).
 * Inputs: x [rows, columns] of 1-byte elements, exponentials i32 [256] by minus the difference, with 31 fractional bits, 0 for what is
 * too far below. Output: as x.
 */
export function softmax8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  exponentials: usize,
): void {
  const rows = load<u32>(attributes);
  const columns = load<u32>(attributes, 4);
  // Both types in one order: i8 with its sign bit flipped.
  const flip: u8 = load<u32>(attributes, 8) != 0 ? 0x80 : 0;
  for (let row: u32 = 0; row < rows; row++) {
    let most: u8 = 0;
    for (let j: u32 = 0; j < columns; j++) most = max<u8>(most, load<u8>(x + j) ^ flip);
    let sum: i32 = 0;
    for (let j: u32 = 0; j < columns; j++) {
      const below = <usize>(most - (load<u8>(x + j) ^ flip));
      sum += roundingShift(load<i32>(exponentials + (below << 2)), SUM_BITS);
    }
    const headroom = clz<i32>(sum);
    const overUnit = SUM_BITS - headroom;
    const scale = reciprocal(<i32>(((<u32>sum) << headroom) - 0x80000000));
    const shift = min<i32>(max<i32>(overUnit + 31 - 8, 0), 31);
    for (let j: u32 = 0; j < columns; j++) {
      const below = <usize>(most - (load<u8>(x + j) ^ flip));
      const part = doublingHigh(scale, load<i32>(exponentials + (below << 2)));
      const value = roundingShift(part, shift);
      store<u8>(output + j, <u8>min<i32>(max<i32>(value, 0), 255) ^ flip);
    }
    x += columns;
    output += columns;
  }
}
