/** Rules of vm/kernels/linear: products of matrices and what is made of them. */
import { product, type Rules } from './rule.ts';

export const LINEAR: Rules = {
  dense: {
    attributes: ['m', 'k', 'n'],
    operands: ([m = 0, k = 0, n = 0]) => [
      ['f32', product(m, k)],
      ['f32', product(k, n)],
      ['f32', n],
      ['f32', product(m, n)],
    ],
    cost: ([m = 0, k = 0, n = 0]) => 1.5 * m * k * Math.max(n, 4),
  },
};
