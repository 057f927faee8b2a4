/** Pooling over windows and over whole images, and its inverse. */
import type { Dtype } from '../../graph.ts';
import type { Builder } from '../builder.ts';
import {
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  where,
} from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, stridesOf, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { channelsFirst, channelsLast } from './convolve.ts';
import { binary, scalar, unary } from './elementary.ts';
import {
  axesAttribute,
  rowsOf,
  spatial,
  type Windows,
  windowAttributes,
  windowsOf,
} from './windows.ts';

/** A pooling of x [n, c, ...spatial]: `more` are the kernel's attributes between the window and the rows. */
function pool(
  b: Builder,
  kernel: string,
  x: Tensor,
  windows: Windows,
  { dtype = x.dtype, more = [] }: { dtype?: Dtype; more?: readonly number[] } = {},
): Tensor {
  const [batch = 0, channels = 0] = x.shape;
  const attributes = [...windowAttributes(windows, batch, channels), ...more];
  const type = { dtype, shape: [batch, ...windows.outputs, channels] };
  const rows = rowsOf(windows, batch);
  const y = b.rows(kernel, [channelsLast(b, x)], type, rows, (begin, end) => [
    ...attributes,
    begin,
    end,
  ]);
  return channelsFirst(b, y);
}

const windowed = (c: Context, x: Tensor): Windows => {
  const window = numbers(c, 'kernel_shape') ?? malformed(`${where(c)}: kernel_shape is missing`);
  const sizes = spatial(c, x);
  return windowsOf(c, sizes, axesAttribute(c, 'kernel_shape', sizes.length, window.length, 1));
};

/** One window over everything. */
const global = (c: Context, x: Tensor): Windows => {
  const sizes = spatial(c, x);
  const ones = sizes.map(() => 1);
  const none = sizes.map(() => 0);
  return {
    sizes,
    window: sizes,
    strides: ones,
    dilations: ones,
    before: none,
    after: none,
    outputs: ones,
  };
};

const MAXIMA: Partial<Readonly<Record<Dtype, string>>> = {
  f32: 'maxPool',
  f64: 'maxPoolF64',
  i8: 'maxPoolI8',
  u8: 'maxPoolU8',
};

const isHalf = (dtype: Dtype): boolean => dtype === 'f16' || dtype === 'bf16';

function largest(c: Context, windows: Windows): Tensor {
  const { b } = c;
  const x = input(c, 0);
  if (isHalf(x.dtype)) {
    return convert(b, pool(b, 'maxPool', convert(b, x, 'f32'), windows), x.dtype);
  }
  const kernel = MAXIMA[x.dtype] ?? unsupported(`${where(c)}: ${describe(x)}`);
  return pool(b, kernel, x, windows);
}

/** Places in a tensor [n, c, ...spatial], as ONNX numbers them; with `isReversed` the spatial axes count in the opposite order. */
function places(c: Context, windows: Windows, isReversed: boolean): Tensor {
  const { b } = c;
  const given = input(c, 0);
  // i8 and u8 keep their order as f32; of f64 only those numbers do that f32 has.
  if (given.dtype === 'f64') unsupported(`${where(c)}: indices of ${describe(given)}`);
  const x = convert(b, given, 'f32');
  const { sizes } = windows;
  const strides = isReversed ? stridesOf(sizes.toReversed()).reverse() : stridesOf(sizes);
  const channel = count(sizes);
  const missing = new Array<number>(3 - sizes.length).fill(1);
  const more = [x.shape[1]! * channel, channel, ...missing, ...strides];
  return pool(b, 'maxPoolPlaces', x, windows, { dtype: 'i64', more });
}

function maxPool(c: Context): readonly Tensor[] {
  const windows = windowed(c, input(c, 0));
  const y = largest(c, windows);
  if (!c.node.outputs[1]) return [y];
  return [y, places(c, windows, number(c, 'storage_order', 0) !== 0)];
}

/** What `sumPool` divides by. */
const DIVISION = { none: 0, elements: 1, padded: 2 } as const;

