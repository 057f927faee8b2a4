import { canonical4 } from '../canonical';

/**
 * Rows times a matrix: to[i, j] = sum over p of x[i, p] * r[p, j] for `count` rows i and j < columns, a multiple of 4. Each sum starts from +0
 * and adds the products for p = 0, 1, ... in order, each rounded before; four rows at a time are faster and give the same bits. Strides
 * are in bytes.
 */
export function multiplyRows(
  to: usize,
  toStride: usize,
  x: usize,
  xStride: usize,
  count: u32,
  r: usize,
  stride: usize,
  terms: u32,
  columns: u32,
): void {
  for (; count >= 4; count -= 4) {
    fourRows(to, toStride, x, xStride, r, stride, terms, columns);
    to += 4 * toStride;
    x += 4 * xStride;
  }
  for (; count != 0; count--) {
    oneRow(to, x, r, stride, terms, columns);
    to += toStride;
    x += xStride;
  }
}

function fourRows(
  to: usize,
  toStride: usize,
  x: usize,
  xStride: usize,
  r: usize,
  stride: usize,
  terms: u32,
  columns: u32,
): void {
  const end = x + ((<usize>terms) << 2);
  const x1 = xStride;
  const x2 = 2 * xStride;
  const x3 = 3 * xStride;
  const t1 = to + toStride;
  const t2 = t1 + toStride;
  const t3 = t2 + toStride;
  const row = (<usize>columns) << 2;
  let j: usize = 0;
  for (; j + 32 <= row; j += 32) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    let q = r + j;
    for (let p = x; p < end; p += 4) {
      const w0 = v128.load(q);
      const w1 = v128.load(q, 16);
      let s = v128.load32_splat(p);
      a0 = f32x4.add(a0, f32x4.mul(s, w0));
      a1 = f32x4.add(a1, f32x4.mul(s, w1));
      s = v128.load32_splat(p + x1);
      b0 = f32x4.add(b0, f32x4.mul(s, w0));
      b1 = f32x4.add(b1, f32x4.mul(s, w1));
      s = v128.load32_splat(p + x2);
      c0 = f32x4.add(c0, f32x4.mul(s, w0));
      c1 = f32x4.add(c1, f32x4.mul(s, w1));
      s = v128.load32_splat(p + x3);
      d0 = f32x4.add(d0, f32x4.mul(s, w0));
      d1 = f32x4.add(d1, f32x4.mul(s, w1));
      q += stride;
    }
    v128.store(to + j, canonical4(a0));
    v128.store(to + j, canonical4(a1), 16);
    v128.store(t1 + j, canonical4(b0));
    v128.store(t1 + j, canonical4(b1), 16);
    v128.store(t2 + j, canonical4(c0));
    v128.store(t2 + j, canonical4(c1), 16);
    v128.store(t3 + j, canonical4(d0));
    v128.store(t3 + j, canonical4(d1), 16);
  }
  if (j < row) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    let q = r + j;
    for (let p = x; p < end; p += 4) {
      const w = v128.load(q);
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(p), w));
      b = f32x4.add(b, f32x4.mul(v128.load32_splat(p + x1), w));
      c = f32x4.add(c, f32x4.mul(v128.load32_splat(p + x2), w));
      d = f32x4.add(d, f32x4.mul(v128.load32_splat(p + x3), w));
      q += stride;
    }
    v128.store(to + j, canonical4(a));
    v128.store(t1 + j, canonical4(b));
    v128.store(t2 + j, canonical4(c));
    v128.store(t3 + j, canonical4(d));
  }
}

function oneRow(to: usize, x: usize, r: usize, stride: usize, terms: u32, columns: u32): void {
  const end = x + ((<usize>terms) << 2);
  for (let j = columns; j != 0; j -= 4) {
    let a = f32x4.splat(0);
    let q = r;
    for (let p = x; p < end; p += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(p), v128.load(q)));
      q += stride;
    }
    v128.store(to, canonical4(a));
    to += 16;
    r += 16;
  }
}
