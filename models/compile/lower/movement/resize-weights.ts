/**
 * Where the elements of a resized axis come from (ONNX's Resize): places, and the elements and weights that stand for a place. All in
 * binary64 when the network is compiled, so a model holds tables and no formula.
 */
import { malformed, unsupported } from '../../errors.ts';

/** An axis that is resized. */
export interface Axis {
  /** Elements before and after. */
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** Whether `scale` is to / from, rather than a number of its own that rounding made `to` of. */
  readonly isExact: boolean;
  /** Part of the axis that is shown, for `tf_crop_and_resize`. */
  readonly region: readonly [start: number, end: number];
}

/** Place among the elements of the axis that element `i` of the result shows. */
export type Placing = (i: number, axis: Axis) => number;

const last = ({ from }: Axis): number => from - 1;
/** Length of the result before it was rounded. */
const real = ({ from, isExact, scale, to }: Axis): number => (isExact ? to : scale * from);
/**
 * One division only where the scale is a quotient: ties of integers stay ties. A scale of its own is binary32, and so is the result: 3.5
 * by 0.7 is 5.
 */
const unscaled = (at: number, { from, isExact, scale, to }: Axis): number =>
  isExact ? (at * from) / to : Math.fround(at / scale);
const halfPixel: Placing = (i, axis) => unscaled(i + 0.5, axis) - 0.5;

export const PLACINGS: Readonly<Record<string, Placing>> = {
  half_pixel: halfPixel,
  half_pixel_symmetric(i, axis) {
    const shift = (axis.from / 2) * (1 - axis.to / real(axis));
    return shift + halfPixel(i, axis);
  },
  pytorch_half_pixel: (i, axis) => (axis.to > 1 ? halfPixel(i, axis) : 0),
  align_corners: (i, axis) => (real(axis) === 1 ? 0 : (i * last(axis)) / (real(axis) - 1)),
  asymmetric: (i, axis) => unscaled(i, axis),
  tf_half_pixel_for_nn: (i, axis) => unscaled(i + 0.5, axis),
  tf_crop_and_resize(i, axis) {
    const [start, end] = axis.region;
    if (axis.to === 1) return 0.5 * (start + end) * last(axis);
    return start * last(axis) + (i * (end - start) * last(axis)) / (axis.to - 1);
  },
};

/** Ways of taking the nearest element; `isShrinking` for the rule of opset 10. */
export const NEAREST: Readonly<Record<string, (place: number, isShrinking: boolean) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: (place) => Math.floor(place),
  ceil: (place) => Math.ceil(place),
  simple: (place, isShrinking) => (isShrinking ? Math.ceil(place) : Math.floor(place)),
};

export interface Kernel {
  /** Elements on each side of a place that count. */
  readonly reach: number;
  weight(distance: number): number;
}

export const LINEAR: Kernel = { reach: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };

/** Keys' cubic convolution. */
export const cubic = (a: number): Kernel => ({
  reach: 2,
  weight(distance) {
    const d = Math.abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  },
});

export interface WeightOptions {
  /** Elements beyond the ends count nothing, and the rest is scaled to 1; otherwise the end stands for them. */
  readonly excludesOutside: boolean;
  /** The kernel is stretched where the axis shrinks, so that all elements count. */
  readonly antialias: boolean;
}

/** Elements of the axis and their weights for one place, by ascending element. */
export function weightsAt(
  place: number,
  axis: Axis,
  { reach, weight }: Kernel,
  { antialias, excludesOutside }: WeightOptions,
): Map<number, number> {
  const stretch = antialias ? Math.min(axis.scale, 1) : 1;
  const base = Math.floor(place);
  const span = Math.ceil(reach / stretch);
  const taps: [element: number, weight: number][] = [];
  for (let i = base - span; i <= base + span + 1; i++) {
    const w = weight((i - place) * stretch);
    if (w !== 0 && !(excludesOutside && (i < 0 || i > last(axis)))) taps.push([i, w]);
  }
  const isScaled = excludesOutside || antialias;
  const sum = isScaled ? taps.reduce((all, [, w]) => all + w, 0) : 1;
  const weights = new Map<number, number>();
  for (const [i, w] of taps) {
    const element = Math.max(0, Math.min(last(axis), i));
    weights.set(element, (weights.get(element) ?? 0) + w / sum);
  }
  return weights;
}

/** Looks a mode up by its name. */
export function modeOf<T>(modes: Readonly<Record<string, T>>, name: string, scope: string): T {
  return Object.hasOwn(modes, name) ? modes[name]! : unsupported(`${scope}: mode "${name}"`);
}

/** Entries of a table of weights at most. */
export const MOST_WEIGHTS = 2 ** 24;

/** Refuses axes that contradict themselves, and those whose tables would be too large. */
export function checkAxis(
  { from, scale, to }: Axis,
  { reach }: Kernel,
  { antialias }: WeightOptions,
  scope: string,
): void {
  const isSize = Number.isSafeInteger(to) && to >= 0;
  if (!isSize || !(scale > 0) || !Number.isFinite(scale) || (from === 0 && to > 0)) {
    malformed(`${scope}: an axis of ${from} resized to ${to}, scale ${scale}`);
  }
  const taps = antialias ? (2 * reach) / Math.min(scale, 1) : 2 * reach;
  if (taps * to > MOST_WEIGHTS) unsupported(`${scope}: an axis of ${from} resized to ${to}`);
}
