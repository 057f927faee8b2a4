/** Rules of vm/kernels/elementwise: one result for each element or tuple of elements. */
import { CONVERT } from './elementwise/convert.ts';
import { PAIRS } from './elementwise/pairs.ts';
import { UNARY } from './elementwise/unary.ts';
import type { Rule, Rules } from './rule.ts';

const elementwise = (inputs: number): Rule => ({
  attributes: ['n'],
  operands: ([n = 0]) => Array.from({ length: inputs + 1 }, () => ['f32', n] as const),
});

export const ELEMENTWISE: Rules = {
  ...PAIRS,
  ...UNARY,
  add: elementwise(2),
  sub: elementwise(2),
  mul: elementwise(2),
  relu: elementwise(1),
  convert: CONVERT,
  normalise: {
    attributes: ['n'],
    operands: ([n = 0]) => [
      ['u8', n],
      ['f32', n],
    ],
  },
};
