/** Tensors made of parts of others: concatenated, padded, repeated. */

import { REGION_BYTES } from '../../../../vm/constants.ts';
import { DTYPES, type Dtype } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import { malformed, unsupported } from '../../errors.ts';
import {
  count,
  describe,
  sameShape,
  stridesOf,
  type Tensor,
  type TensorType,
} from '../../tensor.ts';
import { commonAxes, cutAt, storedAs } from './axes.ts';
import { slice } from './take.ts';

/** Refuses a shape that no tensor has, before anything is made of its sizes. */
function checkShape(b: Builder, { dtype, shape }: TensorType): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    malformed(`${b.scope}: a shape of [${shape}]`);
  }
  const bytes = count(shape) * DTYPES[dtype].bytes;
  if (bytes > REGION_BYTES) {
    unsupported(`${b.scope}: ${describe({ dtype, shape })}; a tensor holds ${REGION_BYTES} bytes`);
  }
}

/** Tensors of one type one after the other along `axis`. At least one; those without elements count only for the shape. */
export function concat(b: Builder, tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) malformed(`${b.scope}: a concatenation of nothing`);
  const { dtype, shape } = first;
  for (const one of tensors) {
    const agrees =
      one.shape.length === shape.length && sameShape(one.shape.with(axis, 0), shape.with(axis, 0));
    if (one.dtype !== dtype || !agrees) {
      malformed(
        `${b.scope}: ${describe(first)} and ${describe(one)} are concatenated at axis ${axis}`,
      );
    }
  }
  const whole = {
    dtype,
    shape: shape.with(
      axis,
      tensors.reduce((sum, one) => sum + one.shape[axis]!, 0),
    ),
  };
  if (count(whole.shape) === 0) return b.constant(whole, new Uint8Array());
  const filled = tensors.filter((one) => count(one.shape) > 0);
  if (filled.length === 1) return filled[0]!;
  const axes = commonAxes(filled);
  const n = whole.shape[axis]!;
  const type = { dtype, shape: axes ? axes.map((from) => whole.shape[from]!) : whole.shape };
  let at = 0;
  const parts = filled.flatMap((one) => {
    const { inner, outer, size, stored } = cutAt(b, b.withAxes(storedAs(b, one, axes), axes), axis);
    const part = b.boxes(stored, type, {
      size: [outer, size * inner],
      from: [size * inner, 1],
      to: [n * inner, 1],
      at: at * inner,
    });
    at += size;
    return part;
  });
  return b.withAxes(b.assemble(type, parts), axes);
}

/**
 * A tensor with `before[a]` and `after[a]` more elements at the ends of each axis, fewer where negative.
 *
 * @param value the new elements: the bytes of one, or a tensor of one
 */
export function pad(
  b: Builder,
  tensor: Tensor,
  before: readonly number[],
  after: readonly number[],
  value: Uint8Array | Tensor,
): Tensor {
  const { dtype } = tensor;
  const shape = tensor.shape.map((size, axis) => size + before[axis]! + after[axis]!);
  checkShape(b, { dtype, shape });
  if (!(value instanceof Uint8Array) && (value.dtype !== dtype || count(value.shape) !== 1)) {
    malformed(`${b.scope}: ${describe(tensor)} padded with ${describe(value)}`);
  }
  let x = tensor;
  tensor.shape.forEach((size, axis) => {
    const start = Math.max(0, -before[axis]!);
    const end = size - Math.max(0, -after[axis]!);
    if (start > 0 || end < size) x = slice(b, x, axis, Math.min(start, size), end);
  });
  if (sameShape(shape, x.shape)) return x;
  const one =
    value instanceof Uint8Array ? b.constant({ dtype, shape: [] }, value) : b.reshape(value, []);
  const source = b.stored(x);
  const order = x.axes ?? x.shape.map((_, axis) => axis);
  const type = { dtype, shape: order.map((axis) => shape[axis]!) };
  const n = count(shape);
  if (n === 0) return b.constant({ dtype, shape }, new Uint8Array());
  const fill = b.boxes(one, type, { size: [n], from: [0], to: [1] });
  if (count(source.shape) === 0) return b.withAxes(b.assemble(type, fill), x.axes);
  const to = stridesOf(type.shape);
  const copy = b.boxes(source, type, {
    size: source.shape,
    from: stridesOf(source.shape),
    to,
    at: order.reduce((sum, axis, i) => sum + Math.max(0, before[axis]!) * to[i]!, 0),
  });
  return b.withAxes(b.assemble(type, [...fill, ...copy]), x.axes);
}

/** Repeats axes of size 1, and new ones in front, to `shape`. */
export function expand(b: Builder, tensor: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  const more = shape.length - tensor.shape.length;
  const fits = tensor.shape.every((size, axis) => size === 1 || size === shape[more + axis]);
  if (more < 0 || !fits) malformed(`${b.scope}: ${describe(tensor)} doesn't expand to [${shape}]`);
  const { dtype } = tensor;
  checkShape(b, { dtype, shape });
  if (count(shape) === 0) return b.constant({ dtype, shape }, new Uint8Array());
  const x = b.plain(tensor);
  if (count(shape) === count(x.shape)) return b.reshape(x, shape);
  const strides = stridesOf(x.shape);
  const from = shape.map((_, axis) =>
    axis < more || x.shape[axis - more] === 1 ? 0 : strides[axis - more]!,
  );
  return b.move(x, shape, { size: shape, from });
}

/** The whole tensor `times[a]` times along each axis. */
export function tile(b: Builder, tensor: Tensor, times: readonly number[]): Tensor {
  const shape = tensor.shape.map((size, axis) => size * times[axis]!);
  if (sameShape(tensor.shape, shape)) return tensor;
  const { dtype } = tensor;
  checkShape(b, { dtype, shape });
  if (count(shape) === 0) return b.constant({ dtype, shape }, new Uint8Array());
  const x = b.plain(tensor);
  const strides = stridesOf(x.shape);
  return b.move(x, shape, {
    size: x.shape.flatMap((size, axis) => [times[axis]!, size]),
    from: strides.flatMap((stride) => [0, stride]),
  });
}

/** The same bytes as elements of another type of the same width. */
export function bitcast(b: Builder, tensor: Tensor, dtype: Dtype): Tensor {
  if (DTYPES[tensor.dtype].bytes !== DTYPES[dtype].bytes) {
    malformed(`${b.scope}: ${describe(tensor)} as ${dtype}`);
  }
  if (tensor.dtype === dtype) return tensor;
  const x = b.stored(tensor);
  const type = { dtype, shape: x.shape };
  const n = [count(x.shape)];
  if (n[0] === 0) return b.constant(type, new Uint8Array());
  return b.withAxes(
    b.assemble(type, b.boxes(x, type, { size: n, from: [1], to: [1] })),
    tensor.axes,
  );
}
