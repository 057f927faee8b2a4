/** Operands of different shapes, brought together by ONNX's (NumPy's) rules of broadcasting. */
import type { Dtype } from '../../graph.ts';
import { PAIR_AXES } from '../../operators/elementwise/pairs.ts';
import { OPERATORS } from '../../operators/index.ts';
import { type Builder, costOf } from '../builder.ts';
import { malformed } from '../errors.ts';
import { count, describe, sameShape, stridesOf, type Tensor } from '../tensor.ts';

/** Shape that tensors of these shapes have together: aligned at their last axes, a 1 gives way. */
export function broadcastShape(b: Builder, tensors: readonly Tensor[]): number[] {
  const rank = Math.max(0, ...tensors.map(({ shape }) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const { shape } of tensors) {
    shape.forEach((size, i) => {
      const axis = rank - shape.length + i;
      if (size === 1 || size === result[axis]) return;
      if (result[axis] !== 1) {
        malformed(
          `${b.scope}: ${tensors.map((t) => describe(t)).join(' and ')} have no common shape`,
        );
      }
      result[axis] = size;
    });
  }
  return result;
}

/** Strides of a tensor's storage along the axes of `shape`, to which it is broadcast. */
export function broadcastStrides(tensor: Tensor, shape: readonly number[]): number[] {
  const axes = tensor.axes ?? tensor.shape.map((_, i) => i);
  const stored = stridesOf(axes.map((axis) => tensor.shape[axis]!));
  const missing = shape.length - tensor.shape.length;
  return shape.map((_, i) => {
    const axis = i - missing;
    return axis < 0 || tensor.shape[axis] === 1 ? 0 : stored[axes.indexOf(axis)]!;
  });
}

/** A tensor repeated so that it has `shape`; its bytes are copied unless it has that many elements already. */
export function broadcast(b: Builder, tensor: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(tensor.shape, shape)) return tensor;
  const common = broadcastShape(b, [tensor, { ...tensor, shape }]);
  if (!sameShape(common, shape)) {
    malformed(`${b.scope}: ${describe(tensor)} cannot be broadcast to [${shape.join()}]`);
  }
  if (count(shape) === count(tensor.shape)) return b.reshape(tensor, shape);
  return b.move(b.stored(tensor), shape, { size: shape, from: broadcastStrides(tensor, shape) });
}

/** The order of axes in which a result is best stored: that of an operand which has all of its elements. */
function leadingAxes(
  tensors: readonly Tensor[],
  shape: readonly number[],
): readonly number[] | undefined {
  const whole = tensors.filter((tensor) => sameShape(tensor.shape, shape));
  return (whole.find(({ data }) => !data) ?? whole[0])?.axes;
}

interface Axis {
  readonly size: number;
  /** Of each operand. */
  readonly strides: readonly number[];
}

/** Neighbouring axes become one where every operand's strides allow. */
function merged(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const outer = result.at(-1);
    const merges = outer?.strides.every((stride, i) => stride === axis.strides[i]! * axis.size);
    if (outer && merges)
      result[result.length - 1] = { size: outer.size * axis.size, strides: axis.strides };
    else result.push(axis);
  }
  return result;
}

/**
 * Calls a kernel with strides (`operators/elementwise/pairs.ts`) on operands of any shapes that can be broadcast together, stored in
 * any order of axes: nothing is copied unless more than four axes are left when neighbours are merged. The result is stored as its
 * largest operand is.
 */
export function stridedCall(
  b: Builder,
  kernel: string,
  tensors: readonly Tensor[],
  dtype: Dtype,
): Tensor {
  const shape = broadcastShape(b, tensors);
  if (count(shape) === 0) return b.constant({ dtype, shape }, new Uint8Array());
  const order = leadingAxes(tensors, shape) ?? shape.map((_, i) => i);
  const stored = order.map((axis) => shape[axis]!);
  const strides = tensors.map((tensor) => broadcastStrides(tensor, shape));
  let operands = tensors.map((tensor) => b.stored(tensor));
  let axes = merged(
    order.map((axis) => ({ size: shape[axis]!, strides: strides.map((of) => of[axis]!) })),
  );
  if (axes.length > PAIR_AXES) {
    operands = operands.map((tensor, i) =>
      b.move(tensor, stored, { size: stored, from: order.map((axis) => strides[i]![axis]!) }),
    );
    axes = [{ size: count(stored), strides: operands.map(() => 1) }];
  }
  // In front, unless the work must be split: then the only axis is cut in two.
  const none: Axis = { size: 1, strides: operands.map(() => 0) };
  const padded = [...new Array<Axis>(PAIR_AXES - axes.length).fill(none), ...axes];
  const attributesOf = (begin: number, end: number, of: readonly Axis[]): number[] => [
    ...operands.map((tensor) => count(tensor.shape)),
    begin,
    end,
    ...of.map(({ size }) => size),
    ...operands.flatMap((_, i) => of.map(({ strides }) => strides[i]!)),
  ];
  const split = cut(b, kernel, padded, attributesOf);
  const result = b.rows(kernel, operands, { dtype, shape: stored }, split[0]!.size, (begin, end) =>
    attributesOf(begin, end, split),
  );
  return b.withAxes(result, order);
}

/** Axes whose first can be split into calls below the limit: a first axis of 1 takes a factor of the next one that is larger. */
function cut(
  b: Builder,
  kernel: string,
  axes: readonly Axis[],
  attributesOf: (begin: number, end: number, axes: readonly Axis[]) => number[],
): readonly Axis[] {
  const parts = Math.ceil(
    costOf(OPERATORS.get(kernel)!, attributesOf(0, axes[0]!.size, axes)) / b.limit,
  );
  if (parts <= axes[0]!.size) return axes;
  const at = axes.findIndex(({ size }) => size > 1);
  if (at <= 0) return axes;
  const { size, strides } = axes[at]!;
  let factor = parts;
  while (factor < size && size % factor !== 0) factor++;
  const inner = size / factor;
  const outer = { size: factor, strides: strides.map((stride) => stride * inner) };
  return [outer, ...axes.slice(1, at), { size: inner, strides }, ...axes.slice(at + 1)];
}
