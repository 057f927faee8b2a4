/** Geometry of convolutions and pooling: ONNX's attributes over any number of spatial axes, as kernels take them. */
import { type Context, number, numbers, string, where } from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import type { Tensor } from '../tensor.ts';

/** Spatial axes that kernels have. */
const AXES = 3;

export interface Windows {
  /** One number for each spatial axis of the tensor. */
  readonly sizes: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly outputs: readonly number[];
}

/** A list attribute with one number for each of `n` axes. */
export function axesAttribute(
  c: Context,
  name: string,
  n: number,
  fallback: number,
  least: number,
): readonly number[] {
  const values = numbers(c, name) ?? new Array<number>(n).fill(fallback);
  if (values.length !== n) malformed(`${where(c)}: ${name} [${values.join()}] for ${n} axes`);
  const wrong = values.find((value) => !Number.isInteger(value) || value < least);
  if (wrong !== undefined) malformed(`${where(c)}: ${name} [${values.join()}]`);
  return values;
}

/** The sizes of the spatial axes of a tensor whose first two axes are batch and channels. */
export function spatial(c: Context, x: Tensor): readonly number[] {
  const sizes = x.shape.slice(2);
  if (x.shape.length < 3) malformed(`${where(c)}: a tensor of rank ${x.shape.length}`);
  if (sizes.length > AXES) unsupported(`${where(c)}: ${sizes.length} spatial axes`);
  return sizes;
}

/** Windows of a convolution or of pooling, by ONNX's attributes. */
export function windowsOf(
  c: Context,
  sizes: readonly number[],
  window: readonly number[],
): Windows {
  const n = sizes.length;
  const strides = axesAttribute(c, 'strides', n, 1, 1);
  const dilations = axesAttribute(c, 'dilations', n, 1, 1);
  const isCeiled = number(c, 'ceil_mode', 0) !== 0;
  const mode = string(c, 'auto_pad', 'NOTSET');
  const extents = window.map((size, i) => (size - 1) * dilations[i]! + 1);
  let before: readonly number[];
  let after: readonly number[];
  if (mode === 'NOTSET' || mode === '') {
    const pads = axesAttribute(c, 'pads', 2 * n, 0, Number.MIN_SAFE_INTEGER);
    before = pads.slice(0, n);
    after = pads.slice(n);
  } else if (mode === 'VALID') {
    before = sizes.map(() => 0);
    after = before;
  } else if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const total = sizes.map((size, i) => {
      const outputs = Math.ceil(size / strides[i]!);
      return Math.max(0, (outputs - 1) * strides[i]! + extents[i]! - size);
    });
    const lesser = total.map((pads) => Math.floor(pads / 2));
    const greater = total.map((pads) => Math.ceil(pads / 2));
    [before, after] = mode === 'SAME_UPPER' ? [lesser, greater] : [greater, lesser];
  } else {
    malformed(`${where(c)}: auto_pad ${mode}`);
  }
  const outputs = sizes.map((size, i) => {
    const room = size + before[i]! + after[i]! - extents[i]!;
    if (room < 0) malformed(`${where(c)}: a window of ${extents[i]} over ${size} elements`);
    if (!isCeiled) return Math.floor(room / strides[i]!) + 1;
    // The last window begins at an element or in the padding before them, never behind them.
    const most = Math.ceil(room / strides[i]!) + 1;
    return (most - 1) * strides[i]! >= size + before[i]! ? most - 1 : most;
  });
  return { sizes, window, strides, dilations, before, after, outputs };
}

const u32 = (value: number): number => value >>> 0;

/** The attributes of a window that kernels take. */
export function windowAttributes(
  { before, dilations, outputs, sizes, strides, window }: Windows,
  batch: number,
  channels: number,
): number[] {
  const pad = (values: readonly number[], fill: number): number[] => [
    ...new Array<number>(AXES - values.length).fill(fill),
    ...values,
  ];
  return [
    batch,
    ...pad(sizes, 1),
    channels,
    ...pad(outputs, 1),
    ...pad(window, 1),
    ...pad(strides, 1),
    ...pad(dilations, 1),
    ...pad(before, 0).map(u32),
  ];
}

/** Output rows that a call over windows is split by. */
export const rowsOf = ({ outputs }: Windows, batch: number): number =>
  batch * outputs.slice(0, -1).reduce((x, y) => x * y, 1);

/** Each becomes a call, or a tap of a table. */
const MOST_INDICES = 2 ** 16;

/** All index tuples below `sizes`, the last axis fastest. */
export function indicesOf(sizes: readonly number[]): number[][] {
  const n = sizes.reduce((x, y) => x * y, 1);
  if (!(n <= MOST_INDICES)) unsupported(`${n} places of a window; ${MOST_INDICES} are the most`);
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}
