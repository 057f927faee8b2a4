/** Operators that give the same elements another shape, and those that tell a shape. */
import type { Builder } from '../../builder.ts';
import {
  axisOf,
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';

/** Drops axes of size 1, wherever they are stored. */
export function squeeze(b: Builder, x: Tensor, dropped: readonly number[]): Tensor {
  const kept = x.shape.flatMap((_, axis) => (dropped.includes(axis) ? [] : [axis]));
  if (!x.axes)
    return b.reshape(
      x,
      kept.map((axis) => x.shape[axis]!),
    );
  const axes = x.axes.filter((axis) => kept.includes(axis)).map((axis) => kept.indexOf(axis));
  const stored = b.stored(x);
  return b.withAxes({ ...stored, shape: axes.map((axis) => x.shape[kept[axis]!]!) }, axes);
}

/** New axes of size 1 at the places `added` of the result. */
export function unsqueeze(b: Builder, x: Tensor, added: readonly number[]): Tensor {
  const rank = x.shape.length + added.length;
  const old = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !added.includes(axis),
  );
  const shape = new Array<number>(rank).fill(1);
  old.forEach((axis, i) => {
    shape[axis] = x.shape[i]!;
  });
  if (!x.axes) return b.reshape(x, shape);
  const axes = [...added, ...x.axes.map((axis) => old[axis]!)];
  const stored = b.stored(x);
  return b.withAxes({ ...stored, shape: axes.map((axis) => shape[axis]!) }, axes);
}

/** Axes from an attribute up to opset 12, from an input since. */
function axesOf(c: Context, rank: number): number[] | undefined {
  const given = c.opset < 13 ? numbers(c, 'axes') : integers(c, 1);
  const axes = given?.map((axis) => axisOf(c, axis, rank));
  if (axes && new Set(axes).size < axes.length) malformed(`${where(c)}: axes [${given}] repeat`);
  return axes;
}

function reshape(c: Context): Tensor {
  const x = input(c, 0);
  const wanted = c.opset < 5 ? (numbers(c, 'shape') ?? []) : (integers(c, 1) ?? []);
  const keepsZero = number(c, 'allowzero', 0) !== 0;
  const fail = (what: string): never =>
    malformed(`${where(c)}: ${describe(x)} to [${wanted}]: ${what}`);
  const sizes = wanted.map((size, i) => {
    if (size < -1) fail(`${size} is no size`);
    return size === 0 && !keepsZero ? (x.shape[i] ?? fail(`there is no axis ${i}`)) : size;
  });
  const rest = sizes.filter((size) => size !== -1);
  if (rest.length < sizes.length - 1) fail('more than one size is open');
  const all = count(x.shape);
  // An open size is the rest; beside a size of 0 any would do, and 0 is what others take.
  const open = count(rest) === 0 ? 0 : all / count(rest);
  const shape = sizes.map((size) => (size === -1 ? open : size));
  if (count(shape) !== all || !Number.isInteger(open)) fail('it has other elements');
  return c.b.reshape(x, shape);
}

const i64 = (b: Builder, shape: number[], values: number[]): Tensor =>
  b.constant({ dtype: 'i64', shape }, writeNumbers('i64', values));

export const SHAPE: Lowerings = {
  Identity: { anyAxes: true, lower: (c) => [c.inputs[0] ?? malformed(`${where(c)}: no input`)] },

  Transpose: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const rank = x.shape.length;
      const given = numbers(c, 'perm') ?? x.shape.map((_, i) => i).reverse();
      const order = given.map((axis) => axisOf(c, axis, rank));
      if (order.length !== rank || new Set(order).size !== rank) {
        malformed(`${where(c)}: perm [${given.join()}] of rank ${rank}`);
      }
      return c.b.transpose(x, order);
    },
  },

  Reshape: reshape,

  Flatten(c) {
    const x = input(c, 0);
    const rank = x.shape.length;
    const given = number(c, 'axis', 1);
    const axis = given === rank ? rank : axisOf(c, given, rank);
    return c.b.reshape(x, [count(x.shape.slice(0, axis)), count(x.shape.slice(axis))]);
  },

  Squeeze: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const all = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
      const axes = axesOf(c, x.shape.length) ?? all;
      const bad = axes.find((axis) => x.shape[axis] !== 1);
      if (bad !== undefined) malformed(`${where(c)}: axis ${bad} of ${describe(x)} is not 1`);
      return squeeze(c.b, x, axes);
    },
  },

  Unsqueeze: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const given = c.opset < 13 ? numbers(c, 'axes') : integers(c, 1);
      const axes = axesOf(c, x.shape.length + (given?.length ?? 0));
      return unsqueeze(c.b, x, axes ?? malformed(`${where(c)}: no axes`));
    },
  },

  Shape: {
    anyAxes: true,
    lower(c) {
      const { shape } = input(c, 0);
      const rank = shape.length;
      const clamped = (at: number): number => Math.max(0, Math.min(rank, at < 0 ? at + rank : at));
      const sizes = shape.slice(clamped(number(c, 'start', 0)), clamped(number(c, 'end', rank)));
      return i64(c.b, [sizes.length], sizes);
    },
  },

  Size: { anyAxes: true, lower: (c) => i64(c.b, [], [count(input(c, 0).shape)]) },
};
