/** Operators whose results are as long as their inputs' contents say: computed when the network is compiled, so these must be known. */

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
  optional,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readNumbers, writeNumbers } from '../../scalars.ts';
import { count, describe, stridesOf, type Tensor } from '../../tensor.ts';
import { take } from './take.ts';

const i64 = (b: Builder, shape: readonly number[], values: readonly number[]): Tensor =>
  b.constant({ dtype: 'i64', shape }, writeNumbers('i64', values));

/** Content of input `i`, as numbers. */
const valuesOf = (c: Context, i: number): number[] => readNumbers(input(c, i).dtype, content(c, i));

function nonZero(c: Context): Tensor {
  const { shape } = input(c, 0);
  const places = valuesOf(c, 0).flatMap((value, i) => (value === 0 ? [] : [i]));
  const coordinates = stridesOf(shape).map((stride, axis) =>
    places.map((place) => Math.floor(place / stride) % shape[axis]!),
  );
  return i64(c.b, [shape.length, places.length], coordinates.flat());
}

/** Content whose elements compare exactly: 64-bit integers stay whole. */
function comparable({ dtype }: Tensor, data: Uint8Array): (number | bigint)[] {
  if (dtype !== 'i64' && dtype !== 'u64') return readNumbers(dtype, data);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const n = data.length / DTYPES[dtype].bytes;
  const read = dtype === 'i64' ? 'getBigInt64' : 'getBigUint64';
  return Array.from({ length: n }, (_, i) => view[read](8 * i, true));
}

/** Elements of which unique ones are looked for, at most. */
const MOST_COMPARED = 2 ** 22;

function unique(c: Context): Tensor[] {
  const { b } = c;
  const given = input(c, 0);
  if (count(given.shape) > MOST_COMPARED) unsupported(`${c.b.scope}: ${describe(given)}`);
  const isFlat = c.node.attributes.axis === undefined;
  const x = isFlat ? b.reshape(given, [count(given.shape)]) : given;
  const axis = isFlat ? 0 : axisOf(c, number(c, 'axis'), x.shape.length);
  const values = comparable(x, content(c, 0));
  const n = x.shape[axis]!;
  const inner = count(x.shape.slice(axis + 1));
  const outer = count(x.shape.slice(0, axis));
  // The elements of each slice, in their order.
  const slices = Array.from({ length: n }, (_, j) =>
    Array.from({ length: outer * inner }, (_, i) => {
      const o = Math.floor(i / inner);
      return values[(o * n + j) * inner + (i % inner)]!;
    }),
  );
  const compare = (i: number, j: number): number => {
    const at = slices[i]!.findIndex((value, k) => value !== slices[j]![k]);
    if (at < 0) return 0;
    return slices[i]![at]! < slices[j]![at]! ? -1 : 1;
  };
  const firsts: number[] = [];
  const counts: number[] = [];
  const inverse = new Array<number>(n);
  const sorted = Array.from({ length: n }, (_, i) => i).sort((i, j) => compare(i, j) || i - j);
  sorted.forEach((j, i) => {
    if (i === 0 || compare(sorted[i - 1]!, j) !== 0) {
      firsts.push(j);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    inverse[j] = firsts.length - 1;
  });
  // Unsorted, they stay in the order in which they come first.
  const order = firsts.map((_, i) => i);
  if (number(c, 'sorted', 1) === 0) order.sort((p, q) => firsts[p]! - firsts[q]!);
  const m = order.length;
  const places = order.map((i) => firsts[i]!);
  const rank = new Array<number>(m);
  order.forEach((old, i) => {
    rank[old] = i;
  });
  return [
    take(b, x, axis, places),
    i64(b, [m], places),
    i64(
      b,
      [n],
      inverse.map((i) => rank[i]!),
    ),
    i64(
      b,
      [m],
      order.map((i) => counts[i]!),
    ),
  ];
}

/** Pairs of boxes that are compared at most. */
const MOST_PAIRS = 2 ** 28;

interface Corners {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

const areaOf = ({ bottom, left, right, top }: Corners): number => (bottom - top) * (right - left);

/** Area that two boxes share, by the area that they cover. */
function overlap(p: Corners, q: Corners): number {
  const height = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
  const width = Math.min(p.right, q.right) - Math.max(p.left, q.left);
  const shared = Math.max(0, height) * Math.max(0, width);
  const covered = areaOf(p) + areaOf(q) - shared;
  return shared > 0 ? shared / covered : 0;
}

/** Boxes of each class by falling score, without those that overlap one that is taken already. */
function nonMaxSuppression(c: Context): Tensor {
  const boxes = input(c, 0);
  const scores = input(c, 1);
  const [batches = 0, n = 0, four] = boxes.shape;
  const [ofBatches, classes = 0, ofBoxes] = scores.shape;
  if (four !== 4 || ofBatches !== batches || ofBoxes !== n) {
    malformed(`${c.b.scope}: boxes ${describe(boxes)}, scores ${describe(scores)}`);
  }
  const corners = valuesOf(c, 0);
  const points = valuesOf(c, 1);
  const [most = 0] = integers(c, 2) ?? [];
  const [threshold = 0] = optional(c, 3) ? valuesOf(c, 3) : [];
  const [least = Number.NEGATIVE_INFINITY] = optional(c, 4) ? valuesOf(c, 4) : [];
  if (batches * classes * n * Math.min(n, most) > MOST_PAIRS)
    unsupported(`${c.b.scope}: ${n} boxes`);
  const isCentre = number(c, 'center_point_box', 0) !== 0;
  const box = (i: number): Corners => {
    const [p = 0, q = 0, r = 0, s = 0] = corners.slice(4 * i, 4 * i + 4);
    if (isCentre) {
      return { left: p - r / 2, top: q - s / 2, right: p + r / 2, bottom: q + s / 2 };
    }
    const [top, bottom] = [Math.min(p, r), Math.max(p, r)];
    return { top, bottom, left: Math.min(q, s), right: Math.max(q, s) };
  };
  const found: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const all = Array.from({ length: n }, (_, i) => box(batch * n + i));
    for (let type = 0; type < classes; type++) {
      const score = (i: number): number => points[(batch * classes + type) * n + i]!;
      const candidates = all.flatMap((_, i) => (score(i) > least ? [i] : []));
      candidates.sort((i, j) => score(j) - score(i) || i - j);
      const taken: number[] = [];
      for (const i of candidates) {
        if (taken.length >= most) break;
        if (taken.every((j) => overlap(all[i]!, all[j]!) <= threshold)) taken.push(i);
      }
      for (const i of taken) found.push(batch, type, i);
    }
  }
  return i64(c.b, [found.length / 3, 3], found);
}

export const SELECT: Lowerings = {
  NonMaxSuppression: nonMaxSuppression,
  NonZero: nonZero,
  Unique: unique,
};
