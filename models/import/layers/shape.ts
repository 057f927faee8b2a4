/** Layers of Keras that move elements (keras.io/api/layers/reshaping_layers). */
import { malformed, unsupported } from '../../compile/errors.ts';
import {
  channelsFirst,
  channelsLast,
  constant,
  describe,
  isChannelsFirst,
  type Layer,
  type LayerBuilder,
  permuted,
  ranked,
  type Size,
  single,
  where,
} from './layer.ts';
import { floats } from './tensors.ts';

const product = (sizes: readonly Size[]): Size =>
  sizes.reduce(
    (all, size) => (all === undefined || size === undefined ? undefined : all * size),
    1,
  );

const flatten: LayerBuilder = (layer) => {
  const { a } = layer;
  const given = single(layer);
  const rank = given.shape.length;
  // Keras puts channels last before it flattens.
  const x = isChannelsFirst(layer) && rank > 2 ? permuted(a, given, channelsLast(rank)) : given;
  if (rank === 1) return { ...x, name: a.reshape(x.name, [-1, 1]), shape: [x.shape[0], 1] };
  return { ...x, name: a.reshape(x.name, [0, -1]), shape: [x.shape[0], product(x.shape.slice(1))] };
};

const reshape: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = single(layer);
  const target = config.list('target_shape') as number[];
  const open = target.filter((size) => size === -1).length;
  if (
    target.length > 30 ||
    open > 1 ||
    target.some((n) => !Number.isInteger(n) || n === 0 || n < -1)
  ) {
    config.bad('target_shape', 'a shape');
  }
  const all = product(x.shape.slice(1));
  const rest = product(target.filter((size) => size !== -1))!;
  const missing = all === undefined ? undefined : all / rest;
  if (missing !== undefined && (open === 1 ? !Number.isInteger(missing) : missing !== 1)) {
    malformed(`${where(layer)}: [${describe(x.shape)}] to [${target.join()}]`);
  }
  const shape = [x.shape[0], ...target.map((size) => (size === -1 ? missing : size))];
  return { ...x, name: a.reshape(x.name, [0, ...target]), shape };
};

const permute: LayerBuilder = (layer) => {
  const x = single(layer);
  const order = layer.config.sizes('dims', x.shape.length - 1);
  const all = [0, ...order];
  if (new Set(all).size !== all.length || all.some((axis) => axis >= all.length)) {
    layer.config.bad('dims', 'an order of axes');
  }
  return permuted(layer.a, x, all);
};

/** Pairs of sizes before and after each of `n` axes, as `padding` and `cropping` are written. */
function pairs(layer: Layer, name: string, n: number): number[][] {
  const value = layer.config.get(name);
  const list =
    n === 1 && Array.isArray(value) && typeof value[0] === 'number'
      ? [value]
      : Array.isArray(value)
        ? value
        : Array.from({ length: n }, () => value);
  const all = list.map((one) => (Array.isArray(one) ? one : [one, one])) as number[][];
  const good = all.every(
    (pair) => pair.length === 2 && pair.every((v) => Number.isInteger(v) && v >= 0 && v < 2 ** 24),
  );
  if (all.length !== n || !good) layer.config.bad(name, `${n} pairs of sizes`);
  return all;
}

/** Axis of the first of the dimensions that aren't channels. */
const firstAxis = (layer: Layer): number => (isChannelsFirst(layer) ? 2 : 1);

const zeroPadding =
  (n: number): LayerBuilder =>
  (layer) => {
    const { a } = layer;
    const x = ranked(layer, n + 2);
    const first = firstAxis(layer);
    const at = (axis: number, end: number): number => padding[axis - first]?.[end] ?? 0;
    const padding = pairs(layer, 'padding', n);
    const axes = x.shape.map((_, axis) => axis);
    const pads = [0, 1].flatMap((end) => axes.map((axis) => at(axis, end)));
    const shape = x.shape.map((size, axis) => size && size + at(axis, 0) + at(axis, 1));
    const zero = constant(layer, 'zero', floats([0], []));
    return {
      ...x,
      name: a.add('Pad', [x.name, a.integers(pads), zero], { mode: 'constant' }),
      shape,
    };
  };

const cropping =
  (n: number): LayerBuilder =>
  (layer) => {
    const { a } = layer;
    const x = ranked(layer, n + 2);
    const first = firstAxis(layer);
    const crops = pairs(layer, 'cropping', n);
    const axes = crops.map((_, i) => first + i);
    const starts = crops.map(([before]) => before!);
    const ends = crops.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after!));
    const shape = x.shape.map((size, axis) => {
      const [before = 0, after = 0] = crops[axis - first] ?? [];
      const left = size && size - before - after;
      return left !== undefined && left < 1 ? malformed(`${where(layer)} leaves nothing`) : left;
    });
    const operands = [starts, ends, axes].map((list) => a.integers(list));
    return { ...x, name: a.add('Slice', [x.name, ...operands]), shape };
  };

/** Elements repeated, or between them lines: half a pixel off in Keras, from the corner in TensorFlow.js. */
const upSampling =
  (n: number): LayerBuilder =>
  (layer) => {
    const { a, config, dialect } = layer;
    const kind = config.string('interpolation', 'nearest');
    if (kind !== 'nearest' && kind !== 'bilinear')
      unsupported(`${where(layer)}: interpolation ${kind}`);
    const size = config.sizes('size', n, 2);
    const scales = constant(layer, 'scales', floats([1, 1, ...size]));
    const isNearest = kind === 'nearest';
    return channelsFirst(layer, ranked(layer, n + 2), (x) => {
      const name = a.add('Resize', [x.name, '', scales], {
        mode: isNearest ? 'nearest' : 'linear',
        coordinate_transformation_mode:
          isNearest || dialect === 'tfjs' ? 'asymmetric' : 'half_pixel',
        nearest_mode: 'floor',
      });
      const shape = x.shape.map((length, axis) => length && length * (size[axis - 2] ?? 1));
      return { ...x, name, shape };
    });
  };

const repeatVector: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = ranked(layer, 2);
  const times = config.integer('n');
  const wide = a.add('Unsqueeze', [x.name, a.integers([1])]);
  const name = a.add('Expand', [wide, a.integers([1, times, 1])]);
  return { ...x, name, shape: [x.shape[0], times, x.shape[1]] };
};

export const SHAPE_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  ZeroPadding3D: zeroPadding(3),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Cropping3D: cropping(3),
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
  RepeatVector: repeatVector,
};
