import { canonical, canonical4 } from '../canonical';

/**
 * Weighted sums along one axis: y[o, j] = sum over t of weight[j, t] * x[o, index[j, t]], each a row of `inner` elements. An index
 * below 0 or from `axis` on adds nothing. Resizing is a call for each axis.
 *
 * Attributes: outer, axis, inner, n, taps, begin, end (u32): rows of the output, counted through outer and n, that this call writes.
 * Inputs: x f32 [outer, axis, inner], index i32 [n, taps], weight f32 [n, taps]. Output: f32 [outer, n, inner].
 *
 * Order: each sum starts from +0 and adds its products for t = 0, 1, ..., each rounded before it is added.
 */
export function interpolate(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  indices: usize,
  weights: usize,
): void {
  const axis = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const n = load<u32>(attributes, 12);
  const taps = load<u32>(attributes, 16);
  const begin = load<u32>(attributes, 20);
  const end = load<u32>(attributes, 24);
  const row = (<usize>inner) << 2;
  const vector = (<usize>(inner & ~3)) << 2;
  const block = (<usize>axis) * row;
  const table = (<usize>taps) << 2;
  let j = begin % n;
  let from = x + (<usize>(begin / n)) * block;
  let at = (<usize>j) * table;
  let y = output + (<usize>begin) * row;
  for (let r = begin; r < end; r++) {
    const index = indices + at;
    const weight = weights + at;
    if (inner == 1) {
      let sum: f32 = 0;
      for (let t: usize = 0; t < table; t += 4) {
        const place = load<u32>(index + t);
        if (place < axis) sum += load<f32>(weight + t) * load<f32>(from + ((<usize>place) << 2));
      }
      store<f32>(y, canonical(sum));
    } else {
      for (let i: usize = 0; i < vector; i += 16) {
        let sum = f32x4.splat(0);
        for (let t: usize = 0; t < table; t += 4) {
          const place = load<u32>(index + t);
          if (place < axis) {
            const value = v128.load(from + (<usize>place) * row + i);
            sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weight + t), value));
          }
        }
        v128.store(y + i, canonical4(sum));
      }
      for (let i = vector; i < row; i += 4) {
        let sum: f32 = 0;
        for (let t: usize = 0; t < table; t += 4) {
          const place = load<u32>(index + t);
          if (place < axis) sum += load<f32>(weight + t) * load<f32>(from + (<usize>place) * row + i);
        }
        store<f32>(y + i, canonical(sum));
      }
    }
    y += row;
    at += table;
    if (++j == n) {
      j = 0;
      at = 0;
      from += block;
    }
  }
}
