import { canonical4 } from '../canonical';

/**
 * A row times a matrix, added to a row: to[j] = from[j] + sum over p of h[p] * r[p, j], the products added for p = 0, 1, ... in order,
 * each rounded before. `columns` is a multiple of 4; `stride` is the bytes of a row of r. `to` may be `from`.
 */
export function addProduct(
  to: usize,
  from: usize,
  h: usize,
  r: usize,
  rows: u32,
  columns: u32,
  stride: usize,
): void {
  const end = h + ((<usize>rows) << 2);
  let j = columns;
  for (; j >= 32; j -= 32) {
    let a0 = v128.load(from);
    let a1 = v128.load(from, 16);
    let a2 = v128.load(from, 32);
    let a3 = v128.load(from, 48);
    let a4 = v128.load(from, 64);
    let a5 = v128.load(from, 80);
    let a6 = v128.load(from, 96);
    let a7 = v128.load(from, 112);
    let q = r;
    for (let p = h; p < end; p += 4) {
      const s = v128.load32_splat(p);
      a0 = f32x4.add(a0, f32x4.mul(s, v128.load(q)));
      a1 = f32x4.add(a1, f32x4.mul(s, v128.load(q, 16)));
      a2 = f32x4.add(a2, f32x4.mul(s, v128.load(q, 32)));
      a3 = f32x4.add(a3, f32x4.mul(s, v128.load(q, 48)));
      a4 = f32x4.add(a4, f32x4.mul(s, v128.load(q, 64)));
      a5 = f32x4.add(a5, f32x4.mul(s, v128.load(q, 80)));
      a6 = f32x4.add(a6, f32x4.mul(s, v128.load(q, 96)));
      a7 = f32x4.add(a7, f32x4.mul(s, v128.load(q, 112)));
      q += stride;
    }
    v128.store(to, canonical4(a0));
    v128.store(to, canonical4(a1), 16);
    v128.store(to, canonical4(a2), 32);
    v128.store(to, canonical4(a3), 48);
    v128.store(to, canonical4(a4), 64);
    v128.store(to, canonical4(a5), 80);
    v128.store(to, canonical4(a6), 96);
    v128.store(to, canonical4(a7), 112);
    from += 128;
    to += 128;
    r += 128;
  }
  for (; j != 0; j -= 4) {
    let a = v128.load(from);
    let q = r;
    for (let p = h; p < end; p += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(p), v128.load(q)));
      q += stride;
    }
    v128.store(to, canonical4(a));
    from += 16;
    to += 16;
    r += 16;
  }
}
