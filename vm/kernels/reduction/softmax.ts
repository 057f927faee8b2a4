import { canonical, canonical4 } from '../canonical';
import { exp4 } from '../math/exp';

/**
 * y[i, j] = exp(x[i, j] - top) / sum over j of exp(x[i, j] - top), with top the largest value of the row.
 *
 * Attributes: rows, columns (u32; columns >= 1). Input: x f32 [rows, columns]. Output: f32 [rows, columns].
 *
 * Order: the sum runs over j = 0, 1, ... one by one, starting from +0. A row with a NaN or with an infinite top is NaN
 * throughout.
 */
export function softmax(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const rows = load<u32>(attributes);
  const columns = load<u32>(attributes, 4);
  const row = (<usize>columns) << 2;
  const vector = (<usize>(columns & ~3)) << 2;
  for (let i: u32 = 0; i < rows; i++) {
    let top = load<f32>(x);
    for (let j: usize = 4; j < row; j += 4) top = max<f32>(top, load<f32>(x + j));
    const top4 = f32x4.splat(top);
    let sum: f32 = 0;
    let j: usize = 0;
    for (; j < vector; j += 16) {
      const e = canonical4(exp4(f32x4.sub(v128.load(x + j), top4)));
      v128.store(output + j, e);
      sum += f32x4.extract_lane(e, 0);
      sum += f32x4.extract_lane(e, 1);
      sum += f32x4.extract_lane(e, 2);
      sum += f32x4.extract_lane(e, 3);
    }
    for (; j < row; j += 4) {
      const e = canonical(f32x4.extract_lane(exp4(f32x4.splat(load<f32>(x + j) - top)), 0));
      store<f32>(output + j, e);
      sum += e;
    }
    const sum4 = f32x4.splat(sum);
    for (j = 0; j < vector; j += 16) {
      v128.store(output + j, canonical4(f32x4.div(v128.load(output + j), sum4)));
    }
    for (; j < row; j += 4) {
      store<f32>(output + j, canonical(load<f32>(output + j) / sum));
    }
    x += row;
    output += row;
  }
}
