import { canonical4 } from '../canonical';
import { loadLanes, storeRow } from './tile';

/** How many of `columns` lie in the vector that begins at column `first`. */
@inline
function lanes(columns: u32, first: u32): u32 {
  return <u32>min<i32>(max<i32>(<i32>(columns - first), 0), 4);
}

/**
 * One row of a product by up to four panels: what `tile` computes, for rows that come alone. The weights are read once, in four
 * streams.
 *
 * @param panel bytes of a panel
 * @param columns values stored, 1 to 32; where fewer than four panels are left, the streams are the last one's, whose values aren't stored
 */
export function row(
  y: usize,
  columns: u32,
  x: usize,
  taps: usize,
  tapsEnd: usize,
  run: u32,
  w: usize,
  panel: usize,
  bias: usize,
  addend: usize,
  lo: f32,
  hi: f32,
): void {
  let w1 = w;
  let w2 = w;
  let w3 = w;
  let a0 = v128.load(bias);
  let b0 = v128.load(bias, 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  if (columns > 8) {
    w1 = w + panel;
    a1 = v128.load(bias, 32);
    b1 = v128.load(bias, 48);
  }
  if (columns > 16) {
    w2 = w1 + panel;
    a2 = v128.load(bias, 64);
    b2 = v128.load(bias, 80);
  }
  if (columns > 24) {
    w3 = w2 + panel;
    a3 = v128.load(bias, 96);
    b3 = v128.load(bias, 112);
  }
  for (; taps != tapsEnd; taps += 4) {
    let p = x + <usize>load<u32>(taps);
    const end = p + ((<usize>run) << 2);
    for (; p != end; p += 4) {
      const s = v128.load32_splat(p);
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(w)));
      b0 = f32x4.add(b0, f32x4.mul(s, v128.load(w, 16)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(w1)));
      b1 = f32x4.add(b1, f32x4.mul(s, v128.load(w1, 16)));
      a2 = f32x4.add(a2, f32x4.mul(s, v128.load(w2)));
      b2 = f32x4.add(b2, f32x4.mul(s, v128.load(w2, 16)));
      a3 = f32x4.add(a3, f32x4.mul(s, v128.load(w3)));
      b3 = f32x4.add(b3, f32x4.mul(s, v128.load(w3, 16)));
      w += 32;
      w1 += 32;
      w2 += 32;
      w3 += 32;
    }
  }
  if (addend != 0) {
    const r = y + addend;
    a0 = f32x4.add(a0, loadLanes(r, lanes(columns, 0)));
    b0 = f32x4.add(b0, loadLanes(r + 16, lanes(columns, 4)));
    a1 = f32x4.add(a1, loadLanes(r + 32, lanes(columns, 8)));
    b1 = f32x4.add(b1, loadLanes(r + 48, lanes(columns, 12)));
    a2 = f32x4.add(a2, loadLanes(r + 64, lanes(columns, 16)));
    b2 = f32x4.add(b2, loadLanes(r + 80, lanes(columns, 20)));
    a3 = f32x4.add(a3, loadLanes(r + 96, lanes(columns, 24)));
    b3 = f32x4.add(b3, loadLanes(r + 112, lanes(columns, 28)));
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
  storeRow(y, canonical4(a0), canonical4(b0), min<u32>(columns, 8));
  if (columns > 8) storeRow(y + 32, canonical4(a1), canonical4(b1), min<u32>(columns - 8, 8));
  if (columns > 16) storeRow(y + 64, canonical4(a2), canonical4(b2), min<u32>(columns - 16, 8));
  if (columns > 24) storeRow(y + 96, canonical4(a3), canonical4(b3), columns - 24);
}
