/** Operators that make one result for each element or pair of elements. */
import { like } from '../builder.ts';
import { type Context, input, type Lowerings, where } from '../context.ts';
import { unsupported } from '../errors.ts';
import { count, describe, type Tensor } from '../tensor.ts';

/** A kernel of one operand, whatever the order of its axes. */
function unary(kernel: string): { lower(c: Context): Tensor; anyAxes: true } {
  return {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      if (x.dtype !== 'f32') unsupported(`${where(c)}: ${describe(x)}`);
      const stored = c.b.stored(x);
      return c.b.withAxes(c.b.call(kernel, [stored], [count(x.shape)], like(stored)), x.axes);
    },
  };
}

export const ELEMENTWISE: Lowerings = {
  Relu: unary('relu'),
};
