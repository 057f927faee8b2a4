import { canonical, canonical4 } from '../canonical';

/** Columns of one pass: eight accumulators of four lanes. */
const BLOCK: u32 = 32;

/**
 * Matrix product with bias: y[i, j] = bias[j] + sum over p of x[i, p] * w[p, j].
 *
 * Attributes: m, k, n (u32). Inputs: x f32 [m, k], w f32 [k, n], bias f32 [n]. Output: f32 [m, n].
 *
 * Order: each output starts from its bias and adds the products x[i, p] * w[p, j] for p = 0, 1, ..., k - 1, each
 * product rounded before it is added. Lanes and blocks run across outputs, so they don't change the order.
 */
export function dense(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
): void {
  const m = load<u32>(attributes);
  const k = load<u32>(attributes, 4);
  const n = load<u32>(attributes, 8);
  const row = (<usize>n) << 2;
  const wide = n & ~(BLOCK - 1);
  const vector = n & ~3;
  for (let i: u32 = 0; i < m; i++) {
    const end = x + ((<usize>k) << 2);
    let j: u32 = 0;
    for (; j < wide; j += BLOCK) {
      const column = (<usize>j) << 2;
      const b = bias + column;
      let a0 = v128.load(b);
      let a1 = v128.load(b, 16);
      let a2 = v128.load(b, 32);
      let a3 = v128.load(b, 48);
      let a4 = v128.load(b, 64);
      let a5 = v128.load(b, 80);
      let a6 = v128.load(b, 96);
      let a7 = v128.load(b, 112);
      let q = w + column;
      for (let p = x; p < end; p += 4) {
        const s = v128.load32_splat(p);
        a0 = f32x4.add(a0, f32x4.mul(s, v128.load(q)));
        a1 = f32x4.add(a1, f32x4.mul(s, v128.load(q, 16)));
        a2 = f32x4.add(a2, f32x4.mul(s, v128.load(q, 32)));
        a3 = f32x4.add(a3, f32x4.mul(s, v128.load(q, 48)));
        a4 = f32x4.add(a4, f32x4.mul(s, v128.load(q, 64)));
        a5 = f32x4.add(a5, f32x4.mul(s, v128.load(q, 80)));
        a6 = f32x4.add(a6, f32x4.mul(s, v128.load(q, 96)));
        a7 = f32x4.add(a7, f32x4.mul(s, v128.load(q, 112)));
        q += row;
      }
      const y = output + column;
      v128.store(y, canonical4(a0));
      v128.store(y, canonical4(a1), 16);
      v128.store(y, canonical4(a2), 32);
      v128.store(y, canonical4(a3), 48);
      v128.store(y, canonical4(a4), 64);
      v128.store(y, canonical4(a5), 80);
      v128.store(y, canonical4(a6), 96);
      v128.store(y, canonical4(a7), 112);
    }
    for (; j < vector; j += 4) {
      const column = (<usize>j) << 2;
      let a = v128.load(bias + column);
      let q = w + column;
      for (let p = x; p < end; p += 4) {
        a = f32x4.add(a, f32x4.mul(v128.load32_splat(p), v128.load(q)));
        q += row;
      }
      v128.store(output + column, canonical4(a));
    }
    for (; j < n; j++) {
      const column = (<usize>j) << 2;
      let a = load<f32>(bias + column);
      let q = w + column;
      for (let p = x; p < end; p += 4) {
        a += load<f32>(p) * load<f32>(q);
        q += row;
      }
      store<f32>(output + column, canonical(a));
    }
    x = end;
    output += row;
  }
}
