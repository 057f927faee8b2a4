/** Comparisons and what depends on them. */

import type { Builder } from '../builder.ts';
import { like } from '../builder.ts';
import { type Entry, input, type Lowerings, number } from '../context.ts';
import { writeNumbers } from '../scalars.ts';
import { count, type Tensor } from '../tensor.ts';
import { operands } from './arithmetic.ts';
import { binary, type Comparison, compare, isFloat, scalar, where } from './elementary.ts';

const comparison = (op: Comparison, isSwapped: boolean): Entry => ({
  anyAxes: true,
  lower(c) {
    const [x, y] = operands(c);
    return isSwapped ? compare(c.b, op, y, x) : compare(c.b, op, x, y);
  },
});

/** 0 everywhere. */
const nowhere = (b: Builder, x: Tensor): Tensor => {
  const type = like(b.stored(x), 'bool');
  return b.withAxes(b.constant(type, new Uint8Array(count(type.shape))), x.axes);
};

/** The bool that is not x. */
export const not = (b: Builder, x: Tensor): Tensor => binary(b, 'xor', x, scalar(b, x.dtype, 1));

export const COMPARISON: Lowerings = {
  Equal: comparison('equal', false),
  Less: comparison('less', false),
  LessOrEqual: comparison('lessOrEqual', false),
  Greater: comparison('less', true),
  GreaterOrEqual: comparison('lessOrEqual', true),

  Where: { anyAxes: true, lower: (c) => where(c.b, input(c, 0), input(c, 1), input(c, 2)) },

  IsNaN: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      return isFloat(x.dtype) ? not(c.b, compare(c.b, 'equal', x, x)) : nowhere(c.b, x);
    },
  },
  IsInf: {
    anyAxes: true,
    lower(c) {
      const x = input(c, 0);
      const signs = [
        ...(number(c, 'detect_positive', 1) === 0 ? [] : [Infinity]),
        ...(number(c, 'detect_negative', 1) === 0 ? [] : [-Infinity]),
      ];
      const found = signs.map((value) =>
        compare(
          c.b,
          'equal',
          x,
          c.b.constant({ dtype: x.dtype, shape: [] }, writeNumbers(x.dtype, [value])),
        ),
      );
      const [first, second] = found;
      if (!first || !isFloat(x.dtype)) return nowhere(c.b, x);
      return second ? binary(c.b, 'or', first, second) : first;
    },
  },
};
