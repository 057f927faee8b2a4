import { finish } from './finish';
import {
  BEGIN,
  BLOCK,
  END,
  FILTERS,
  OUT_FIRST,
  OUT_STRIDE,
  patches,
  rowElements,
  rowPairs,
  rowSum,
} from './patches';
import { FIXED, panelBytes, SCALED, SUMS } from './requantise';

/**
 * Products of packed filters (`pack8`) with the rows of a block. In each vector of filters the low byte of a lane is w + 128 of one
 * column and the high byte w of another, so one multiplication gives low + 256 * high, and another after a shift high; the first
 * without 256 times the second are the products of the low bytes. All of it modulo 2^32, where it is exact.
 *
 * Four rows share every load of filters.
 */
function convolve(
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
  mode: u32,
): void {
  const filters = load<u32>(attributes, FILTERS);
  const elements = rowElements(attributes);
  const rowBytes = (<usize>elements) << 1;
  const pairs = rowPairs(attributes);
  const block = load<u32>(attributes, BLOCK);
  const begin = load<u32>(attributes, BEGIN);
  const end = load<u32>(attributes, END);
  const sums = scratch + rowBytes * block;
  const width: usize = mode == SUMS ? 4 : 1;
  const outStride = (<usize>load<u32>(attributes, OUT_STRIDE)) * width;
  const first = output + (<usize>load<u32>(attributes, OUT_FIRST)) * width;
  const panelSize = panelBytes(mode);
  const filterBytes = (<usize>pairs) << 4;
  for (let start = begin; start < end; start += block) {
    const rows = min<u32>(block, end - start);
    // A block of one row alone is multiplied by itself; otherwise rows come in fours, those that are missing as zeros.
    const whole: u32 = rows == 1 ? 1 : (rows + 3) & ~3;
    patches(scratch, attributes, x, start, rows);
    for (let r: u32 = 0; r < rows; r++) {
      store<i32>(sums + ((<usize>r) << 2), rowSum(scratch + rowBytes * r, elements));
    }
    for (let at = scratch + rowBytes * rows; at < scratch + rowBytes * whole; at += 16) {
      v128.store(at, i32x4.splat(0));
    }
    let panel = columns;
    let filter = w;
    let to = first + outStride * start;
    for (let j: u32 = 0; j < filters; j += 8) {
      const left = filters - j;
      const stop = filter + filterBytes;
      let row = scratch;
      let y = to;
      if (whole == 1) {
        let a = i32x4.splat(0);
        let b = i32x4.splat(0);
        for (let q = filter; q < stop; q += 16) {
          const both = v128.load(q);
          const s = v128.load32_splat(row);
          a = i32x4.add(a, i32x4.dot_i16x8_s(s, both));
          b = i32x4.add(b, i32x4.dot_i16x8_s(s, i16x8.shr_s(both, 8)));
          row += 4;
        }
        finish(y, i32x4.sub(a, i32x4.shl(b, 8)), b, load<i32>(sums), panel, mode, attributes, left);
      }
      for (let r: u32 = 0; r + 3 < whole; r += 4) {
        const row1 = row + rowBytes;
        const row2 = row1 + rowBytes;
        const row3 = row2 + rowBytes;
        let a0 = i32x4.splat(0);
        let b0 = i32x4.splat(0);
        let a1 = i32x4.splat(0);
        let b1 = i32x4.splat(0);
        let a2 = i32x4.splat(0);
        let b2 = i32x4.splat(0);
        let a3 = i32x4.splat(0);
        let b3 = i32x4.splat(0);
        let k: usize = 0;
        for (let q = filter; q < stop; q += 16) {
          const both = v128.load(q);
          const high = i16x8.shr_s(both, 8);
          let s = v128.load32_splat(row + k);
          a0 = i32x4.add(a0, i32x4.dot_i16x8_s(s, both));
          b0 = i32x4.add(b0, i32x4.dot_i16x8_s(s, high));
          s = v128.load32_splat(row1 + k);
          a1 = i32x4.add(a1, i32x4.dot_i16x8_s(s, both));
          b1 = i32x4.add(b1, i32x4.dot_i16x8_s(s, high));
          s = v128.load32_splat(row2 + k);
          a2 = i32x4.add(a2, i32x4.dot_i16x8_s(s, both));
          b2 = i32x4.add(b2, i32x4.dot_i16x8_s(s, high));
          s = v128.load32_splat(row3 + k);
          a3 = i32x4.add(a3, i32x4.dot_i16x8_s(s, both));
          b3 = i32x4.add(b3, i32x4.dot_i16x8_s(s, high));
          k += 4;
        }
        const s = sums + ((<usize>r) << 2);
        const missing = rows - r;
        finish(y, i32x4.sub(a0, i32x4.shl(b0, 8)), b0, load<i32>(s), panel, mode, attributes, left);
        y += outStride;
        if (missing > 1) {
          finish(y, i32x4.sub(a1, i32x4.shl(b1, 8)), b1, load<i32>(s, 4), panel, mode, attributes, left);
        }
        y += outStride;
        if (missing > 2) {
          finish(y, i32x4.sub(a2, i32x4.shl(b2, 8)), b2, load<i32>(s, 8), panel, mode, attributes, left);
        }
        y += outStride;
        if (missing > 3) {
          finish(y, i32x4.sub(a3, i32x4.shl(b3, 8)), b3, load<i32>(s, 12), panel, mode, attributes, left);
        }
        y += outStride;
        row = row3 + rowBytes;
      }
      filter = stop;
      panel += panelSize;
      to += 8 * width;
    }
  }
}

/**
 * Convolution of 8-bit images, channels last, with 8-bit filters: for each output position p and filter f the sum over the taps of
 * (x - zero) * (w - zero of w). A matrix product [m, k] x [k, n] is one over an image of height 1, width m and k channels.
 *
 * Attributes: see patches.ts. Inputs: x [batch, height, width, stride] of 1-byte elements; the filters as `pack8` makes them from
 * [filters, kernel height * kernel width * channels]; the columns' numbers (requantise.ts), which hold the zeros of x and w: the sums
 * of products are of the elements as they are. Output: [batch, out height, out width, out stride], of which positions `begin` to
 * `end` and channels `out first` to `out first + filters` are written; the rest stays.
 *
 * Integer sums have no order. `convSums8` gives them as i32; `convFixed8` as 1-byte elements by TensorFlow Lite's fixed-point
 * multiplication; `convScaled8` by ONNX's QLinearConv: nearest(sum * scale) with ties to even, plus zero, in f32.
 */
export function convSums8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  convolve(output, scratch, attributes, x, w, columns, SUMS);
}

export function convFixed8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  convolve(output, scratch, attributes, x, w, columns, FIXED);
}

export function convScaled8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  convolve(output, scratch, attributes, x, w, columns, SCALED);
}
