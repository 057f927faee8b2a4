/** Convolution and pooling as their definitions say, one element after the other, in doubles. */
import { type F32, size } from './tensors.ts';

export interface Geometry {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** Before all axes, then after all axes. */
  readonly pads?: readonly number[];
  readonly group?: number;
}

/** All index tuples below `shape`, the last axis fastest. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < size(shape); i++) {
    let rest = i;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

const at = ({ shape, values }: F32, index: readonly number[]): number | undefined =>
  index.every((i, axis) => i >= 0 && i < shape[axis]!)
    ? values[index.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)]
    : undefined;

function outputsOf(sizes: readonly number[], window: readonly number[], geometry: Geometry) {
  const n = sizes.length;
  const { strides = sizes.map(() => 1), dilations = sizes.map(() => 1) } = geometry;
  const pads = geometry.pads ?? new Array<number>(2 * n).fill(0);
  const outputs = sizes.map((s, i) => {
    const room = s + pads[i]! + pads[n + i]! - (window[i]! - 1) * dilations[i]! - 1;
    return Math.floor(room / strides[i]!) + 1;
  });
  const place = (o: readonly number[], k: readonly number[]): number[] =>
    o.map((v, i) => v * strides[i]! + k[i]! * dilations[i]! - pads[i]!);
  return { outputs, place };
}

export function convReference(x: F32, w: F32, bias: F32 | undefined, geometry: Geometry = {}): F32 {
  const [n = 0, , ...sizes] = x.shape;
  const [co = 0, cg = 0, ...window] = w.shape;
  const { outputs, place } = outputsOf(sizes, window, geometry);
  const perGroup = co / (geometry.group ?? 1);
  const shape = [n, co, ...outputs];
  const values = Float32Array.from(indices(shape), ([b = 0, o = 0, ...to]) => {
    let sum = bias?.values[o] ?? 0;
    for (const k of indices(window)) {
      for (let c = 0; c < cg; c++) {
        const channel = Math.floor(o / perGroup) * cg + c;
        sum += (at(x, [b, channel, ...place(to, k)]) ?? 0) * at(w, [o, c, ...k])!;
      }
    }
    return sum;
  });
  return { shape, values };
}

/** What `join` makes of the elements of each window, padding left out. */
export function poolReference(
  x: F32,
  window: readonly number[],
  geometry: Geometry,
  join: (elements: readonly number[]) => number,
): F32 {
  const [n = 0, c = 0, ...sizes] = x.shape;
  const { outputs, place } = outputsOf(sizes, window, geometry);
  const shape = [n, c, ...outputs];
  const values = Float32Array.from(indices(shape), ([b = 0, channel = 0, ...to]) =>
    join(
      [...indices(window)].flatMap((k) => {
        const value = at(x, [b, channel, ...place(to, k)]);
        return value === undefined ? [] : [value];
      }),
    ),
  );
  return { shape, values };
}

/** y[b, o, place] collects x[b, c, i] * w[c, o, k] wherever i * stride + k * dilation - pad is that place. */
export function transposedReference(
  x: F32,
  w: F32,
  bias: F32 | undefined,
  outputs: readonly number[],
  { group = 1, ...geometry }: Geometry,
): F32 {
  const [n = 0, channels = 0, ...sizes] = x.shape;
  const [, perGroup = 0, ...window] = w.shape;
  const { strides = sizes.map(() => 1), dilations = sizes.map(() => 1) } = geometry;
  const { pads = sizes.map(() => 0) } = geometry;
  const shape = [n, perGroup * group, ...outputs];
  const values = Float32Array.from(indices(shape), ([, o = 0]) => bias?.values[o] ?? 0);
  for (const [b = 0, c = 0, ...i] of indices([n, channels, ...sizes])) {
    for (const [o = 0, ...k] of indices([perGroup, ...window])) {
      const place = i.map((v, a) => v * strides[a]! + k[a]! * dilations[a]! - pads[a]!);
      if (place.some((v, a) => v < 0 || v >= outputs[a]!)) continue;
      const g = Math.floor(c / (channels / group));
      const to = [b, g * perGroup + o, ...place];
      const index = to.reduce((sum, v, a) => sum * shape[a]! + v, 0);
      values[index]! += at(x, [b, c, ...i])! * at(w, [c, o, ...k])!;
    }
  }
  return { shape, values };
}
