/** Resizing of images and other tensors, one axis after the other. */
import type { Builder } from '../../builder.ts';
import {
  axisOf,
  type Context,
  content,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  optional,
  string,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readNumbers, writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { pad } from './assemble.ts';
import { cutAt } from './axes.ts';
import {
  type Axis,
  checkAxis,
  cubic,
  type Kernel,
  LINEAR,
  MOST_WEIGHTS,
  modeOf,
  NEAREST,
  PLACINGS,
  type WeightOptions,
  weightsAt,
} from './resize-weights.ts';
import { indexTable, take } from './take.ts';

/** Names no element: beyond every axis. */
const ABSENT = 0x7fffffff;

/**
 * y[.., j, ..] = sum of weight * x[.., element, ..] over the weights of j along `axis`, of f32: the kernel `interpolate`, whose sums go
 * by ascending element.
 */
export function interpolate(
  b: Builder,
  x: Tensor,
  axis: number,
  weights: readonly ReadonlyMap<number, number>[],
): Tensor {
  const isSame = (j: number): boolean => weights[j]!.size === 1 && weights[j]!.get(j) === 1;
  const n = weights.length;
  if (n === x.shape[axis] && weights.every((_, j) => isSame(j))) return x;
  const taps = weights.reduce((most, { size }) => Math.max(most, size), 1);
  if (taps * n > MOST_WEIGHTS) unsupported(`${b.scope}: ${taps * n} weights of one axis`);
  const row = (list: readonly number[], rest: number): number[] => [
    ...list,
    ...new Array<number>(taps - list.length).fill(rest),
  ];
  const elements = indexTable(
    b,
    weights.flatMap((map) => row([...map.keys()], ABSENT)),
    [n, taps],
  );
  const values = b.constant(
    { dtype: 'f32', shape: [n, taps] },
    writeNumbers(
      'f32',
      weights.flatMap((map) => row([...map.values()], 0)),
    ),
  );
  const { back, inner, outer, shape, size, stored } = cutAt(b, x, axis);
  const type = { dtype: x.dtype, shape: shape(n) };
  return back(
    b.rows('interpolate', [stored, elements, values], type, outer * n, (begin, end) => [
      ...[outer, size, inner, n, taps],
      ...[begin, end],
    ]),
  );
}

/** All that the modes of a node say, and its axes by number. */
interface Resizing {
  readonly axes: ReadonlyMap<number, Axis>;
  readonly mode: string;
  readonly placing: string;
  readonly nearest: string;
  readonly kernel: Kernel;
  readonly options: WeightOptions;
  /** What is shown where a place lies outside, for `tf_crop_and_resize`. */
  readonly beyond: number | undefined;
}

function resize(c: Context, x: Tensor, how: Resizing): Tensor {
  const { b } = c;
  const place = modeOf(PLACINGS, how.placing, where(c));
  for (const axis of how.axes.values()) checkAxis(axis, how.kernel, how.options, where(c));
  const shape = x.shape.map((size, i) => how.axes.get(i)?.to ?? size);
  if (count(shape) === 0) return b.constant({ dtype: x.dtype, shape }, new Uint8Array());
  const isNearest = how.mode === 'nearest';
  // Axes that shrink most first: the less is left for the others.
  const order = [...how.axes].sort(([, p], [, q]) => p.to / p.from - q.to / q.from);
  let y = isNearest ? x : convert(b, x, 'f32');
  const before = shape.map(() => 0);
  const after = shape.map(() => 0);
  for (const [i, axis] of order) {
    const places = Array.from({ length: axis.to }, (_, j) => place(j, axis));
    const isShown = (at: number): boolean =>
      how.beyond === undefined || (at >= 0 && at <= axis.from - 1);
    const shown = places.filter(isShown);
    // What is shown lies together, since places ascend or descend.
    before[i] = shown.length === 0 ? axis.to : places.findIndex(isShown);
    after[i] = axis.to - shown.length - before[i]!;
    if (shown.length === 0) continue;
    if (isNearest) {
      const pick = modeOf(NEAREST, how.nearest, where(c));
      const elements = shown.map((at) =>
        Math.max(0, Math.min(axis.from - 1, pick(at, axis.scale < 1))),
      );
      y = take(b, y, i, elements);
    } else {
      const weights = shown.map((at) => weightsAt(at, axis, how.kernel, how.options));
      y = interpolate(b, y, i, weights);
    }
  }
  if (how.beyond !== undefined) {
    const value = writeNumbers(y.dtype, [how.beyond]);
    y = before.some((n, i) => n === shape[i])
      ? pad(
          b,
          takeNothing(b, y),
          before.map(() => 0),
          shape,
          value,
        )
      : pad(b, y, before, after, value);
  }
  return convert(b, y, x.dtype);
}

/** A tensor without elements, to be padded. */
const takeNothing = (b: Builder, x: Tensor): Tensor =>
  b.constant({ dtype: x.dtype, shape: x.shape.map(() => 0) }, new Uint8Array());

/** Numbers of a float input that decides shapes; undefined if it is left out or empty. */
function floats(c: Context, i: number): number[] | undefined {
  const tensor = optional(c, i);
  if (!tensor || count(tensor.shape) === 0) return undefined;
  return readNumbers(tensor.dtype, content(c, i));
}

/** Rounds as a binary32 product does, so that 10 * 0.7 is 7. */
const scaled = (size: number, scale: number): number => Math.floor(Math.fround(size * scale));

/** The axes of Resize since opset 11. */
function axesOf(c: Context, x: Tensor): Map<number, Axis> {
  const named = numbers(c, 'axes')?.map((axis) => axisOf(c, axis, x.shape.length));
  const axes = named ?? x.shape.map((_, i) => i);
  const regions = floats(c, 1);
  const scales = floats(c, 2);
  const given = optional(c, 3);
  const sizes = given && count(given.shape) > 0 ? integers(c, 3) : undefined;
  const n = axes.length;
  const isGood = (scales ?? sizes)?.length === n && (!regions || regions.length === 2 * n);
  if (!isGood || (scales && sizes)) {
    malformed(`${where(c)}: ${describe(x)}, scales [${scales ?? ''}], sizes [${sizes ?? ''}]`);
  }
  const region = (i: number) => [regions?.[i] ?? 0, regions?.[n + i] ?? 1] as const;
  const from = axes.map((axis) => x.shape[axis]!);
  const policy = sizes ? string(c, 'keep_aspect_ratio_policy', 'stretch') : 'stretch';
  const ratios = sizes?.map((to, i) => to / from[i]!) ?? [];
  const common =
    policy === 'not_larger'
      ? Math.min(...ratios)
      : policy === 'not_smaller'
        ? Math.max(...ratios)
        : undefined;
  const resized = (i: number): Axis => {
    const base = { from: from[i]!, region: region(i) };
    if (scales) {
      const scale = scales[i]!;
      return { ...base, to: scaled(base.from, scale), scale, isExact: false };
    }
    if (common !== undefined) {
      const to = Math.floor(common * base.from + 0.5);
      return { ...base, to, scale: common, isExact: false };
    }
    return { ...base, to: sizes![i]!, scale: ratios[i]!, isExact: true };
  };
  return new Map(axes.map((axis, i) => [axis, resized(i)]));
}

function resizeNode(c: Context): Tensor {
  const x = input(c, 0);
  const mode = string(c, 'mode', 'nearest');
  const placing = string(c, 'coordinate_transformation_mode', 'half_pixel');
  const isCropped = placing === 'tf_crop_and_resize';
  return resize(c, x, {
    axes: axesOf(c, x),
    mode,
    placing,
    nearest: string(c, 'nearest_mode', 'round_prefer_floor'),
    kernel: kernelOf(c, mode),
    options: {
      excludesOutside: number(c, 'exclude_outside', 0) !== 0,
      antialias: number(c, 'antialias', 0) !== 0,
    },
    beyond: isCropped ? number(c, 'extrapolation_value', 0) : undefined,
  });
}

function kernelOf(c: Context, mode: string): Kernel {
  const kernels = {
    linear: LINEAR,
    cubic: cubic(number(c, 'cubic_coeff_a', -0.75)),
    nearest: LINEAR,
  };
  return modeOf(kernels, mode, where(c));
}

/** Upsample, and Resize as opset 10 has it: from the left corner, scales only. */
function upsample(c: Context): Tensor {
  const x = input(c, 0);
  const scales = c.node.op === 'Upsample' && c.opset < 9 ? numbers(c, 'scales') : floats(c, 1);
  if (scales?.length !== x.shape.length) malformed(`${where(c)}: ${describe(x)} by [${scales}]`);
  const given = string(c, 'mode', 'nearest');
  const mode = given === 'bilinear' || given === 'trilinear' ? 'linear' : given;
  const axes = new Map<number, Axis>(
    scales.map((scale, i) => {
      const from = x.shape[i]!;
      return [i, { from, to: scaled(from, scale), scale, isExact: false, region: [0, 1] }];
    }),
  );
  return resize(c, x, {
    axes,
    mode,
    placing: 'asymmetric',
    nearest: 'simple',
    kernel: kernelOf(c, mode),
    options: { excludesOutside: false, antialias: false },
    beyond: undefined,
  });
}

export const RESIZE: Lowerings = {
  Resize: { anyAxes: true, lower: (c) => (c.opset < 11 ? upsample(c) : resizeNode(c)) },
  Upsample: { anyAxes: true, lower: upsample },
};
