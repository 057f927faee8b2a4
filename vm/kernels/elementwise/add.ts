import { canonical, canonical4 } from '../canonical';

/**
 * y[i] = a[i] + b[i].
 *
 * Attributes: n (u32). Inputs: a f32 [n], b f32 [n]. Output: f32 [n].
 */
export function add(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  a: usize,
  b: usize,
): void {
  const n = load<u32>(attributes);
  const end = a + ((<usize>n) << 2);
  const vector = a + ((<usize>(n & ~3)) << 2);
  for (; a < vector; a += 16) {
    v128.store(output, canonical4(f32x4.add(v128.load(a), v128.load(b))));
    b += 16;
    output += 16;
  }
  for (; a < end; a += 4) {
    store<f32>(output, canonical(load<f32>(a) + load<f32>(b)));
    b += 4;
    output += 4;
  }
}
