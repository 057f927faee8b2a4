/** Operators that take elements by indices. */

import { DTYPES } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import {
  axisOf,
  type Context,
  content,
  input,
  integers,
  type Lowerings,
  number,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { readIntegers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { asIndices, empty, gather, gatherCells, indexTable, isWide, slice, take } from './take.ts';

function gatherNode(c: Context): Tensor {
  const x = input(c, 0);
  return gather(c.b, x, c.b.plain(input(c, 1)), axisOf(c, number(c, 'axis', 0), x.shape.length));
}

/** Refuses indices that are known and outside of -size to size - 1. */
export function checkKnown(b: Builder, indices: Tensor, size: number): void {
  if (!indices.data) return;
  const bad = readIntegers(indices.dtype, indices.data).find((i) => i < -size || i >= size);
  if (bad !== undefined) malformed(`${b.scope}: index ${bad} of an axis of ${size}`);
}

/** Places in a tensor of the shape of `indices`, but `size` along `axis`: the kernel `indexElements`. i32 in the shape of `indices`. */
export function placesAlong(b: Builder, indices: Tensor, axis: number, size: number): Tensor {
  const { shape } = indices;
  checkKnown(b, indices, size);
  const sizes = [count(shape.slice(0, axis)), shape[axis]!, count(shape.slice(axis + 1))];
  const type = { dtype: 'i32', shape } as const;
  return b.call('indexElements', [indices], [...sizes, size, isWide(b, indices)], type);
}

/** Places of tuples of indices, the last axis of `tuples`, in a tensor whose first axes are `sizes`: the kernel `indexTuples`. */
export function placesOf(b: Builder, tuples: Tensor, sizes: readonly number[]): Tensor {
  const shape = tuples.shape.slice(0, -1);
  const attributes = [count(shape), sizes.length, isWide(b, tuples)];
  const type = { dtype: 'i32', shape } as const;
  if (tuples.data) {
    readIntegers(tuples.dtype, tuples.data).forEach((index, i) => {
      const size = sizes[i % sizes.length]!;
      if (index < -size || index >= size)
        malformed(`${b.scope}: index ${index} of an axis of ${size}`);
    });
  }
  return b.call('indexTuples', [tuples, indexTable(b, sizes)], attributes, type);
}

/** y[.., j, ..] = x[.., indices[.., j, ..], ..]: the shape of `indices`, whose other axes may be shorter than x's. */
export function gatherElements(b: Builder, x: Tensor, given: Tensor, axis: number): Tensor {
  const indices = asIndices(b, b.plain(given));
  const { shape } = indices;
  const fits =
    shape.length === x.shape.length && shape.every((size, i) => i === axis || size <= x.shape[i]!);
  if (!fits) malformed(`${b.scope}: ${describe(indices)} along axis ${axis} of ${describe(x)}`);
  const type = { dtype: x.dtype, shape };
  if (count(shape) === 0) return empty(b, type);
  const part = b.plain(shape.reduce((y, size, i) => (i === axis ? y : slice(b, y, i, 0, size)), x));
  if (count(part.shape) === 0) malformed(`${b.scope}: an index of an axis of 0`);
  const places = placesAlong(b, indices, axis, x.shape[axis]!);
  const sizes = { batch: 1, outer: 1, axis: count(part.shape), inner: 1, n: count(shape) };
  return gatherCells(b, part, places, type, sizes);
}

function gatherElementsNode(c: Context): Tensor {
  const x = input(c, 0);
  const axis = axisOf(c, number(c, 'axis', 0), x.shape.length);
  return gatherElements(c.b, x, input(c, 1), axis);
}

function gatherNd(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const tuples = asIndices(b, input(c, 1));
  const batched = number(c, 'batch_dims', 0);
  const k = tuples.shape.at(-1) ?? 0;
  const fail = (): never =>
    malformed(`${where(c)}: ${describe(tuples)} of ${describe(x)}, batch_dims ${batched}`);
  const before = x.shape.slice(0, batched);
  const isBatch =
    batched >= 0 && batched < tuples.shape.length && batched + k <= x.shape.length && k > 0;
  if (!isBatch || before.some((size, i) => tuples.shape[i] !== size)) fail();
  const sizes = x.shape.slice(batched, batched + k);
  const rest = x.shape.slice(batched + k);
  const type = { dtype: x.dtype, shape: [...tuples.shape.slice(0, -1), ...rest] };
  if (count(type.shape) === 0) return empty(b, type);
  if (count(x.shape) === 0) fail();
  return gatherCells(b, x, placesOf(b, tuples, sizes), type, {
    batch: count(before),
    outer: 1,
    axis: count(sizes),
    inner: count(rest),
    n: count(tuples.shape.slice(batched, -1)),
  });
}

function oneHot(c: Context): Tensor {
  const { b } = c;
  const indices = asIndices(b, input(c, 0));
  const values = input(c, 2);
  const [depth = 0] = integers(c, 1) ?? [];
  const rank = indices.shape.length;
  const axis = axisOf(c, number(c, 'axis', -1), rank + 1);
  if (depth < 0 || count(values.shape) !== 2) malformed(`${where(c)}: depth ${depth}`);
  const before = indices.shape.slice(0, axis);
  const behind = indices.shape.slice(axis);
  const type = { dtype: values.dtype, shape: [...before, depth, ...behind] };
  if (count(type.shape) === 0) return empty(b, type);
  const attributes = [count(before), depth, count(behind), isWide(b, indices)];
  return b.call(`oneHot${DTYPES[type.dtype].bytes}`, [indices, values], attributes, type);
}

function reverseSequence(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const lengths = asIndices(b, input(c, 1));
  const time = axisOf(c, number(c, 'time_axis', 0), x.shape.length);
  const batch = axisOf(c, number(c, 'batch_axis', 1), x.shape.length);
  const n = x.shape[time]!;
  const rows = x.shape[batch]!;
  if (time + batch !== 1 || count(lengths.shape) !== rows) {
    malformed(`${where(c)}: ${describe(x)}, batch_axis ${batch}, time_axis ${time}`);
  }
  if (count(x.shape) === 0) return x;
  const order = [batch, time, ...x.shape.map((_, axis) => axis).slice(2)];
  const byRow = b.plain(b.transpose(x, order));
  const type = { dtype: 'i32', shape: [rows, n] } as const;
  const places = b.call('indexReversed', [lengths], [rows, n, isWide(b, lengths)], type);
  const inner = count(x.shape.slice(2));
  const sizes = { batch: rows, outer: 1, axis: n, inner, n };
  return b.transpose(gatherCells(b, byRow, places, byRow, sizes), order);
}

/** Slices whose condition is true, so the condition must be known. */
function compress(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const places = [...content(c, 1)].flatMap((isTaken, i) => (isTaken ? [i] : []));
  const isFlat = c.node.attributes.axis === undefined;
  const from = isFlat ? b.reshape(x, [count(x.shape)]) : x;
  const axis = isFlat ? 0 : axisOf(c, number(c, 'axis'), x.shape.length);
  const size = from.shape[axis]!;
  if (places.some((i) => i >= size)) malformed(`${where(c)}: a condition longer than axis ${axis}`);
  return take(b, from, axis, places);
}

export const GATHERING: Lowerings = {
  Compress: { anyAxes: true, lower: compress },
  Gather: { anyAxes: true, lower: gatherNode },
  GatherElements: gatherElementsNode,
  GatherND: gatherNd,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
};
