/** Operators that cut, join, pad and repeat tensors. */

import { DTYPES } from '../../../graph.ts';
import {
  axisOf,
  type Context,
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
import { writeNumbers } from '../../scalars.ts';
import { describe, type Tensor } from '../../tensor.ts';
import { typeAttribute } from '../cast.ts';
import { bitcast, concat, expand, pad, tile } from './assemble.ts';
import { slice, take, takeRuns } from './take.ts';

/** Inputs from `first` on, all of which must be there. */
const inputsFrom = (c: Context, first: number): Tensor[] =>
  c.inputs.slice(first).map((_, i) => input(c, first + i));

function split(c: Context): Tensor[] {
  const x = input(c, 0);
  const axis = axisOf(c, number(c, 'axis', 0), x.shape.length);
  const size = x.shape[axis]!;
  const given = (c.opset < 13 ? numbers(c, 'split') : integers(c, 1)) ?? undefined;
  const parts = number(c, 'num_outputs', c.node.outputs.length);
  if (parts !== c.node.outputs.length) {
    malformed(`${where(c)}: ${parts} parts for ${c.node.outputs.length} outputs`);
  }
  const chunk = Math.ceil(size / parts);
  if (!given && c.opset < 18 && chunk * parts !== size) {
    malformed(`${where(c)}: axis ${axis} of ${describe(x)} in ${parts} equal parts`);
  }
  const equal = Array.from({ length: parts }, (_, i) =>
    Math.max(0, Math.min(chunk, size - chunk * i)),
  );
  const sizes = given ?? equal;
  const isWhole = sizes.every((part) => part >= 0) && sizes.reduce((x, y) => x + y, 0) === size;
  if (!isWhole) malformed(`${where(c)}: axis ${axis} of ${describe(x)} in parts of ${sizes}`);
  let at = 0;
  return sizes.map((part) => {
    at += part;
    return slice(c.b, x, axis, at - part, at);
  });
}

/** ONNX's bounds: negative ones count from the end, all are clamped to what the step can reach. */
export function sliceBounds(
  start: number,
  end: number,
  step: number,
  size: number,
): { first: number; length: number } {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const clamp = (at: number): number => Math.max(low, Math.min(high, at < 0 ? at + size : at));
  const first = clamp(start);
  // Far below the first element stays before it when walking backwards.
  const last = clamp(end);
  return { first, length: Math.max(0, Math.ceil((last - first) / step)) };
}

function sliceNode(c: Context): Tensor {
  let x = input(c, 0);
  const isAttribute = c.opset < 10;
  const of = (name: string, i: number): readonly number[] | undefined =>
    isAttribute ? numbers(c, name) : integers(c, i);
  const starts = of('starts', 1);
  const ends = of('ends', 2);
  if (!starts || !ends) malformed(`${where(c)}: no starts or ends`);
  const axes = of('axes', 3) ?? starts.map((_, i) => i);
  const steps = (isAttribute ? undefined : integers(c, 4)) ?? starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length)) {
    malformed(`${where(c)}: starts [${starts}], ends [${ends}], axes [${axes}], steps [${steps}]`);
  }
  starts.forEach((start, i) => {
    const axis = axisOf(c, axes[i]!, x.shape.length);
    const step = steps[i]!;
    if (step === 0) malformed(`${where(c)}: a step of 0`);
    const { first, length } = sliceBounds(start, ends[i]!, step, x.shape[axis]!);
    x = takeRuns(c.b, x, axis, [{ first, step, length }]);
  });
  return x;
}

/** Places of a padded axis that a table is made of, at most. */
const MOST_SHOWN = 2 ** 24;

/** For each place of a padded axis, the place of the axis that it shows; undefined modes are refused. */
function shown(c: Context, mode: string, size: number, before: number, after: number): number[] {
  const length = Math.max(0, before + size + after);
  if (length > MOST_SHOWN) unsupported(`${where(c)}: an axis of ${size} padded to ${length}`);
  const period = Math.max(1, 2 * (size - 1));
  const of: Record<string, (at: number) => number> = {
    edge: (at) => Math.max(0, Math.min(size - 1, at)),
    reflect: (at) => {
      const phase = ((at % period) + period) % period;
      return phase < size ? phase : period - phase;
    },
    wrap: (at) => ((at % size) + size) % size,
  };
  const place = Object.hasOwn(of, mode) ? of[mode]! : unsupported(`${where(c)}: mode "${mode}"`);
  return Array.from({ length }, (_, i) => place(i - before));
}

