import { canonical, canonical4 } from '../canonical';
import { rowSquares, rowSum } from './rows';

/**
 * Layer normalisation (Ba et al. 2016; ONNX LayerNormalization): y[i, j] = ((x[i, j] - mean) * r) * scale[j] + bias[j], where mean and
 * variance are those of row i and r = 1 / sqrt(variance + epsilon).
 *
 * Attributes: rows, columns, epsilon (bits of a f32). Inputs: x f32 [rows, columns], scale f32 [columns], bias f32 [columns].
 * Output: f32 [rows, columns].
 *
 * Order: the sums of x and then of (x - mean)^2 are those of rows.ts, each divided by the number of columns.
 */
export function layerNorm(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scale: usize,
  bias: usize,
): void {
  const columns = load<u32>(attributes, 4);
  const epsilon = load<f32>(attributes, 8);
  const count = <f32>columns;
  for (let rows = load<u32>(attributes); rows != 0; rows--) {
    const mean = rowSum(x, columns) / count;
    const variance = rowSquares(x, columns, mean) / count;
    const r = <f32>1 / sqrt<f32>(variance + epsilon);
    const mean4 = f32x4.splat(mean);
    const r4 = f32x4.splat(r);
    let s = scale;
    let t = bias;
    let j = columns;
    for (; j >= 4; j -= 4) {
      const z = f32x4.mul(f32x4.sub(v128.load(x), mean4), r4);
      v128.store(output, canonical4(f32x4.add(f32x4.mul(z, v128.load(s)), v128.load(t))));
      x += 16;
      s += 16;
      t += 16;
      output += 16;
    }
    for (; j != 0; j--) {
      store<f32>(output, canonical((load<f32>(x) - mean) * r * load<f32>(s) + load<f32>(t)));
      x += 4;
      s += 4;
      t += 4;
      output += 4;
    }
  }
}

/**
 * Root mean square normalisation (Zhang and Sennrich 2019; ONNX RMSNormalization): y[i, j] = (x[i, j] * r) * scale[j] with
 * r = 1 / sqrt(mean of x[i, j]^2 + epsilon), the sum in the order of rows.ts.
 *
 * Attributes: rows, columns, epsilon (bits of a f32). Inputs: x f32 [rows, columns], scale f32 [columns]. Output: f32 [rows, columns].
 */
export function rmsNorm(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scale: usize,
): void {
  const columns = load<u32>(attributes, 4);
  const epsilon = load<f32>(attributes, 8);
  const count = <f32>columns;
  for (let rows = load<u32>(attributes); rows != 0; rows--) {
    const r = <f32>1 / sqrt<f32>(rowSquares(x, columns, 0) / count + epsilon);
    const r4 = f32x4.splat(r);
    let s = scale;
    let j = columns;
    for (; j >= 4; j -= 4) {
      v128.store(output, canonical4(f32x4.mul(f32x4.mul(v128.load(x), r4), v128.load(s))));
      x += 16;
      s += 16;
      output += 16;
    }
    for (; j != 0; j--) {
      store<f32>(output, canonical(load<f32>(x) * r * load<f32>(s)));
      x += 4;
      s += 4;
      output += 4;
    }
  }
}
