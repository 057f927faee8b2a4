/** Rules of vm/kernels/elementwise: one result for each element or pair of elements. */
import type { Rule, Rules } from './rule.ts';

const elementwise = (inputs: number): Rule => ({
  attributes: ['n'],
  operands: ([n = 0]) => Array.from({ length: inputs + 1 }, () => ['f32', n] as const),
});

export const ELEMENTWISE: Rules = {
  add: elementwise(2),
  sub: elementwise(2),
  mul: elementwise(2),
  relu: elementwise(1),
  normalise: {
    attributes: ['n'],
    operands: ([n = 0]) => [
      ['u8', n],
      ['f32', n],
    ],
  },
};
