import { canonical, canonical4 } from '../canonical';
import { expBelow4 } from '../math/exp-below';
import { log64 } from '../math/log64';
import { fold4 } from './rows';

/**
 * y[i, j] = e[i, j] / sum over j of e[i, j] with e[i, j] = exp(x[i, j] - top), top the largest value of the row; e is 0 where the difference is
 * below -87.
 *
 * Attributes: rows, columns (u32; columns >= 1). Input: x f32 [rows, columns]. Output: f32 [rows, columns].
 *
 * Order: lane l of four adds the terms of columns l, l + 4, l + 8, ... in order, from +0; the lanes fold as (s0 + s1) + (s2 + s3), and
 * the columns after the last whole four are added to that one by one. A row with a NaN or with an infinite top is NaN throughout.
 */
export function softmax(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  softmaxOf(output, x, load<u32>(attributes), load<u32>(attributes, 4));
}

/**
 * The same for the rows begin ... end - 1 alone; other rows of the output stay as they are.
 *
 * Attributes: rows, columns, begin, end (u32; begin < end <= rows).
 */
export function softmaxRows(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const columns = load<u32>(attributes, 4);
  const begin = load<u32>(attributes, 8);
  const skipped = ((<usize>begin) * columns) << 2;
  softmaxOf(output + skipped, x + skipped, load<u32>(attributes, 12) - begin, columns);
}

/** Largest number of a row, minus infinity if it has none; NaNs don't count. */
export function rowTop(x: usize, columns: u32): f32 {
  const end = x + ((<usize>columns) << 2);
  const vector = x + ((<usize>(columns & ~3)) << 2);
  const wide = x + ((<usize>(columns & ~15)) << 2);
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  // pmax takes its left operand where the right one is no number.
  for (; x < wide; x += 64) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    c = f32x4.pmax(c, v128.load(x, 32));
    d = f32x4.pmax(d, v128.load(x, 48));
  }
  for (; x < vector; x += 16) a = f32x4.pmax(a, v128.load(x));
  for (; x < end; x += 4) a = f32x4.pmax(a, v128.load32_splat(x));
  const top = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
  return max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

function softmaxOf(output: usize, x: usize, rows: u32, columns: u32): void {
  const row = (<usize>columns) << 2;
  const vector = (<usize>(columns & ~3)) << 2;
  const wide = (<usize>(columns & ~7)) << 2;
  for (; rows != 0; rows--) {
    const top4 = f32x4.splat(rowTop(x, columns));
    let sums = f32x4.splat(0);
    let j: usize = 0;
    for (; j < wide; j += 32) {
      const e0 = canonical4(expBelow4(f32x4.sub(v128.load(x + j), top4)));
      const e1 = canonical4(expBelow4(f32x4.sub(v128.load(x + j, 16), top4)));
      v128.store(output + j, e0);
      v128.store(output + j, e1, 16);
      sums = f32x4.add(f32x4.add(sums, e0), e1);
    }
    for (; j < vector; j += 16) {
      const e = canonical4(expBelow4(f32x4.sub(v128.load(x + j), top4)));
      v128.store(output + j, e);
      sums = f32x4.add(sums, e);
    }
    let sum = fold4(sums);
    for (; j < row; j += 4) {
      const e = canonical(f32x4.extract_lane(exp1(v128.load32_splat(x + j), top4), 0));
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

/** e^(x - top): not inlined, for what is left of a row. */
function exp1(x: v128, top: v128): v128 {
  return expBelow4(f32x4.sub(x, top));
}

/**
 * Logarithms of softmax: y[i, j] = (x[i, j] - top) - log(sum over j of e[i, j]), the sum in the order of `softmax`, its logarithm
 * rounded from f64. Attributes, input and output as of `softmaxRows`.
 */
export function logSoftmaxRows(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const columns = load<u32>(attributes, 4);
  const begin = load<u32>(attributes, 8);
  const skipped = ((<usize>begin) * columns) << 2;
  const row = (<usize>columns) << 2;
  const vector = (<usize>(columns & ~3)) << 2;
  const wide = (<usize>(columns & ~7)) << 2;
  x += skipped;
  output += skipped;
  for (let rows = load<u32>(attributes, 12) - begin; rows != 0; rows--) {
    const top = rowTop(x, columns);
    const top4 = f32x4.splat(top);
    let sums = f32x4.splat(0);
    let j: usize = 0;
    for (; j < wide; j += 32) {
      const e0 = expBelow4(f32x4.sub(v128.load(x + j), top4));
      const e1 = expBelow4(f32x4.sub(v128.load(x + j, 16), top4));
      sums = f32x4.add(f32x4.add(sums, e0), e1);
    }
    for (; j < vector; j += 16) {
      sums = f32x4.add(sums, expBelow4(f32x4.sub(v128.load(x + j), top4)));
    }
    let sum = fold4(sums);
    for (; j < row; j += 4) sum += f32x4.extract_lane(exp1(v128.load32_splat(x + j), top4), 0);
    const log = <f32>log64(<f64>sum);
    const log4 = f32x4.splat(log);
    for (j = 0; j < vector; j += 16) {
      v128.store(output + j, canonical4(f32x4.sub(f32x4.sub(v128.load(x + j), top4), log4)));
    }
    for (; j < row; j += 4) store<f32>(output + j, canonical(load<f32>(x + j) - top - log));
    x += row;
    output += row;
  }
}
