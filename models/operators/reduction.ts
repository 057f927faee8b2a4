/** Rules of vm/kernels/reduction: sums, largest values and what is normalised by them. */
import { product, type Rules } from './rule.ts';

export const REDUCTION: Rules = {
  softmax: {
    attributes: ['rows', 'columns'],
    operands: ([rows = 0, columns = 0]) => [
      ['f32', product(rows, columns)],
      ['f32', product(rows, columns)],
    ],
    cost: ([rows = 0, columns = 0]) => 40 * product(rows, columns),
  },
  argmax: {
    attributes: ['rows', 'columns'],
    operands: ([rows = 0, columns = 0]) => [
      ['f32', product(rows, columns)],
      ['i32', rows],
    ],
  },
};
