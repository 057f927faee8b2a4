/** ONNX's conversions between floats and quantised integers. */
import { DTYPES, type Dtype } from '../../../graph.ts';
import { type Builder, like } from '../../builder.ts';
import {
  axisOf,
  type Context,
  input,
  type Lowerings,
  number,
  optional,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { broadcast } from '../broadcast.ts';
import { convert, typeAttribute } from '../cast.ts';
import { RANGE } from './operands.ts';

/** How scales lie along a tensor: each for `inner` elements next to each other, all of them `outer` times. */
export interface Layout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

export const WHOLE = (x: Tensor): Layout => ({ outer: 1, channels: 1, inner: count(x.shape) });

/** Zeros as the kernels take them. */
export const zerosOf = (b: Builder, zero: Tensor | undefined, channels: number): Tensor =>
  zero
    ? b.reshape(b.plain(convert(b, zero, 'i32')), [channels])
    : b.constant(
        { dtype: 'i32', shape: [channels] },
        writeNumbers('i32', new Array<number>(channels).fill(0)),
      );

export interface Quantiser {
  readonly scales: Tensor;
  readonly zeros: Tensor;
  readonly dtype: Dtype;
  readonly layout: Layout;
  /** Ties to even (ONNX) or away from zero (TensorFlow Lite). */
  readonly ties: 'even' | 'away';
}

/** Rows of `outer` that one call takes: a call that costs too much is split into parts of the tensor. */
export function quantise(b: Builder, x: Tensor, q: Quantiser): Tensor {
  const { bytes } = DTYPES[q.dtype];
  const [low, high] = RANGE[q.dtype]!;
  const { channels, inner, outer } = q.layout;
  const ties = q.ties === 'even' ? 0 : 1;
  const attributes = [outer, channels, inner, ties, low >>> 0, high >>> 0];
  return b.call(`quantise${8 * bytes}`, [x, q.scales, q.zeros], attributes, like(x, q.dtype));
}

export function dequantise(
  b: Builder,
  x: Tensor,
  { layout, scales, zeros }: Pick<Quantiser, 'scales' | 'zeros' | 'layout'>,
): Tensor {
  const { bytes } = DTYPES[x.dtype];
  const signed = x.dtype === 'i8' || x.dtype === 'i16' ? 1 : 0;
  const { channels, inner, outer } = layout;
  const attributes = [outer, channels, inner, signed];
  return b.call(`dequantise${8 * bytes}`, [x, scales, zeros], attributes, like(x, 'f32'));
}

/**
 * The layout of scales over x, and the scales and zeros in it: one for all, one for each index along an axis, or for each block of
 * indices (operator set 21).
 */
function spreadScales(
  c: Context,
  x: Tensor,
): { layout: Layout; scales: Tensor; zeros: Tensor; scaleType: Dtype } {
  const given = input(c, 1);
  const zero = optional(c, 2);
  const scales = convert(c.b, given, 'f32');
  const scaleType = given.dtype;
  const n = count(given.shape);
  if (zero && count(zero.shape) !== n)
    malformed(`${where(c)}: ${describe(given)} of scales, ${describe(zero)} of zeros`);
  if (n === 1) {
    const flat = c.b.reshape(scales, [1]);
    return { layout: WHOLE(x), scales: flat, zeros: zerosOf(c.b, zero, 1), scaleType };
  }
  const axis = axisOf(c, number(c, 'axis', 1), x.shape.length);
  const outer = count(x.shape.slice(0, axis));
  const inner = count(x.shape.slice(axis + 1));
  if (given.shape.length === 1) {
    if (n !== x.shape[axis])
      malformed(`${where(c)}: ${n} scales along axis ${axis} of ${describe(x)}`);
    return {
      layout: { outer, channels: n, inner },
      scales,
      zeros: zerosOf(c.b, zero, n),
      scaleType,
    };
  }
  // Blocks: every scale is repeated for the indices of its block.
  const block = number(c, 'block_size', 0);
  const blocks = given.shape[axis] ?? 0;
  const fits =
    given.shape.length === x.shape.length &&
    block > 0 &&
    Math.ceil(x.shape[axis]! / block) === blocks &&
    given.shape.every((size, i) => i === axis || size === x.shape[i]);
  if (!fits || x.shape[axis]! % block !== 0)
    unsupported(`${where(c)}: scales ${describe(given)} for blocks of ${block} of ${describe(x)}`);
  const repeat = (tensor: Tensor): Tensor => {
    const apart = c.b.reshape(tensor, [outer, blocks, 1, inner]);
    return c.b.reshape(broadcast(c.b, apart, [outer, blocks, block, inner]), [count(x.shape)]);
  };
  return {
    layout: { outer: 1, channels: count(x.shape), inner: 1 },
    scales: repeat(scales),
    zeros: repeat(zerosOf(c.b, zero, n)),
    scaleType,
  };
}

const QUANTISED_TYPES: readonly Dtype[] = ['i8', 'u8', 'i16', 'u16'];

export const QUANTISE_LINEAR: Lowerings = {
  QuantizeLinear(c) {
    const given = input(c, 0);
    const zero = optional(c, 2);
    const named = c.node.attributes.output_dtype ? typeAttribute(c, 'output_dtype') : undefined;
    const dtype = zero?.dtype ?? named ?? 'u8';
    if (!QUANTISED_TYPES.includes(dtype)) unsupported(`${where(c)}: to ${dtype}`);
    const x = convert(c.b, given, 'f32');
    if (count(x.shape) === 0) return c.b.constant(like(x, dtype), new Uint8Array());
    return quantise(c.b, x, { ...spreadScales(c, x), dtype, ties: 'even' });
  },

  DequantizeLinear(c) {
    const x = input(c, 0);
    if (![...QUANTISED_TYPES, 'i32'].includes(x.dtype)) unsupported(`${where(c)}: ${describe(x)}`);
    if (count(x.shape) === 0) return c.b.constant(like(x, 'f32'), new Uint8Array());
    const { scaleType, ...spread } = spreadScales(c, x);
    return convert(c.b, dequantise(c.b, x, spread), scaleType);
  },

  DynamicQuantizeLinear(c) {
    const x = input(c, 0);
    if (x.dtype !== 'f32' || count(x.shape) === 0) unsupported(`${where(c)}: ${describe(x)}`);
    const range = c.b.call('extent', [x], [count(x.shape)], { dtype: 'f32', shape: [2] });
    const scales = c.b.call('dynamicScale', [range], [1], { dtype: 'f32', shape: [1] });
    const zeros = c.b.call('dynamicZero', [range], [1], { dtype: 'i32', shape: [1] });
    const y = quantise(c.b, x, { scales, zeros, dtype: 'u8', layout: WHOLE(x), ties: 'even' });
    return [y, c.b.reshape(scales, []), c.b.reshape(convert(c.b, zeros, 'u8'), [])];
  },
};
