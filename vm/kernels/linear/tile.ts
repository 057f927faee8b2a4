import { canonical4 } from '../canonical';

/** Columns of a panel: two vectors. */
export const PANEL: u32 = 8;
/** Rows of a tile. */
export const TILE: u32 = 4;
const PANEL_BYTES: usize = 32;

@inline
function rowOffset(rows: usize, i: usize): usize {
  return load<u32>(rows + (i << 2));
}

/** The first `count` lanes, 1 to 4. */
export function storeLanes(y: usize, v: v128, count: u32): void {
  if (count >= 4) {
    v128.store(y, v);
    return;
  }
  v128.store32_lane(y, v, 0);
  if (count > 1) v128.store32_lane(y, v, 1, 4);
  if (count > 2) v128.store32_lane(y, v, 2, 8);
}

/** The first `count` lanes, 0 to 4; the others are 0. */
export function loadLanes(x: usize, count: u32): v128 {
  if (count == 4) return v128.load(x);
  let v = i32x4.splat(0);
  if (count > 0) v = v128.load32_lane(x, v, 0);
  if (count > 1) v = v128.load32_lane(x, v, 1, 4);
  if (count > 2) v = v128.load32_lane(x, v, 2, 8);
  return v;
}

/** Stores one row of a tile: its first `columns` values. */
export function storeRow(y: usize, a: v128, b: v128, columns: u32): void {
  if (columns > 4) {
    v128.store(y, a);
    storeLanes(y + 16, b, columns - 4);
  } else {
    storeLanes(y, a, columns);
  }
}

/**
 * A tile of a product, four rows by the eight columns of a panel: y[i, j] = clamp(bias[j] + sum over t, p of
 * x[row i + tap t + p] * w[t, p, j]), summed in the order of t and then p, each product rounded before it is added.
 *
 * @param y address of its first element; rows are `stride` bytes apart; `height` of the four rows and `columns` of the eight columns
 *   are stored
 * @param x the rows begin at x + the four byte offsets at `rows`, and have pieces of `run` elements at the byte offsets `taps` ...
 *   `tapsEnd`
 * @param w panel [taps * run, 8]
 * @param bias eight values
 * @param addend distance from y to what is added to the finished sums; 0 if nothing is
 * @param lo, hi bounds of the result: min(max(y, lo), hi)
 */
export function tile(
  y: usize,
  stride: usize,
  height: u32,
  columns: u32,
  x: usize,
  rows: usize,
  taps: usize,
  tapsEnd: usize,
  run: u32,
  w: usize,
  bias: usize,
  addend: usize,
  lo: f32,
  hi: f32,
): void {
  const x0 = x + rowOffset(rows, 0);
  const x1 = x + rowOffset(rows, 1);
  const x2 = x + rowOffset(rows, 2);
  const x3 = x + rowOffset(rows, 3);
  let a0 = v128.load(bias);
  let b0 = v128.load(bias, 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  for (; taps != tapsEnd; taps += 4) {
    const tap: usize = load<u32>(taps);
    let p0 = x0 + tap;
    let p1 = x1 + tap;
    let p2 = x2 + tap;
    let p3 = x3 + tap;
    const end = p0 + ((<usize>run) << 2);
    const end4 = p0 + ((<usize>(run & ~3)) << 2);
    for (; p0 != end4; p0 += 16) {
      let u = v128.load(w);
      let v = v128.load(w, 16);
      let s = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));

      u = v128.load(w, 32);
      v = v128.load(w, 48);
      s = v128.load32_splat(p0, 4);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1, 4);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2, 4);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3, 4);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));

      u = v128.load(w, 64);
      v = v128.load(w, 80);
      s = v128.load32_splat(p0, 8);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1, 8);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2, 8);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3, 8);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));

      u = v128.load(w, 96);
      v = v128.load(w, 112);
      s = v128.load32_splat(p0, 12);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1, 12);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2, 12);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3, 12);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));
      p1 += 16;
      p2 += 16;
      p3 += 16;
      w += 4 * PANEL_BYTES;
    }
    for (; p0 != end; p0 += 4) {
      const u = v128.load(w);
      const v = v128.load(w, 16);
      let s = v128.load32_splat(p0);
      a0 = f32x4.add(a0, f32x4.mul(s, u));
      b0 = f32x4.add(b0, f32x4.mul(s, v));
      s = v128.load32_splat(p1);
      a1 = f32x4.add(a1, f32x4.mul(s, u));
      b1 = f32x4.add(b1, f32x4.mul(s, v));
      s = v128.load32_splat(p2);
      a2 = f32x4.add(a2, f32x4.mul(s, u));
      b2 = f32x4.add(b2, f32x4.mul(s, v));
      s = v128.load32_splat(p3);
      a3 = f32x4.add(a3, f32x4.mul(s, u));
      b3 = f32x4.add(b3, f32x4.mul(s, v));
      p1 += 4;
      p2 += 4;
      p3 += 4;
      w += PANEL_BYTES;
    }
  }
  if (addend != 0) {
    let r = y + addend;
    const right = max<i32>(<i32>columns - 4, 0);
    const left = min<u32>(columns, 4);
    a0 = f32x4.add(a0, loadLanes(r, left));
    b0 = f32x4.add(b0, loadLanes(r + 16, right));
    if (height > 1) {
      r += stride;
      a1 = f32x4.add(a1, loadLanes(r, left));
      b1 = f32x4.add(b1, loadLanes(r + 16, right));
    }
    if (height > 2) {
      r += stride;
      a2 = f32x4.add(a2, loadLanes(r, left));
      b2 = f32x4.add(b2, loadLanes(r + 16, right));
    }
    if (height > 3) {
      r += stride;
      a3 = f32x4.add(a3, loadLanes(r, left));
      b3 = f32x4.add(b3, loadLanes(r + 16, right));
    }
  }
  if (lo != <f32>-Infinity || hi != <f32>Infinity) {
    const l = f32x4.splat(lo);
    const h = f32x4.splat(hi);
    a0 = f32x4.min(f32x4.max(a0, l), h);
    b0 = f32x4.min(f32x4.max(b0, l), h);
    a1 = f32x4.min(f32x4.max(a1, l), h);
    b1 = f32x4.min(f32x4.max(b1, l), h);
    a2 = f32x4.min(f32x4.max(a2, l), h);
    b2 = f32x4.min(f32x4.max(b2, l), h);
    a3 = f32x4.min(f32x4.max(a3, l), h);
    b3 = f32x4.min(f32x4.max(b3, l), h);
  }
  a0 = canonical4(a0);
  b0 = canonical4(b0);
  a1 = canonical4(a1);
  b1 = canonical4(b1);
  a2 = canonical4(a2);
  b2 = canonical4(b2);
  a3 = canonical4(a3);
  b3 = canonical4(b3);
  if (columns == PANEL && height == TILE) {
    v128.store(y, a0);
    v128.store(y, b0, 16);
    y += stride;
    v128.store(y, a1);
    v128.store(y, b1, 16);
    y += stride;
    v128.store(y, a2);
    v128.store(y, b2, 16);
    y += stride;
    v128.store(y, a3);
    v128.store(y, b3, 16);
    return;
  }
  storeRow(y, a0, b0, columns);
  if (height > 1) storeRow(y + stride, a1, b1, columns);
  if (height > 2) storeRow(y + 2 * stride, a2, b2, columns);
  if (height > 3) storeRow(y + 3 * stride, a3, b3, columns);
}
