/** Reductions: one result for each set of elements along some axes. */
import { DTYPES, type Dtype } from '../../graph.ts';
import { REDUCTIONS } from '../../operators/reduction.ts';
import type { Builder } from '../builder.ts';
import {
  axisOf,
  type Context,
  type Entry,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  optional,
  where,
} from '../context.ts';
import { unsupported } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { binary, isFloat, scalar, unary, widened } from './elementary.ts';

export type Reduction = (typeof REDUCTIONS)[number];

/** What joins the results of `operation` over parts of a set; undefined if nothing does. */
const REST: Partial<Record<Reduction, Reduction>> = {
  sum: 'sum',
  product: 'product',
  max: 'max',
  min: 'min',
  sumOfSquares: 'sum',
  sumOfAbsolutes: 'sum',
  // Parts of a set that are reduced together are of the same size.
  mean: 'mean',
};

const KERNELS: Partial<Record<Dtype, string>> = {
  f32: 'reduce',
  f64: 'reduceF64',
  i32: 'reduceI32',
  u32: 'reduceU32',
  i64: 'reduceI64',
  u64: 'reduceU64',
};

/** Sizes before, of and behind neighbouring axes that are reduced together. */
interface Run {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/** Runs of neighbouring reduced axes of a stored shape, the innermost first; earlier ones are gone when a later one is reduced. */
function runsOf(shape: readonly number[], isReduced: readonly boolean[]): Run[] {
  const runs: Run[] = [];
  let inner = 1;
  let n = 1;
  for (let axis = shape.length - 1; axis >= -1; axis--) {
    const size = shape[axis] ?? 1;
    if (isReduced[axis]) {
      n *= size;
      continue;
    }
    // An axis of one element doesn't separate its neighbours.
    if (axis >= 0 && size === 1) continue;
    if (n > 1) runs.push({ n, inner, outer: count(shape.slice(0, axis + 1)) });
    n = 1;
    inner *= size;
  }
  // Squares are taken even of sets of one element.
  return runs.length > 0 ? runs : [{ outer: count(shape), n: 1, inner: 1 }];
}

/**
 * Reduces over `axes`, which stay with size 1. Takes and gives tensors stored in any order of axes; nothing is moved unless the
 * operation can't be made in parts.
 */
export function reduceOver(
  b: Builder,
  operation: Reduction,
  x: Tensor,
  axes: readonly number[],
): Tensor {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  if (count(x.shape) === 0) return ofNothing(b, operation, { dtype: x.dtype, shape });
  const inner = innerType(operation, x.dtype);
  if (inner !== x.dtype) {
    return convert(b, reduceOver(b, operation, convert(b, x, inner), axes), x.dtype);
  }
  if (operation === 'mean' && !isFloat(x.dtype)) {
    const n = count(axes.map((axis) => x.shape[axis]!));
    return binary(b, 'div', reduceOver(b, 'sum', x, axes), scalar(b, x.dtype, n));
  }
  const kernel = KERNELS[x.dtype] ?? unsupported(`${b.scope}: ${operation} of ${describe(x)}`);
  const order = x.axes ?? x.shape.map((_, axis) => axis);
  let y = b.stored(x);
  const runs = runsOf(
    y.shape,
    order.map((axis) => axes.includes(axis)),
  );
  if (runs.length > 1 && !REST[operation]) {
    const kept = order.filter((axis) => !axes.includes(axis));
    const together = [...kept, ...order.filter((axis) => axes.includes(axis))];
    const moved = b.plain(b.transpose(x, together));
    const reduced = reduceOver(b, operation, moved, together.map((_, i) => i).slice(kept.length));
    return b.transpose(
      reduced,
      order.map((_, axis) => together.indexOf(axis)),
    );
  }
  let next: Reduction = operation;
  for (const { inner, n, outer } of runs) {
    const attributes = [REDUCTIONS.indexOf(next), outer, n, inner];
    const flat = b.reshape(y, [outer, n, inner]);
    y = b.call(kernel, [flat], attributes, { dtype: x.dtype, shape: [outer, inner] });
    next = REST[operation] ?? operation;
  }
  const stored = order.map((axis) => shape[axis]!);
  return b.withAxes(b.reshape(y, stored), x.axes);
}

/** The type in which a reduction is computed: means of integers truncate their exact quotient, norms are those of f64. */
function innerType(operation: Reduction, dtype: Dtype): Dtype {
  if (operation === 'norm' && !isFloat(dtype)) return 'f64';
  if (operation === 'mean' && !isFloat(dtype)) return dtype === 'u64' ? dtype : 'i64';
  return widened(dtype);
}

const NOTHING: Readonly<Record<Reduction, number>> = {
  sum: 0,
  sumOfSquares: 0,
  sumOfAbsolutes: 0,
  norm: 0,
  product: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
  mean: Number.NaN,
};

/** Results of sets without elements. */
function ofNothing(
  b: Builder,
  operation: Reduction,
  type: { dtype: Dtype; shape: readonly number[] },
): Tensor {
  const value = NOTHING[operation];
  const size = count(type.shape);
  if (size > 0 && !isFloat(type.dtype) && !Number.isFinite(value)) {
    unsupported(`${b.scope}: the ${operation} of no elements of type ${type.dtype}`);
  }
  if (size * DTYPES[type.dtype].bytes > 2 ** 26) unsupported(`${b.scope}: ${describe(type)}`);
  return b.constant(type, writeNumbers(type.dtype, new Array<number>(size).fill(value)));
}

/** A tensor without its axes of size 1 that are among `axes`. */
export function dropAxes(b: Builder, x: Tensor, axes: readonly number[]): Tensor {
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  if (!x.axes) return b.reshape(x, shape);
  const kept = x.axes.filter((axis) => !axes.includes(axis));
  const stored = b.reshape(
    b.stored(x),
    kept.map((axis) => x.shape[axis]!),
  );
  const rank = (axis: number): number => kept.filter((other) => other < axis).length;
  return b.withAxes(
    stored,
    kept.map((axis) => rank(axis)),
  );
}

/** Axes of a reduction: an input or an attribute; undefined if it is to do nothing. */
function axesOf(c: Context, rank: number): number[] | undefined {
  const given = optional(c, 1) ? integers(c, 1) : numbers(c, 'axes');
  if (given && given.length > 0) return given.map((axis) => axisOf(c, axis, rank));
  if (number(c, 'noop_with_empty_axes', 0) !== 0) return undefined;
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Lowers a reduction whose result `reduced` makes of the input and the axes, which stay with size 1. */
function reduction(reduced: (c: Context, x: Tensor, axes: readonly number[]) => Tensor): Entry {
  return {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const axes = axesOf(c, x.shape.length);
      if (!axes) return x;
      const y = reduced(c, x, axes);
      return number(c, 'keepdims', 1) !== 0 ? y : dropAxes(c.b, y, axes);
    },
  };
}

const simple = (operation: Reduction): Entry =>
  reduction((c, x, axes) => reduceOver(c.b, operation, x, axes));

const ARGUMENTS: Partial<Record<Dtype, string>> = {
  f32: 'argExtreme',
  f64: 'argExtremeF64',
  i32: 'argExtremeI32',
  i64: 'argExtremeI64',
};

/** Largest f32: what stands in for an infinite largest element, whose difference to itself would be no number. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** log of the sum of e^x, from differences to the largest element. */
function logSumExp(b: Builder, given: Tensor, axes: readonly number[]): Tensor {
  const x = isFloat(given.dtype) ? given : convert(b, given, 'f64');
  const largest = reduceOver(b, 'max', x, axes);
  const bounded = binary(b, 'min', largest, scalar(b, x.dtype, LARGEST));
  const top = binary(b, 'max', bounded, scalar(b, x.dtype, -LARGEST));
  const sum = reduceOver(b, 'sum', unary(b, 'exp', binary(b, 'sub', x, top)), axes);
  return convert(b, binary(b, 'add', unary(b, 'log', sum), top), given.dtype);
}

/** log of the sum. */
function logSum(b: Builder, given: Tensor, axes: readonly number[]): Tensor {
  const x = isFloat(given.dtype) ? given : convert(b, given, 'f64');
  return convert(b, unary(b, 'log', reduceOver(b, 'sum', x, axes)), given.dtype);
}

/** A type with a kernel that holds all values of another in their order. */
const comparedAs = (dtype: Dtype): Dtype => (widened(dtype) === 'u32' ? 'i64' : widened(dtype));

function argument(smallest: 0 | 1): Entry {
  return {
    anyAxes: true,
    lower(c) {
      const { b } = c;
      const given = input(c, 0);
      const x = convert(b, given, comparedAs(given.dtype));
      const axis = axisOf(c, number(c, 'axis', 0), x.shape.length);
      const last = number(c, 'select_last_index', 0) !== 0 ? 1 : 0;
      const kernel = ARGUMENTS[x.dtype] ?? unsupported(`${where(c)}: ${describe(x)}`);
      if (x.shape[axis] === 0) unsupported(`${where(c)}: axis ${axis} of ${describe(x)} is empty`);
      const order = x.axes ?? x.shape.map((_, i) => i);
      const stored = b.stored(x);
      const at = order.indexOf(axis);
      const outer = count(stored.shape.slice(0, at));
      const inner = count(stored.shape.slice(at + 1));
      const shape = stored.shape.with(at, 1);
      const n = x.shape[axis]!;
      const y = b.call(kernel, [stored], [outer, n, inner, smallest, last], {
        dtype: 'i64',
        shape,
      });
      const result = b.withAxes(y, x.axes);
      return number(c, 'keepdims', 1) !== 0 ? result : dropAxes(b, result, [axis]);
    },
  };
}

export const REDUCE: Lowerings = {
  ReduceSum: simple('sum'),
  ReduceProd: simple('product'),
  ReduceMax: simple('max'),
  ReduceMin: simple('min'),
  ReduceSumSquare: simple('sumOfSquares'),
  ReduceL1: simple('sumOfAbsolutes'),
  ReduceL2: simple('norm'),
  ReduceMean: simple('mean'),
  ReduceLogSum: reduction((c, x, axes) => logSum(c.b, x, axes)),
  ReduceLogSumExp: reduction((c, x, axes) => logSumExp(c.b, x, axes)),
  ArgMax: argument(0),
  ArgMin: argument(1),
};
