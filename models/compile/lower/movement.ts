/** Operators that move elements without changing them. */
import { axisOf, input, integers, type Lowerings, number, numbers, where } from '../context.ts';
import { malformed } from '../errors.ts';
import { count } from '../tensor.ts';

export const MOVEMENT: Lowerings = {
  Identity: { anyAxes: true, lower: (c) => c.inputs[0]! },

  Transpose: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const order = numbers(c, 'perm') ?? x.shape.map((_, i) => i).reverse();
      const isOrder = order.length === x.shape.length && new Set(order).size === order.length;
      if (!isOrder) malformed(`${where(c)}: perm [${order.join()}] of rank ${x.shape.length}`);
      return c.b.transpose(
        x,
        order.map((axis) => axisOf(c, axis, x.shape.length)),
      );
    },
  },

  Reshape(c) {
    const x = input(c, 0);
    const wanted = c.opset < 5 ? (numbers(c, 'shape') ?? []) : (integers(c, 1) ?? []);
    const keepsZero = number(c, 'allowzero', 0) !== 0;
    const sizes = wanted.map((size, i) => (size === 0 && !keepsZero ? (x.shape[i] ?? 0) : size));
    const rest = sizes.filter((size) => size !== -1);
    const open = rest.length < sizes.length ? count(x.shape) / count(rest) : 0;
    return c.b.reshape(
      x,
      sizes.map((size) => (size === -1 ? open : size)),
    );
  },
};
