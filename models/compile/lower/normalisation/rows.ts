/** Normalisation along axes: of layers, by root mean squares, by norms, by mean and deviation. */
import {
  axisOf,
  type Context,
  input,
  type Lowerings,
  number,
  numbers,
  optional,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { count, describe, stridesOf, type Tensor } from '../../tensor.ts';
import { convert } from '../cast.ts';
import { binary, floatBits, scalar } from '../elementary.ts';
import { reduceOver } from '../reduce.ts';
import { coefficientsOf, float, momentsOf, repeated, typed } from './moments.ts';

/** A parameter of the normalised axes, repeated where it has fewer elements than they. */
function spread(c: Context, tensor: Tensor, shape: readonly number[]): Tensor {
  const { b } = c;
  const x = float(c, b.plain(tensor));
  const n = count(shape);
  if (count(x.shape) === n) return b.reshape(x, [n]);
  const strides = stridesOf(x.shape);
  const missing = shape.length - x.shape.length;
  const from = shape.map((size, axis) => {
    const own = x.shape[axis - missing] ?? 1;
    if (own !== 1 && own !== size)
      malformed(`${where(c)}: ${describe(x)} for axes [${shape.join()}]`);
    return own === 1 ? 0 : strides[axis - missing]!;
  });
  return b.reshape(b.move(x, shape, { size: shape, from }), [n]);
}

/** Rows and columns of a normalisation of the axes from `axis` on. */
function rowsFrom(c: Context, x: Tensor) {
  const axis = axisOf(c, number(c, 'axis', -1), x.shape.length);
  const shape = x.shape.slice(axis);
  return { axis, shape, rows: count(x.shape.slice(0, axis)), columns: count(shape) };
}

function layerNormalization(c: Context, x: Tensor): Tensor[] {
  const { b } = c;
  const { axis, columns, rows, shape } = rowsFrom(c, x);
  const epsilon = number(c, 'epsilon', 1e-5);
  const scale = spread(c, input(c, 1), shape);
  const given = optional(c, 2);
  const bias = given ? spread(c, given, shape) : repeated(b, 0, columns);
  const attributes = [rows, columns, floatBits(epsilon)];
  const outputs = [b.call('layerNorm', [x, scale, bias], attributes, x)];
  if (!c.node.outputs.slice(1).some(Boolean)) return outputs;
  // Mean and 1 / standard deviation: the factor that a scale of 1 would give.
  const moments = b.reshape(momentsOf(b, x, rows, columns, 1), [2, rows, 1]);
  const factors = coefficientsOf(b, moments, repeated(b, 1, 1), repeated(b, 0, 1), epsilon);
  const small = x.shape.map((size, i) => (i < axis ? size : 1));
  const first = (pair: Tensor): Tensor => b.move(pair, small, { size: [rows], from: [1] });
  return [...outputs, first(moments), first(factors)];
}

function rmsNormalization(c: Context, x: Tensor): Tensor {
  const { columns, rows, shape } = rowsFrom(c, x);
  const attributes = [rows, columns, floatBits(number(c, 'epsilon', 1e-5))];
  return c.b.call('rmsNorm', [x, spread(c, input(c, 1), shape)], attributes, x);
}

/**
 * onnxruntime's normalisation of a sum: x + skip + bias is normalised along its last axis; the fourth output is the sum. Mean and inverse
 * standard deviation aren't given.
 */
const skipped =
  (isCentred: boolean) =>
  (c: Context, x: Tensor): (Tensor | undefined)[] => {
    const { b } = c;
    const [skip, gamma] = [1, 2].map((i) => float(c, b.plain(input(c, i))));
    const [beta, bias] = (isCentred ? [3, 4] : [-1, 3]).map((i) =>
      i < 0 ? undefined : optional(c, i),
    );
    const pair = binary(b, 'add', x, skip!);
    const sum = b.plain(bias ? binary(b, 'add', pair, float(c, bias)) : pair);
    const columns = sum.shape.at(-1) ?? 1;
    const attributes = [
      count(sum.shape) / columns,
      columns,
      floatBits(number(c, 'epsilon', 1e-12)),
    ];
    const scale = spread(c, gamma!, [columns]);
    const shift = beta ? spread(c, beta, [columns]) : repeated(b, 0, columns);
    const y = isCentred
      ? b.call('layerNorm', [sum, scale, shift], attributes, sum)
      : b.call('rmsNorm', [sum, scale], attributes, sum);
    return [y, undefined, undefined, convert(b, sum, input(c, 0).dtype)];
  };

/** x / its norm along an axis. */
function lpNormalization(c: Context, x: Tensor): Tensor {
  const { b } = c;
  const axis = axisOf(c, number(c, 'axis', -1), x.shape.length);
  const p = number(c, 'p', 2);
  if (p !== 1 && p !== 2) malformed(`${where(c)}: p = ${p}`);
  return binary(b, 'div', x, reduceOver(b, p === 1 ? 'sumOfAbsolutes' : 'norm', x, [axis]));
}

/** (x - mean) / (standard deviation + 1e-9) along some axes. */
function meanVarianceNormalization(c: Context, x: Tensor): Tensor {
  const { b } = c;
  const axes = (numbers(c, 'axes') ?? [0, 2, 3]).map((axis) => axisOf(c, axis, x.shape.length));
  const n = count(axes.map((axis) => x.shape[axis]!));
  const centred = binary(b, 'sub', x, reduceOver(b, 'mean', x, axes));
  const norm = reduceOver(b, 'norm', centred, axes);
  const deviation = binary(b, 'mul', norm, scalar(b, 'f32', 1 / Math.sqrt(n)));
  return binary(b, 'div', centred, binary(b, 'add', deviation, scalar(b, 'f32', 1e-9)));
}

export const ROWS: Lowerings = {
  LayerNormalization: typed(layerNormalization, false),
  RMSNormalization: typed(rmsNormalization, false),
  SimplifiedLayerNormalization: typed(rmsNormalization, false),
  'com.microsoft:SkipLayerNormalization': typed(skipped(true), false),
  'com.microsoft:SkipSimplifiedLayerNormalization': typed(skipped(false), false),
  LpNormalization: typed(lpNormalization, true),
  MeanVarianceNormalization: typed(meanVarianceNormalization, true),
};
