/** Operators that put elements at places that indices name. */

import { DTYPES, type Dtype } from '../../../graph.ts';
import { OPERATORS } from '../../../operators/index.ts';
import { type Builder, costOf, type Part } from '../../builder.ts';
import {
  axisOf,
  type Context,
  input,
  type Lowerings,
  number,
  string,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { count, describe, stridesOf, type Tensor, type TensorType } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { placesAlong, placesOf } from './gathering.ts';
import { asIndices, slice } from './take.ts';

/** Ways of joining what is put at a place to what is there, as attribute of the kernels. */
const REDUCTIONS = ['add', 'mul', 'min', 'max'];

/** Types in which elements are joined, for those that have no kernels of their own. */
const WIDER: Partial<Record<Dtype, Dtype>> = {
  bool: 'i32',
  u8: 'i32',
  u16: 'i32',
  i8: 'i32',
  i16: 'i32',
  u32: 'i64',
  u64: 'i64',
  f16: 'f32',
  bf16: 'f32',
};

/** The parts that fill a tensor with another one of its type. */
function copyOf(b: Builder, x: Tensor): Part[] {
  const n = [count(x.shape)];
  return b.boxes(x, { dtype: x.dtype, shape: n }, { size: n, from: [1], to: [1] });
}

/**
 * `x` with rows of `updates` put at the places of cells of `inner` elements, in their order.
 *
 * @param reduction `none`: the last one at a place stays; `add`, `mul`, `min`, `max`: they are joined to what is there
 */
export function scatterCells(
  b: Builder,
  x: Tensor,
  places: Tensor,
  updates: Tensor,
  inner: number,
  reduction: string,
): Tensor {
  const { dtype, shape } = x;
  const op = REDUCTIONS.indexOf(reduction);
  if (op < 0 && reduction !== 'none') unsupported(`${b.scope}: reduction "${reduction}"`);
  const wide = WIDER[dtype];
  if (op >= 0 && wide) {
    if (dtype === 'u64' && op > 1) unsupported(`${b.scope}: reduction "${reduction}" of u64`);
    const wider = scatterCells(
      b,
      convert(b, x, wide),
      places,
      convert(b, updates, wide),
      inner,
      reduction,
    );
    return convert(b, wider, dtype);
  }
  const n = count(places.shape);
  if (n === 0 || inner === 0) return x;
  const cells = count(shape) / inner;
  const kernel = op < 0 ? `scatter${DTYPES[dtype].bytes}` : `scatter${dtype.toUpperCase()}`;
  const attributes = (begin: number, end: number): number[] => [
    ...[n, cells, inner],
    ...(op < 0 ? [] : [op]),
    ...[begin, end],
  ];
  const cost = costOf(OPERATORS.get(kernel)!, attributes(0, n));
  const calls = Math.min(n, Math.max(1, Math.ceil(cost / b.limit)));
  const cut = (i: number): number => Math.floor((i * n) / calls);
  const parts = Array.from({ length: calls }, (_, i) => ({
    kernel,
    inputs: [places, updates],
    attributes: attributes(cut(i), cut(i + 1)),
  }));
  return b.assemble({ dtype, shape }, [...copyOf(b, x), ...parts]);
}

/** `x` with elements of `updates` put along an axis where `indices`, of the same shape, name. */
export function scatterElements(
  b: Builder,
  x: Tensor,
  given: Tensor,
  updates: Tensor,
  axis: number,
  reduction: string,
): Tensor {
  const indices = asIndices(b, given);
  const { shape } = indices;
  const fits =
    shape.length === x.shape.length &&
    count(updates.shape) === count(shape) &&
    updates.dtype === x.dtype &&
    shape.every((size, i) => i === axis || size <= x.shape[i]!);
  if (!fits)
    malformed(`${b.scope}: ${describe(updates)} at ${describe(indices)} of ${describe(x)}`);
  if (count(shape) === 0) return x;
  // What the indices can reach: a corner of the tensor.
  const corner = shape.reduce((y, size, i) => (i === axis ? y : slice(b, y, i, 0, size)), x);
  if (count(corner.shape) === 0) malformed(`${b.scope}: an index of an axis of 0`);
  const places = placesAlong(b, indices, axis, x.shape[axis]!);
  const joined = scatterCells(b, corner, places, updates, 1, reduction);
  if (corner === x) return joined;
  const type: TensorType = { dtype: x.dtype, shape: x.shape };
  const box = {
    size: corner.shape,
    from: stridesOf(corner.shape),
    to: stridesOf(x.shape),
  };
  return b.assemble(type, [...copyOf(b, x), ...b.boxes(joined, type, box)]);
}

function scatterElementsNode(c: Context): Tensor {
  const x = input(c, 0);
  const axis = axisOf(c, number(c, 'axis', 0), x.shape.length);
  return scatterElements(c.b, x, input(c, 1), input(c, 2), axis, string(c, 'reduction', 'none'));
}

function scatterNd(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const tuples = asIndices(b, input(c, 1));
  const updates = input(c, 2);
  const k = tuples.shape.at(-1) ?? 0;
  const inner = count(x.shape.slice(k));
  const n = count(tuples.shape.slice(0, -1));
  const fits = k > 0 && k <= x.shape.length && count(updates.shape) === n * inner;
  if (!fits || updates.dtype !== x.dtype) {
    malformed(`${where(c)}: ${describe(updates)} at ${describe(tuples)} of ${describe(x)}`);
  }
  if (count(updates.shape) === 0 || count(x.shape) === 0) return x;
  const places = placesOf(b, tuples, x.shape.slice(0, k));
  return scatterCells(b, x, places, updates, inner, string(c, 'reduction', 'none'));
}

export const SCATTERING: Lowerings = {
  Scatter: scatterElementsNode,
  ScatterElements: scatterElementsNode,
  ScatterND: scatterNd,
};
