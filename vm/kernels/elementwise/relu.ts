import { canonical, canonical4 } from '../canonical';

/**
 * y[i] = max(x[i], 0): -0 gives +0, NaN gives the canonical NaN.
 *
 * Attributes: n (u32). Input: x f32 [n]. Output: f32 [n].
 */
export function relu(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const n = load<u32>(attributes);
  const end = x + ((<usize>n) << 2);
  const vector = x + ((<usize>(n & ~3)) << 2);
  const zero = f32x4.splat(0);
  for (; x < vector; x += 16) {
    v128.store(output, canonical4(f32x4.max(v128.load(x), zero)));
    output += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(output, canonical(max<f32>(load<f32>(x), 0)));
    output += 4;
  }
}
