import { canonical, canonical4 } from '../canonical';

/**
 * One row times a matrix whose rows lie one after the other: y[j] = sum over p of x[p] * w[p, j], from 0 in the order of p, each product
 * rounded before it is added. The matrix is read in its own order, four rows at a time, with sums kept in y.
 *
 * @param step bytes between elements of x
 * @param row bytes between rows of w
 */
export function narrow(y: usize, n: u32, x: usize, step: usize, k: u32, w: usize, row: usize): void {
  const vector = y + ((<usize>(n & ~3)) << 2);
  const end = y + ((<usize>n) << 2);
  const zero = i32x4.splat(0);
  let at = y;
  for (; at != vector; at += 16) v128.store(at, zero);
  for (; at != end; at += 4) store<f32>(at, 0);
  let p: u32 = 0;
  for (; p + 4 <= k; p += 4) {
    const s0 = load<f32>(x);
    const s1 = load<f32>(x + step);
    const s2 = load<f32>(x + 2 * step);
    const s3 = load<f32>(x + 3 * step);
    const v0 = f32x4.splat(s0);
    const v1 = f32x4.splat(s1);
    const v2 = f32x4.splat(s2);
    const v3 = f32x4.splat(s3);
    let q0 = w;
    let q1 = q0 + row;
    let q2 = q1 + row;
    let q3 = q2 + row;
    for (at = y; at != vector; at += 16) {
      let a = f32x4.add(v128.load(at), f32x4.mul(v0, v128.load(q0)));
      a = f32x4.add(a, f32x4.mul(v1, v128.load(q1)));
      a = f32x4.add(a, f32x4.mul(v2, v128.load(q2)));
      a = f32x4.add(a, f32x4.mul(v3, v128.load(q3)));
      v128.store(at, canonical4(a));
      q0 += 16;
      q1 += 16;
      q2 += 16;
      q3 += 16;
    }
    for (; at != end; at += 4) {
      let a = load<f32>(at) + s0 * load<f32>(q0);
      a += s1 * load<f32>(q1);
      a += s2 * load<f32>(q2);
      a += s3 * load<f32>(q3);
      store<f32>(at, canonical(a));
      q0 += 4;
      q1 += 4;
      q2 += 4;
      q3 += 4;
    }
    x += 4 * step;
    w += 4 * row;
  }
  for (; p < k; p++) {
    const s = load<f32>(x);
    const v = f32x4.splat(s);
    let q = w;
    for (at = y; at != vector; at += 16) {
      v128.store(at, canonical4(f32x4.add(v128.load(at), f32x4.mul(v, v128.load(q)))));
      q += 16;
    }
    for (; at != end; at += 4) {
      store<f32>(at, canonical(load<f32>(at) + s * load<f32>(q)));
      q += 4;
    }
    x += step;
    w += row;
  }
}
