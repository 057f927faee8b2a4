/** Convolutions and pooling. Kernels take channels last; results keep that order until something asks for another. */
import type { Dtype } from '../../graph.ts';
import {
  type Context,
  input,
  type Lowerings,
  number,
  numbers,
  optional,
  string,
  where,
} from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { count, describe, stridesOf, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { channelsFirst, channelsLast, convolve, convolveTransposed } from './convolve.ts';
import { POOLING } from './pooling.ts';
import { zeros } from './products.ts';
import { axesAttribute, spatial, type Windows, windowsOf } from './windows.ts';

/** Operands in f32, and the type that the result is to have. */
function operandsOf(c: Context): { x: Tensor; w: Tensor; dtype: Dtype } {
  const { b } = c;
  const x = input(c, 0);
  const w = input(c, 1);
  const { dtype } = x;
  const isFloat = dtype === 'f32' || dtype === 'f16' || dtype === 'bf16';
  if (!isFloat || w.dtype !== dtype) {
    unsupported(`${where(c)}: ${describe(x)} with weights ${describe(w)}`);
  }
  return { x: convert(b, x, 'f32'), w: b.plain(convert(b, w, 'f32')), dtype };
}

function biasOf(c: Context, co: number): Tensor {
  const bias = optional(c, 2);
  if (!bias) return zeros(c.b, co);
  if (count(bias.shape) !== co) malformed(`${where(c)}: a bias ${describe(bias)}`);
  return c.b.plain(convert(c.b, bias, 'f32'));
}

function windowOf(c: Context, w: Tensor): readonly number[] {
  const window = w.shape.slice(2);
  const named = numbers(c, 'kernel_shape');
  if (named && named.join() !== window.join()) {
    malformed(`${where(c)}: kernel_shape [${named.join()}] of weights ${describe(w)}`);
  }
  return window;
}

const allTaps = (window: readonly number[]): number[] =>
  Array.from({ length: count(window) }, (_, i) => i);

function convolution(c: Context): Tensor {
  const { b } = c;
  const { dtype, w, x } = operandsOf(c);
  const sizes = spatial(c, x);
  const groups = number(c, 'group', 1);
  const [co = 0, cg = 0] = w.shape;
  const fits = w.shape.length === x.shape.length && cg * groups === x.shape[1] && co % groups === 0;
  if (!fits) {
    malformed(`${where(c)}: ${describe(x)} with weights ${describe(w)} in ${groups} groups`);
  }
  const window = windowOf(c, w);
  const windows = windowsOf(c, sizes, window);
  const [outputStride = 0, inputStride = 0] = stridesOf(w.shape);
  const weights = {
    ...{ tensor: w, outputs: co, groups, groupStride: (co / groups) * outputStride },
    ...{ outputStride, inputStride, taps: allTaps(window) },
  };
  const y = convolve(b, channelsLast(b, x), weights, biasOf(c, co), windows);
  return convert(b, channelsFirst(b, y), dtype);
}

function transposedWindows(
  c: Context,
  sizes: readonly number[],
  window: readonly number[],
): Windows {
  const n = sizes.length;
  const strides = axesAttribute(c, 'strides', n, 1, 1);
  const dilations = axesAttribute(c, 'dilations', n, 1, 1);
  const more = axesAttribute(c, 'output_padding', n, 0, 0);
  const mode = string(c, 'auto_pad', 'NOTSET');
  const pads = axesAttribute(c, 'pads', 2 * n, 0, Number.MIN_SAFE_INTEGER);
  const isSame = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
  if (!isSame && !['NOTSET', 'VALID', ''].includes(mode))
    malformed(`${where(c)}: auto_pad ${mode}`);
  const wanted =
    numbers(c, 'output_shape')?.slice(-n) ??
    (isSame ? sizes.map((size, i) => size * strides[i]!) : undefined);
  const axes = sizes.map((size, i) => {
    const whole = strides[i]! * (size - 1) + more[i]! + (window[i]! - 1) * dilations[i]! + 1;
    if (!wanted) {
      const [before, after] = mode === 'VALID' ? [0, 0] : [pads[i]!, pads[n + i]!];
      return { before, outputs: whole - before - after };
    }
    const outputs = wanted[i] ?? malformed(`${where(c)}: output_shape [${wanted.join()}]`);
    const total = Math.max(0, whole - outputs);
    const half = mode === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    return { before: half, outputs };
  });
  const outputs = axes.map((axis) => axis.outputs);
  if (outputs.some((size) => !(size > 0))) malformed(`${where(c)}: a result [${outputs.join()}]`);
  const before = axes.map((axis) => axis.before);
  return { sizes, window, strides, dilations, before, after: [], outputs };
}

function transposedConvolution(c: Context): Tensor {
  const { b } = c;
  const { dtype, w, x } = operandsOf(c);
  const sizes = spatial(c, x);
  const groups = number(c, 'group', 1);
  const [ci = 0, perGroup = 0] = w.shape;
  const fits = w.shape.length === x.shape.length && ci === x.shape[1] && ci % groups === 0;
  if (!fits) {
    malformed(`${where(c)}: ${describe(x)} with weights ${describe(w)} in ${groups} groups`);
  }
  const window = windowOf(c, w);
  const windows = transposedWindows(c, sizes, window);
  const [inputStride = 0, outputStride = 0] = stridesOf(w.shape);
  const co = perGroup * groups;
  const weights = {
    ...{ tensor: w, outputs: co, groups, groupStride: (ci / groups) * inputStride },
    ...{ outputStride, inputStride, taps: allTaps(window) },
  };
  const y = convolveTransposed(b, channelsLast(b, x), weights, biasOf(c, co), windows);
  return convert(b, channelsFirst(b, y), dtype);
}

export const CONVOLUTION: Lowerings = {
  ...POOLING,
  Conv: { lower: convolution, anyAxes: true },
  ConvTranspose: { lower: transposedConvolution, anyAxes: true },
};
