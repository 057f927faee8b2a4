import { canonical, canonical4 } from '../canonical';

/**
 * A factor and a summand for each channel: y[b, o, c, i] = x[b, o, c, i] * a[b, c] + s[b, c], the product rounded before the sum. Batch
 * normalisation, and instance and group normalisation after `moments` and `coefficients`, with channels first or last.
 *
 * Attributes: batch, outer, channels, inner (u32). Inputs: x f32 [batch, outer, channels, inner], coefficients f32 [2, batch, channels],
 * a then s. Output: f32 like x.
 */
export function scaleShift(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  a: usize,
): void {
  const batch = load<u32>(attributes);
  const outer = load<u32>(attributes, 4);
  const channels = load<u32>(attributes, 8);
  const inner = load<u32>(attributes, 12);
  const row = (<usize>channels) << 2;
  // From a factor to its summand.
  const shift = (<usize>batch) * row;
  for (let b = batch; b != 0; b--) {
    const end = a + row;
    const vector = a + ((<usize>(channels & ~3)) << 2);
    for (let o = outer; o != 0; o--) {
      let p = a;
      if (inner == 1) {
        for (; p < vector; p += 16) {
          v128.store(output, canonical4(f32x4.add(f32x4.mul(v128.load(x), v128.load(p)), v128.load(p + shift))));
          x += 16;
          output += 16;
        }
        for (; p < end; p += 4) {
          store<f32>(output, canonical(load<f32>(x) * load<f32>(p) + load<f32>(p + shift)));
          x += 4;
          output += 4;
        }
      } else {
        for (; p < end; p += 4) {
          const factor = load<f32>(p);
          const summand = load<f32>(p + shift);
          const factor4 = f32x4.splat(factor);
          const summand4 = f32x4.splat(summand);
          let i = inner;
          for (; i >= 4; i -= 4) {
            v128.store(output, canonical4(f32x4.add(f32x4.mul(v128.load(x), factor4), summand4)));
            x += 16;
            output += 16;
          }
          for (; i != 0; i--) {
            store<f32>(output, canonical(load<f32>(x) * factor + summand));
            x += 4;
            output += 4;
          }
        }
      }
    }
    a = end;
  }
}