function padNode(c: Context): Tensor {
  let x = input(c, 0);
  const rank = x.shape.length;
  const isAttribute = c.opset < 11;
  const given = isAttribute ? (numbers(c, 'pads') ?? numbers(c, 'paddings')) : integers(c, 1);
  const axes = (c.opset >= 18 ? integers(c, 3) : undefined) ?? x.shape.map((_, i) => i);
  if (!given || given.length !== 2 * axes.length) {
    malformed(`${where(c)}: pads [${given}] for axes [${axes}] of ${describe(x)}`);
  }
  const before = new Array<number>(rank).fill(0);
  const after = [...before];
  axes.forEach((axis, i) => {
    before[axisOf(c, axis, rank)] = given[i]!;
    after[axisOf(c, axis, rank)] = given[axes.length + i]!;
  });
  const mode = string(c, 'mode', 'constant');
  if (mode === 'constant') {
    const zero = writeNumbers(x.dtype, [number(c, 'value', 0)]);
    return pad(c.b, x, before, after, (isAttribute ? undefined : optional(c, 2)) ?? zero);
  }
  x.shape.forEach((size, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return;
    if (size === 0)
      malformed(`${where(c)}: axis ${axis} of ${describe(x)} has nothing to pad with`);
    x = take(c.b, x, axis, shown(c, mode, size, before[axis]!, after[axis]!));
  });
  return x;
}

/** ONNX's two-way broadcast: a size of 1 keeps that of the input. */
function expandNode(c: Context): Tensor {
  const x = input(c, 0);
  const wanted = integers(c, 1) ?? [];
  const rank = Math.max(wanted.length, x.shape.length);
  const padded = (shape: readonly number[]): number[] => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const from = padded(x.shape);
  return expand(
    c.b,
    x,
    padded(wanted).map((size, axis) => (size === 1 ? from[axis]! : size)),
  );
}

function tileNode(c: Context): Tensor {
  const x = input(c, 0);
  let times = integers(c, 1) ?? [];
  if (c.opset < 6) {
    const [axis = 0] = integers(c, 2) ?? [];
    times = x.shape.map((_, i) => (i === axis ? times[0]! : 1));
  }
  const isFit = times.length === x.shape.length && times.every((n) => n >= 0);
  if (!isFit) malformed(`${where(c)}: ${describe(x)} repeated [${times}] times`);
  return tile(c.b, x, times);
}

/** Takes the middle of axes that are too long, and puts zeros around those that are too short. */
function centerCropPad(c: Context): Tensor {
  const x = input(c, 0);
  const sizes = integers(c, 1) ?? [];
  const axes = numbers(c, 'axes') ?? x.shape.map((_, i) => i);
  if (axes.length !== sizes.length) malformed(`${where(c)}: sizes [${sizes}] of axes [${axes}]`);
  const before = x.shape.map(() => 0);
  const after = x.shape.map(() => 0);
  axes.forEach((given, i) => {
    const axis = axisOf(c, given, x.shape.length);
    const more = sizes[i]! - x.shape[axis]!;
    // Half of what is missing or too much, rounded down, is in front.
    before[axis] = Math.sign(more) * Math.floor(Math.abs(more) / 2);
    after[axis] = more - before[axis]!;
  });
  return pad(c.b, x, before, after, new Uint8Array(DTYPES[x.dtype].bytes));
}

export const SLICING: Lowerings = {
  Concat: {
    anyAxes: true,
    lower(c) {
      const all = inputsFrom(c, 0);
      const axis = c.opset < 4 ? number(c, 'axis', 1) : number(c, 'axis');
      return concat(c.b, all, axisOf(c, axis, input(c, 0).shape.length));
    },
  },
  Split: { anyAxes: true, lower: split },
  Slice: { anyAxes: true, lower: sliceNode },
  Pad: { anyAxes: true, lower: padNode },
  BitCast: { anyAxes: true, lower: (c) => bitcast(c.b, input(c, 0), typeAttribute(c, 'to')) },
  CenterCropPad: { anyAxes: true, lower: centerCropPad },
  Expand: expandNode,
  Tile: tileNode,
};
