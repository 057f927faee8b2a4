import { row } from './row';
import { PANEL, TILE, tile } from './tile';

/** Bytes of the copy of a bias that ends within a panel: as many as `row` reads. */
export const BIAS_TAIL: usize = 128;
/** Rows at most that a block has; their offsets take four bytes each. */
export const MOST_ROWS: u32 = 1024;
/** Elements of the rows of a block, about, so that they stay in a second-level cache while all panels pass. */
const BLOCK_ELEMENTS: u32 = 1 << 17;

/** Rows of a block whose sums have `depth` products: a multiple of four. */
export function blockRows(depth: u32): u32 {
  return min<u32>(max<u32>((BLOCK_ELEMENTS / depth) & ~(TILE - 1), 32), MOST_ROWS);
}

/** Makes the offsets of `rows` rows, which are there, those of a multiple of four: the last one again. */
export function completeRows(offsets: usize, rows: u32): void {
  let at = offsets + ((<usize>rows) << 2);
  const last = load<u32>(at - 4);
  for (; (rows & (TILE - 1)) != 0; rows++) {
    store<u32>(at, last);
    at += 4;
  }
}

/**
 * A product of some rows with packed weights: y[i, j] = clamp(bias[j] + sum over t, p of x[row i + tap t + p] * w[t, p, j]).
 *
 * @param y its rows are `stride` bytes apart
 * @param n columns
 * @param offsets byte offsets of the rows in x, completed by `completeRows`
 * @param w panels of eight columns [ceil(n / 8), taps * run, 8]; what lies beyond n isn't used
 * @param tail `BIAS_TAIL` bytes of scratch
 * @param addend distance from y to what is added to the finished sums; 0 if nothing is
 */
export function block(
  y: usize,
  stride: usize,
  rows: u32,
  n: u32,
  x: usize,
  offsets: usize,
  taps: usize,
  tapsEnd: usize,
  run: u32,
  w: usize,
  bias: usize,
  tail: usize,
  addend: usize,
  lo: f32,
  hi: f32,
): void {
  const panel = ((tapsEnd - taps) >> 2) * (<usize>run) * ((<usize>PANEL) << 2);
  let j: u32 = 0;
  if (rows == 1) {
    const first = x + <usize>load<u32>(offsets);
    for (; n - j >= 4 * PANEL; j += 4 * PANEL) {
      row(y, 4 * PANEL, first, taps, tapsEnd, run, w, panel, bias, addend, lo, hi);
      y += 128;
      w += 4 * panel;
      bias += 128;
    }
    if (j < n) {
      completeBias(tail, bias, n - j);
      row(y, n - j, first, taps, tapsEnd, run, w, panel, tail, addend, lo, hi);
    }
    return;
  }
  for (; j < n; j += PANEL) {
    const columns = min<u32>(n - j, PANEL);
    if (columns < PANEL) {
      completeBias(tail, bias, columns);
      bias = tail;
    }
    let to = y;
    for (let i: u32 = 0; i < rows; i += TILE) {
      const height = min<u32>(rows - i, TILE);
      const at = offsets + ((<usize>i) << 2);
      tile(to, stride, height, columns, x, at, taps, tapsEnd, run, w, bias, addend, lo, hi);
      to += stride * TILE;
    }
    y += 32;
    w += panel;
    bias += 32;
  }
}

/** 32 values of which the first `count` are the bias and the others 0. */
function completeBias(tail: usize, bias: usize, count: u32): void {
  const zero = i32x4.splat(0);
  for (let at: usize = 0; at < BIAS_TAIL; at += 16) v128.store(tail + at, zero);
  for (let i: u32 = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    store<u32>(tail + at, load<u32>(bias + at));
  }
}
