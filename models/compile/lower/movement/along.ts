/** Operators that go along an axis: sums up to each element, the largest elements, triangles. */

import { DTYPES, type Dtype } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import {
  axisOf,
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { cutAt } from './axes.ts';
import { gatherElements } from './gathering.ts';
import { empty } from './take.ts';

/** Types in which sums are made; those of integers wrap, so the narrower result is right. */
const SUMMED: Partial<Record<Dtype, Dtype>> = {
  bool: 'i32',
  u8: 'i32',
  u16: 'i32',
  i8: 'i32',
  i16: 'i32',
  u32: 'i32',
  u64: 'i64',
  f16: 'f32',
  bf16: 'f32',
};

function cumSum(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const [given = 0] = integers(c, 1) ?? [];
  const axis = axisOf(c, given, x.shape.length);
  if (count(x.shape) === 0) return x;
  const wide = convert(b, x, SUMMED[x.dtype] ?? x.dtype);
  const { back, inner, outer, size, stored } = cutAt(b, wide, axis);
  const flags = ['exclusive', 'reverse'].map((name) => (number(c, name, 0) === 0 ? 0 : 1));
  const kernel = `cumulativeSum${wide.dtype.toUpperCase()}`;
  const { dtype, shape } = stored;
  const sums = b.call(kernel, [stored], [outer, size, inner, ...flags], { dtype, shape });
  return convert(b, back(sums), x.dtype);
}

/** Types in which elements are compared, for those that have no kernels of their own. */
const COMPARED: Partial<Record<Dtype, Dtype>> = {
  bool: 'i32',
  u8: 'i32',
  u16: 'i32',
  i8: 'i32',
  i16: 'i32',
  u32: 'i64',
  f16: 'f32',
  bf16: 'f32',
};

/**
 * The k largest (or smallest) elements along an axis in order, and their indices; of equal ones the lower index first, NaN above all.
 *
 * @param type of the indices
 */
export function topK(
  b: Builder,
  x: Tensor,
  k: number,
  axis: number,
  isLargest: boolean,
  type: 'i32' | 'i64',
): [values: Tensor, indices: Tensor] {
  const n = x.shape[axis]!;
  if (k < 0 || k > n) malformed(`${b.scope}: the ${k} largest of ${n}`);
  const shape = x.shape.with(axis, k);
  if (count(shape) === 0)
    return [empty(b, { dtype: x.dtype, shape }), empty(b, { dtype: type, shape })];
  const axes = x.shape.map((_, i) => i);
  const order = [...axes.filter((i) => i !== axis), axis];
  const last = b.plain(b.transpose(x, order));
  const compared = convert(b, last, COMPARED[x.dtype] ?? x.dtype);
  const rows = count(last.shape) / n;
  const found = { dtype: type, shape: [...last.shape.slice(0, -1), k] };
  const flags = [isLargest ? 1 : 0, type === 'i64' ? 1 : 0];
  const kernel = `topK${compared.dtype.toUpperCase()}`;
  const indices = b.rows(kernel, [compared], found, rows, (begin, end) => [
    ...[rows, n, k],
    ...flags,
    ...[begin, end],
  ]);
  const values = gatherElements(b, last, indices, axes.length - 1);
  const back = axes.map((i) => order.indexOf(i));
  return [b.transpose(values, back), b.transpose(indices, back)];
}

function topKNode(c: Context): Tensor[] {
  const x = input(c, 0);
  const axis = axisOf(c, number(c, 'axis', -1), x.shape.length);
  const [k = 0] = c.opset < 10 ? [number(c, 'k')] : (integers(c, 1) ?? []);
  return topK(c.b, x, k, axis, number(c, 'largest', 1) !== 0, 'i64');
}

function trilu(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  if (x.shape.length < 2) malformed(`${where(c)}: ${describe(x)} is no matrix`);
  if (count(x.shape) === 0) return x;
  const [given = 0] = integers(c, 1) ?? [];
  const k = Math.max(-rows, Math.min(columns, given)) >>> 0;
  const upper = number(c, 'upper', 1) === 0 ? 0 : 1;
  const batch = count(x.shape) / (rows * columns);
  const { dtype, shape } = x;
  const kernel = `trilu${DTYPES[dtype].bytes}`;
  return b.call(kernel, [x], [batch, rows, columns, k, upper], { dtype, shape });
}

export const ALONG: Lowerings = {
  CumSum: { anyAxes: true, lower: cumSum },
  TopK: { anyAxes: true, lower: topKNode },
  Trilu: trilu,
};
