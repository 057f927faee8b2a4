/** ONNX's products of quantised tensors. */
import type { Dtype } from '../../../graph.ts';
import {
  type Context,
  content,
  input,
  type Lowerings,
  number,
  optional,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { readNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { broadcast } from '../broadcast.ts';
import { convert } from '../cast.ts';
import { channelsFirst, channelsLast } from '../convolve.ts';
import { spatial, windowsOf } from '../windows.ts';
import type { Requantised } from './columns.ts';
import { type Axis, convolve, type Output } from './convolve.ts';
import { RANGE } from './operands.ts';
import type { Zero } from './products.ts';

const SUMS: Output = { dtype: 'i32', zero: 0, low: 0, high: 0 };

/** Numbers of an input that is known; `fallback` if it is left out. */
export function list(c: Context, i: number, fallback?: number): number[] {
  const tensor = optional(c, i);
  if (!tensor && fallback !== undefined) return [fallback];
  return readNumbers(input(c, i).dtype, content(c, i));
}

/** The one number of an input that is known. */
export function single(c: Context, i: number, fallback?: number): number {
  const values = list(c, i, fallback);
  return values.length === 1
    ? values[0]!
    : malformed(`${where(c)}: input ${i} has ${values.length} elements; it takes one`);
}

export function eight(c: Context, i: number): Tensor {
  const tensor = input(c, i);
  if (tensor.dtype !== 'i8' && tensor.dtype !== 'u8')
    unsupported(`${where(c)}: ${describe(tensor)}; 8-bit integers are supported`);
  return tensor;
}

/** An output of 8 bits around the zero that is input `i`. */
export function outputOf(c: Context, i: number, fallback: Dtype = 'u8'): Output {
  const dtype = optional(c, i)?.dtype ?? fallback;
  if (dtype !== 'i8' && dtype !== 'u8') unsupported(`${where(c)}: an output of ${dtype}`);
  const [low, high] = RANGE[dtype]!;
  return { dtype, zero: single(c, i, 0), low, high };
}

/** Scales of sums: x * w / y in f32, one for all or one for each channel. */
function scaled(x: number, w: readonly number[], y: number): Requantised {
  return { kind: 'scaled', scales: w.map((one) => Math.fround(Math.fround(x * one) / y)) };
}

function checkEach(c: Context, what: string, values: readonly number[], n: number): void {
  if (values.length !== 1 && values.length !== n)
    malformed(`${where(c)}: ${values.length} ${what} for ${n} channels`);
}

interface Convolved {
  readonly x: number;
  readonly w: number;
  readonly zero: Zero;
  readonly zeros: readonly number[];
  readonly bias: readonly number[] | undefined;
  readonly requantised: Requantised;
  readonly output: Output;
}

function convolution(c: Context, { w: wi, x: xi, ...rest }: Convolved): Tensor {
  const x = eight(c, xi);
  const w = eight(c, wi);
  const sizes = spatial(c, x);
  if (sizes.length > 2 || w.shape.length !== x.shape.length)
    unsupported(`${where(c)}: ${describe(x)} with ${describe(w)}`);
  const [batch = 0, channels = 0] = x.shape;
  const [filters = 0, depth = 0, ...kernel] = w.shape;
  const group = number(c, 'group', 1);
  if (
    !(Number.isInteger(group) && group > 0) ||
    depth * group !== channels ||
    filters % group !== 0
  )
    malformed(`${where(c)}: ${describe(x)} with ${describe(w)} in ${group} groups`);
  checkEach(c, 'zeros', rest.zeros, filters);
  const windows = windowsOf(c, sizes, kernel);
  const axis = (i: number): Axis => {
    if (i < 0) return { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, out: 1 };
    const [before, after] = [windows.before[i]!, windows.after[i]!];
    if (before < 0 || after < 0) unsupported(`${where(c)}: negative padding`);
    return {
      size: sizes[i]!,
      kernel: kernel[i]!,
      stride: windows.strides[i]!,
      dilation: windows.dilations[i]!,
      before,
      out: windows.outputs[i]!,
    };
  };
  const [vertical, horizontal] = [axis(sizes.length - 2), axis(sizes.length - 1)];
  const last = c.b.plain(channelsLast(c.b, x));
  const y = convolve(c.b, {
    x: c.b.reshape(last, [batch, vertical.size, horizontal.size, channels]),
    filters: {
      tensor: c.b.reshape(c.b.plain(channelsLast(c.b, w)), [
        filters,
        vertical.kernel,
        horizontal.kernel,
        depth,
      ]),
      zeros: rest.zeros,
    },
    vertical,
    horizontal,
    group,
    ...rest,
  });
  return channelsFirst(c.b, c.b.reshape(y, [batch, ...windows.outputs, filters]));
}

interface Product {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly zero: Zero;
  readonly zeros: readonly number[];
  readonly requantised: Requantised;
  readonly output: Output;
}

/** [m, k] x [k, n], batches of them, or vectors, as ONNX's MatMul has it. */
export function matrixProduct(c: Context, { w, x, ...rest }: Product): Tensor {
  const { b } = c;
  const xs = x.shape.length === 1 ? b.reshape(x, [1, x.shape[0]!]) : x;
  const ws = w.shape.length === 1 ? b.reshape(w, [w.shape[0]!, 1]) : w;
  const [m = 0, k = 0] = xs.shape.slice(-2);
  const [depth = 0, n = 0] = ws.shape.slice(-2);
  if (k !== depth) malformed(`${where(c)}: ${describe(x)} with ${describe(w)}`);
  const point = { kernel: 1, stride: 1, dilation: 1, before: 0 };
  const one = (rows: Tensor, columns: Tensor): Tensor => {
    const height = count(rows.shape) / k;
    const turned = b.plain(b.transpose(columns, [1, 0]));
    const y = convolve(b, {
      x: b.reshape(rows, [1, 1, height, k]),
      filters: { tensor: b.reshape(turned, [n, 1, 1, k]), zeros: rest.zeros },
      bias: undefined,
      vertical: { ...point, size: 1, out: 1 },
      horizontal: { ...point, size: height, out: height },
      group: 1,
      ...rest,
    });
    return b.reshape(y, [height, n]);
  };
  const batch = [...xs.shape.slice(0, -2)];
  const shape = (of: readonly number[]): number[] => [
    ...of,
    ...(x.shape.length === 1 ? [] : [m]),
    ...(w.shape.length === 1 ? [] : [n]),
  ];
  if (ws.shape.length === 2) return b.reshape(one(xs, ws), shape(batch));
  const others = ws.shape.slice(0, -2);
  const rank = Math.max(batch.length, others.length);
  const sizes = Array.from({ length: rank }, (_, i) => {
    const p = batch[batch.length - rank + i] ?? 1;
    const q = others[others.length - rank + i] ?? 1;
    if (p !== q && p !== 1 && q !== 1) malformed(`${where(c)}: ${describe(x)} with ${describe(w)}`);
    return p === 1 ? q : p;
  });
  const all = count(sizes);
  if (all > 4096) unsupported(`${where(c)}: ${all} products of matrices that are made at once`);
  const left = b.reshape(broadcast(b, xs, [...sizes, m, k]), [all, m, k]);
  const right = b.reshape(broadcast(b, ws, [...sizes, k, n]), [all, k, n]);
  const part = (tensor: Tensor, i: number, of: readonly number[]): Tensor =>
    b.move(tensor, of, { size: of, from: [of[1]!, 1], start: i * count(of) });
  const type = { dtype: rest.output.dtype, shape: [all, m, n] };
  const parts = Array.from({ length: all }, (_, i) => {
    const product = one(part(left, i, [m, k]), part(right, i, [k, n]));
    return b.box(product, type, { size: [m * n], from: [1], to: [1], at: i * m * n });
  });
  return b.reshape(b.assemble(type, parts), shape(sizes));
}

/** The zero of x: a number if it is known, an i32 of one element if not. */
function zeroOf(c: Context, i: number): Zero {
  const tensor = optional(c, i);
  if (!tensor) return 0;
  if (tensor.data) return single(c, i);
  if (count(tensor.shape) !== 1) unsupported(`${where(c)}: a zero for each row that isn't known`);
  return c.b.reshape(convert(c.b, tensor, 'i32'), [1]);
}

export const QLINEAR: Lowerings = {
  QLinearConv: {
    anyAxes: true,
    lower(c) {
      const filters = input(c, 3).shape[0]!;
      const scales = list(c, 4);
      checkEach(c, 'scales', scales, filters);
      const bias = optional(c, 8);
      if (bias && (bias.dtype !== 'i32' || count(bias.shape) !== filters))
        malformed(`${where(c)}: the bias is ${describe(bias)}`);
      return convolution(c, {
        x: 0,
        w: 3,
        zero: single(c, 2),
        zeros: list(c, 5),
        bias: bias && readNumbers('i32', content(c, 8)),
        requantised: scaled(single(c, 1), scales, single(c, 6)),
        output: outputOf(c, 7),
      });
    },
  },

  ConvInteger: {
    anyAxes: true,
    lower: (c) =>
      convolution(c, {
        x: 0,
        w: 1,
        zero: single(c, 2, 0),
        zeros: list(c, 3, 0),
        bias: undefined,
        requantised: { kind: 'sums' },
        output: SUMS,
      }),
  },

  MatMulInteger(c) {
    const [x, w] = [eight(c, 0), eight(c, 1)];
    return matrixProduct(c, {
      x,
      w,
      zero: zeroOf(c, 2),
      zeros: columnZeros(c, 3, w),
      requantised: { kind: 'sums' },
      output: SUMS,
    });
  },

  QLinearMatMul(c) {
    const [x, w] = [eight(c, 0), eight(c, 3)];
    return matrixProduct(c, {
      x,
      w,
      zero: zeroOf(c, 2),
      zeros: columnZeros(c, 5, w),
      requantised: scaled(single(c, 1), list(c, 4), single(c, 6)),
      output: outputOf(c, 7),
    });
  },
};

/** One zero for all, or one for each column. */
function columnZeros(c: Context, i: number, w: Tensor): number[] {
  const zeros = list(c, i, 0);
  checkEach(c, 'zeros', zeros, w.shape.length === 1 ? 1 : w.shape.at(-1)!);
  return zeros;
}
