import { canonical, canonical4 } from '../canonical';
import { rowSquares, rowSum } from './rows';

/**
 * Mean and (biased) variance of each set of elements along the middle axis: mean = sum of x / n, variance = sum of (x - mean)^2 / n.
 *
 * Attributes: outer, n, inner (u32). Input: x f32 [outer, n, inner]. Output: f32 [2, outer, inner], means then variances.
 *
 * Order: for inner > 1 both sums start from +0 and run in order; for inner = 1 they are those of rows.ts. The variance is taken from
 * differences to the rounded mean, not from the sum of squares, so it is never negative and keeps its digits far from 0.
 */
export function moments(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  const outer = load<u32>(attributes);
  const n = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const stride = (<usize>inner) << 2;
  const count = <f32>n;
  let variances = output + ((<usize>outer * inner) << 2);
  if (inner == 1) {
    for (let o = outer; o != 0; o--) {
      const mean = rowSum(x, n) / count;
      store<f32>(output, canonical(mean));
      store<f32>(variances, canonical(rowSquares(x, n, mean) / count));
      output += 4;
      variances += 4;
      x += (<usize>n) << 2;
    }
    return;
  }
  const count4 = f32x4.splat(count);
  for (let o = outer; o != 0; o--) {
    let i = inner;
    for (; i >= 4; i -= 4) {
      let sum = f32x4.splat(0);
      let p = x;
      for (let j = n; j != 0; j--) {
        sum = f32x4.add(sum, v128.load(p));
        p += stride;
      }
      const mean = f32x4.div(sum, count4);
      let squares = f32x4.splat(0);
      p = x;
      for (let j = n; j != 0; j--) {
        const d = f32x4.sub(v128.load(p), mean);
        squares = f32x4.add(squares, f32x4.mul(d, d));
        p += stride;
      }
      v128.store(output, canonical4(mean));
      v128.store(variances, canonical4(f32x4.div(squares, count4)));
      output += 16;
      variances += 16;
      x += 16;
    }
    for (; i != 0; i--) {
      let sum: f32 = 0;
      let p = x;
      for (let j = n; j != 0; j--) {
        sum += load<f32>(p);
        p += stride;
      }
      const mean = sum / count;
      let squares: f32 = 0;
      p = x;
      for (let j = n; j != 0; j--) {
        const d = load<f32>(p) - mean;
        squares += d * d;
        p += stride;
      }
      store<f32>(output, canonical(mean));
      store<f32>(variances, canonical(squares / count));
      output += 4;
      variances += 4;
      x += 4;
    }
    x += stride * (<usize>n - 1);
  }
}
