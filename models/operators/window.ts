/** What the rules of vm/kernels/convolution share: attributes of windows over three spatial axes (vm/kernels/convolution/window.ts). */
import { product } from './rule.ts';

export const WINDOW = [
  ...['n', 'd', 'h', 'w', 'c'],
  ...['od', 'oh', 'ow'],
  ...['kd', 'kh', 'kw'],
  ...['sd', 'sh', 'sw'],
  ...['dd', 'dh', 'dw'],
  ...['pd', 'ph', 'pw'],
] as const;

/** Attributes of a window that may be 0. */
export const PADDING = ['pd', 'ph', 'pw'] as const;

/** Elements along an axis at most, padding included: a region holds no more. With it, sums of them fit an i32. */
export const MOST_ALONG_AXIS = 2 ** 26;

export interface Window {
  readonly n: number;
  readonly c: number;
  /** Sizes of the input, of the output, of the window, ... along the three spatial axes. */
  readonly sizes: readonly number[];
  readonly outputs: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Elements of padding before the first; negative ones leave elements out. */
  readonly padding: readonly number[];
  /** Elements from the first to the last that the windows see. */
  readonly extents: readonly number[];
  /** Whether they see padding. */
  readonly isPadded: boolean;
  /** The attributes after those of the window. */
  readonly rest: readonly number[];
}

export function readWindow(attributes: readonly number[]): Window {
  const triple = (at: number): number[] => attributes.slice(at, at + 3);
  const [n = 0] = attributes;
  const sizes = triple(1);
  const outputs = triple(5);
  const window = triple(8);
  const strides = triple(11);
  const dilations = triple(14);
  const padding = triple(17).map((value) => value | 0);
  const extents = outputs.map(
    (size, i) => (size - 1) * strides[i]! + (window[i]! - 1) * dilations[i]! + 1,
  );
  return {
    n,
    c: attributes[4] ?? 0,
    sizes,
    outputs,
    window,
    strides,
    dilations,
    padding,
    extents,
    isPadded: extents.some((seen, i) => padding[i]! > 0 || seen - padding[i]! > sizes[i]!),
    rest: attributes.slice(WINDOW.length),
  };
}

/** Sizes and places that could leave the numbers that kernels count with. */
export function faultOfWindow(attributes: readonly number[]): string | undefined {
  const { extents, padding } = readWindow(attributes);
  const wide = extents.find((seen) => seen > MOST_ALONG_AXIS);
  if (wide !== undefined) return `its windows extend over ${wide} elements`;
  const far = padding.find((value) => Math.abs(value) > MOST_ALONG_AXIS);
  if (far !== undefined) return `a padding is ${far}`;
  return undefined;
}

/** Rows of the output, all images: what calls are split by. */
export const windowRows = ({ n, outputs }: Window): number => product(n, outputs[0]!, outputs[1]!);

export function faultOfRows(begin: number, end: number, rows: number): string | undefined {
  return begin < end && end <= rows
    ? undefined
    : `it computes the rows ${begin} to ${end} of ${rows}`;
}

/** Elements of the input and of an output with `channels` channels. */
export const inputElements = ({ c, n, sizes }: Window): number => product(n, ...sizes, c);
export const outputElements = ({ n, outputs }: Window, channels: number): number =>
  product(n, ...outputs, channels);
