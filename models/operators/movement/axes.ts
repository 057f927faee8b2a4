import { type OperandType, product, type Rule, type Rules } from '../rule.ts';
import { costOfRow, faultOfRows, indexType } from './gather.ts';

function cumulativeSum(dtype: OperandType): Rule {
  return {
    attributes: ['outer', 'n', 'inner', 'exclusive', 'reverse'],
    zeros: ['exclusive', 'reverse'],
    check: ([, , , exclusive = 0, reverse = 0]) =>
      exclusive > 1 || reverse > 1 ? 'exclusive and reverse must be 0 or 1' : undefined,
    operands: ([outer = 0, n = 0, inner = 0]) => [
      [dtype, product(outer, n, inner)],
      [dtype, product(outer, n, inner)],
    ],
    cost: ([outer = 0, n = 0, inner = 0]) => product(outer, n) * (20 + 15 * inner),
  };
}

function topK(dtype: OperandType): Rule {
  return {
    attributes: ['rows', 'n', 'k', 'largest', 'wide', 'begin', 'end'],
    zeros: ['largest', 'wide', 'begin'],
    check([rows = 0, n = 0, k = 0, largest = 0, wide = 0, begin = 0, end = 0]) {
      if (k > n) return `the ${k} largest of ${n}`;
      if (largest > 1) return `largest is ${largest}; it must be 0 or 1`;
      return faultOfRows(begin, end, rows, wide);
    },
    operands: ([rows = 0, n = 0, k = 0, , wide = 0]) => [
      [dtype, product(rows, n)],
      [indexType(wide), product(rows, k)],
    ],
    scratch: ([, , k = 0]) => 4 * k,
    updates: ([rows = 0, , , , , begin = 0, end = 0]) => end - begin < rows,
    // Of numbers in random order few come into the heap once it is full.
    cost: ([, n = 0, k = 0, , , begin = 0, end = 0]) =>
      (end - begin) * (25 * n + 60 * k * Math.log2(2 * k)),
  };
}

function trilu(bytes: 1 | 2 | 4 | 8): Rule {
  return {
    attributes: ['batch', 'rows', 'columns', 'k', 'upper'],
    zeros: ['k', 'upper'],
    check: ([, , , , upper = 0]) =>
      upper > 1 ? `upper is ${upper}; it must be 0 or 1` : undefined,
    operands: ([batch = 0, rows = 0, columns = 0]) => [
      [bytes, product(batch, rows, columns)],
      [bytes, product(batch, rows, columns)],
    ],
    cost: ([batch = 0, rows = 0, columns = 0]) =>
      product(batch, rows) * (30 + costOfRow(columns, bytes)),
  };
}

export const AXES: Rules = {
  cumulativeSumF32: cumulativeSum('f32'),
  cumulativeSumF64: cumulativeSum('f64'),
  cumulativeSumI32: cumulativeSum('i32'),
  cumulativeSumI64: cumulativeSum('i64'),
  topKF32: topK('f32'),
  topKF64: topK('f64'),
  topKI32: topK('i32'),
  topKI64: topK('i64'),
  topKU64: topK('u64'),
  trilu1: trilu(1),
  trilu2: trilu(2),
  trilu4: trilu(4),
  trilu8: trilu(8),
};
