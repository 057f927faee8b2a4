/** Slices, gathers and whatever else takes elements along one axis. */

import { DTYPES } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readIntegers, writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor, type TensorType } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { cutAt } from './axes.ts';

/** Indices `first`, `first + step`, ...: `length` of them. */
export interface Run {
  readonly first: number;
  readonly step: number;
  readonly length: number;
}

/** Runs of constant step that a table of indices is made of; undefined if it takes more than `most`. */
function runsOf(indices: readonly number[], most: number): Run[] | undefined {
  const runs: Run[] = [];
  for (let at = 0; at < indices.length; ) {
    if (runs.length === most) return undefined;
    const first = indices[at]!;
    const step = at + 1 < indices.length ? indices[at + 1]! - first : 1;
    let length = 1;
    while (at + length < indices.length && indices[at + length] === first + step * length) length++;
    runs.push({ first, step, length });
    at += length;
  }
  return runs;
}

/** A tensor without elements. */
export const empty = (b: Builder, type: TensorType): Tensor => b.constant(type, new Uint8Array());

/** Boxes that replace a table of indices at most: each is a call of its own. */
const MOST_RUNS = 4;

export const indexTable = (
  b: Builder,
  indices: readonly number[],
  shape = [indices.length],
): Tensor => b.constant({ dtype: 'i32', shape }, writeNumbers('i32', indices));

/** y[.., i, ..] = x[.., indices[i], ..] along `axis`, for indices from 0 to the axis' size - 1 that are known. */
export function take(b: Builder, x: Tensor, axis: number, indices: readonly number[]): Tensor {
  const runs = runsOf(indices, MOST_RUNS);
  return runs ? takeRuns(b, x, axis, runs) : gatherRows(b, x, indexTable(b, indices), axis);
}

/** Like `take`, for indices that are few runs: a box for each. */
export function takeRuns(b: Builder, x: Tensor, axis: number, runs: readonly Run[]): Tensor {
  const { back, inner, outer, shape, size, stored } = cutAt(b, x, axis);
  const n = runs.reduce((sum, { length }) => sum + length, 0);
  const [{ first = 0, step = 1 } = {}] = runs;
  if (n === size && runs.length === 1 && first === 0 && step === 1) return x;
  const type: TensorType = { dtype: x.dtype, shape: shape(n) };
  if (count(type.shape) === 0) return empty(b, { dtype: x.dtype, shape: x.shape.with(axis, n) });
  let at = 0;
  const parts = runs.flatMap(({ first, length, step }) => {
    at += length;
    return b.boxes(stored, type, {
      size: [outer, length, inner],
      from: [size * inner, step * inner, 1],
      to: [n * inner, inner, 1],
      start: first * inner,
      at: (at - length) * inner,
    });
  });
  return back(b.assemble(type, parts));
}

/** Elements `start`, `start + step`, ... before `end` along `axis`, with 0 <= start and end <= size if step > 0. */
export function slice(
  b: Builder,
  x: Tensor,
  axis: number,
  start: number,
  end: number,
  step = 1,
): Tensor {
  const length = Math.max(0, Math.ceil((end - start) / step));
  return takeRuns(b, x, axis, [{ first: start, step, length }]);
}

/**
 * ONNX's Gather: the result has the shape of the indices in the place of the axis. Indices that are known are checked; others
 * that are outside give zeros when the model runs.
 *
 * @param indices numbers (one axis of them), or a tensor of i32 or i64
 */
export function gather(
  b: Builder,
  x: Tensor,
  indices: readonly number[] | Tensor,
  axis: number,
): Tensor {
  if ('dtype' in indices) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    if (count(shape) === 0) return empty(b, { dtype: x.dtype, shape });
    const flat = asIndices(b, b.reshape(indices, [count(indices.shape)]));
    const rows = flat.data
      ? takeChecked(b, x, axis, readIntegers(flat.dtype, flat.data))
      : gatherRows(b, x, flat, axis);
    return indices.shape.length === 1 ? rows : b.reshape(rows, shape);
  }
  return takeChecked(b, x, axis, indices);
}

/** Like `take`, for indices of a network: from -size to size - 1. */
function takeChecked(b: Builder, x: Tensor, axis: number, indices: readonly number[]): Tensor {
  const size = x.shape[axis]!;
  const outside = indices.find((index) => index < -size || index >= size);
  if (outside !== undefined) malformed(`${b.scope}: index ${outside} of an axis of ${size}`);
  return take(
    b,
    x,
    axis,
    indices.map((index) => (index < 0 ? index + size : index)),
  );
}

/** Indices of any type as the kernels take them: i32 or i64. */
export function asIndices(b: Builder, indices: Tensor): Tensor {
  const { bytes } = DTYPES[indices.dtype];
  if (indices.dtype === 'i64' || indices.dtype === 'i32') return indices;
  const isSmall = bytes < 4 && indices.dtype !== 'f16' && indices.dtype !== 'bf16';
  return convert(b, indices, isSmall ? 'i32' : 'i64');
}

/** Whether a table of indices is of i64; throws if it is of neither i64 nor i32. */
export function isWide(b: Builder, indices: Tensor): 0 | 1 {
  if (indices.dtype !== 'i64' && indices.dtype !== 'i32') {
    unsupported(`${b.scope}: indices of ${describe(indices)}; they must be i32 or i64`);
  }
  return indices.dtype === 'i64' ? 1 : 0;
}

/** The kernel `gather` along an axis: `indices` has one axis. */
export function gatherRows(b: Builder, x: Tensor, indices: Tensor, axis: number): Tensor {
  const { back, inner, outer, shape, size, stored } = cutAt(b, x, axis);
  const n = count(indices.shape);
  const type: TensorType = { dtype: x.dtype, shape: shape(n) };
  if (count(type.shape) === 0) return empty(b, { dtype: x.dtype, shape: x.shape.with(axis, n) });
  if (size === 0) malformed(`${b.scope}: an index of an axis of 0`);
  return back(
    gatherCells(b, stored, b.plain(indices), type, { batch: 1, outer, axis: size, inner, n }),
  );
}

/** The kernel `gather`: x [batch, outer, axis, inner] and indices [batch, n] to [batch, outer, n, inner], whatever their shapes are. */
export function gatherCells(
  b: Builder,
  x: Tensor,
  indices: Tensor,
  type: TensorType,
  sizes: { batch: number; outer: number; axis: number; inner: number; n: number },
): Tensor {
  const { axis, batch, inner, n, outer } = sizes;
  const wide = isWide(b, indices);
  return b.rows(
    `gather${DTYPES[x.dtype].bytes}`,
    [x, indices],
    type,
    batch * outer * n,
    (begin, end) => [batch, outer, axis, inner, n, wide, begin, end],
  );
}