function sums(
  c: Context,
  kernel: string,
  windows: Windows,
  division: keyof typeof DIVISION,
  x = input(c, 0),
): Tensor {
  const { b } = c;
  if (x.dtype !== 'f32' && !isHalf(x.dtype)) unsupported(`${where(c)}: ${describe(x)}`);
  const missing = new Array<number>(3 - windows.sizes.length).fill(1);
  const ends = windows.sizes.map((size, i) => Math.max(1, size + windows.after[i]!));
  const more = [DIVISION[division], ...missing, ...ends];
  return convert(b, pool(b, kernel, convert(b, x, 'f32'), windows, { more }), x.dtype);
}

function averagePool(c: Context): Tensor {
  const includes = number(c, 'count_include_pad', 0) !== 0;
  return sums(c, 'sumPool', windowed(c, input(c, 0)), includes ? 'padded' : 'elements');
}

/** The p-th root of the sum of |x|^p. */
function lpPool(c: Context, windows: Windows): Tensor {
  const { b } = c;
  const p = number(c, 'p', 2);
  if (p === 1 || p === 2) return sums(c, p === 1 ? 'l1Pool' : 'l2Pool', windows, 'none');
  if (!(p > 0)) malformed(`${where(c)}: p = ${p}`);
  const x = input(c, 0);
  const raised = (base: Tensor, exponent: number): Tensor =>
    binary(b, 'pow', base, scalar(b, x.dtype, exponent));
  return raised(sums(c, 'sumPool', windows, 'none', raised(unary(b, 'abs', x), p)), 1 / p);
}

function maxUnpool(c: Context): Tensor {
  const { b } = c;
  const [x, given] = [input(c, 0), input(c, 1)];
  if (x.dtype !== 'f32' || given.dtype !== 'i64' || given.shape.join() !== x.shape.join()) {
    unsupported(`${where(c)}: ${describe(x)} at ${describe(given)}`);
  }
  const sizes = spatial(c, x);
  const n = sizes.length;
  const window = axesAttribute(c, 'kernel_shape', n, 0, 1);
  const strides = axesAttribute(c, 'strides', n, 1, 1);
  const pads = axesAttribute(c, 'pads', 2 * n, 0, 0);
  const inferred = [
    ...x.shape.slice(0, 2),
    ...sizes.map((size, i) => (size - 1) * strides[i]! - pads[i]! - pads[n + i]! + window[i]!),
  ];
  if (inferred.some((size) => size < 1)) malformed(`${where(c)}: a result [${inferred.join()}]`);
  const type = { dtype: 'f32', shape: inferred } as const;
  const y = b.call('maxUnpool', [x, given], [count(x.shape), count(inferred)], type);
  const shape = integers(c, 2);
  if (!shape || shape.join() === inferred.join()) return y;
  // Places count in the shape that follows from the window; a larger result has zeros behind it.
  const fits = shape.length === inferred.length && shape.every((size, i) => size >= inferred[i]!);
  if (!fits) malformed(`${where(c)}: output_shape [${shape.join()}] for [${inferred.join()}]`);
  const larger = { dtype: 'f32', shape } as const;
  const zero = b.constant({ dtype: 'f32', shape: [1] }, writeNumbers('f32', [0]));
  return b.assemble(larger, [
    b.box(zero, larger, { size: [count(shape)], from: [0], to: [1] }),
    b.box(y, larger, { size: inferred, from: stridesOf(inferred), to: stridesOf(shape) }),
  ]);
}

export const POOLING: Lowerings = {
  AveragePool: { lower: averagePool, anyAxes: true },
  GlobalAveragePool: {
    lower: (c) => sums(c, 'sumPool', global(c, input(c, 0)), 'elements'),
    anyAxes: true,
  },
  GlobalLpPool: { lower: (c) => lpPool(c, global(c, input(c, 0))), anyAxes: true },
  GlobalMaxPool: { lower: (c) => largest(c, global(c, input(c, 0))), anyAxes: true },
  LpPool: { lower: (c) => lpPool(c, windowed(c, input(c, 0))), anyAxes: true },
  MaxPool: { lower: maxPool, anyAxes: true },
  MaxUnpool: maxUnpool,
};
