/** Work along one axis of tensors whose axes may be stored in any order, without putting them in order. */
import type { Builder } from '../../builder.ts';
import { count, sameShape, type Tensor } from '../../tensor.ts';

/** A tensor as its storage holds it, cut at one axis: [outer, size, inner]. */
export interface Cut {
  readonly stored: Tensor;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** Shape of the stored tensor when the axis has another size, or is several. */
  shape(...sizes: readonly number[]): number[];
  /** Gives a result of that shape, one axis in the place of the axis, the order of the axes of the tensor. */
  back(result: Tensor): Tensor;
}

export function cutAt(b: Builder, tensor: Tensor, axis: number): Cut {
  const stored = b.stored(tensor);
  const at = tensor.axes ? tensor.axes.indexOf(axis) : axis;
  const before = stored.shape.slice(0, at);
  const behind = stored.shape.slice(at + 1);
  return {
    stored,
    outer: count(before),
    size: tensor.shape[axis]!,
    inner: count(behind),
    shape: (...sizes) => [...before, ...sizes, ...behind],
    back: (result) => b.withAxes(result, tensor.axes),
  };
}

/** The tensor row-major with its axes in the order `axes`, or in their own. */
export function storedAs(b: Builder, tensor: Tensor, axes: readonly number[] | undefined): Tensor {
  return b.plain(axes ? b.transpose(tensor, axes) : tensor);
}

/** The order of axes that most elements of `tensors` are stored in. */
export function commonAxes(tensors: readonly Tensor[]): readonly number[] | undefined {
  const orders = tensors.map(({ axes, shape }) => ({ axes, elements: count(shape) }));
  const sum = (order: readonly number[] | undefined): number =>
    orders
      .filter(({ axes }) => (axes && order ? sameShape(axes, order) : axes === order))
      .reduce((all, { elements }) => all + elements, 0);
  return orders.reduce((best, one) => (sum(one.axes) > sum(best.axes) ? one : best)).axes;
}
