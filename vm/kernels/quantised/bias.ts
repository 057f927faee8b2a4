import { PANEL_BIAS } from './requantise';

/**
 * Folds the zeros of a product into the columns' biases: bias - x zero * (sum of w over k - k * w zero), modulo 2^32. The zero of w is
 * minus the column's field ROW (with the 128 of low bytes).
 *
 * Attributes: n, k, flip (as of `pack8`), fields (i32 of a column). Inputs: w [n, k] of 1-byte elements, columns i32 [panels, fields, 8],
 * x zero i32 [1]. Output: columns with these biases.
 */
export function foldZeros8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  w: usize,
  columns: usize,
  zero: usize,
): void {
  const n = load<u32>(attributes);
  const k = load<u32>(attributes, 4);
  const flip = i8x16.splat(<i8>load<u32>(attributes, 8));
  const bytes = (<usize>load<u32>(attributes, 12)) << 5;
  const x = load<i32>(zero);
  for (let panel: u32 = 0; panel < n; panel += 8) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(output + at, v128.load(columns + at));
    for (let j: u32 = 0; j < min<u32>(8, n - panel); j++) {
      let sums = i32x4.splat(0);
      let i: u32 = 0;
      for (; i + 16 <= k; i += 16) {
        const v = v128.xor(v128.load(w + i), flip);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v)));
      }
      let sum =
        i32x4.extract_lane(sums, 0) +
        i32x4.extract_lane(sums, 1) +
        i32x4.extract_lane(sums, 2) +
        i32x4.extract_lane(sums, 3);
      for (; i < k; i++) sum += <i32>i8x16.extract_lane_s(v128.xor(v128.load8_splat(w + i), flip), 0);
      const column = output + ((<usize>j) << 2);
      const wZero = -(load<i32>(column) + (j < 4 ? 128 : 0));
      store<i32>(column, load<i32>(column, PANEL_BIAS) - x * (sum - <i32>k * wZero), PANEL_BIAS);
      w += k;
    }
    columns += bytes;
    output += bytes;
  }
}
