import { product, type Rule, type Rules } from '../rule.ts';
import { costOfRow, faultOfRows, indexType } from './gather.ts';

const faultOfFlag = (name: string, value: number): string | undefined =>
  value > 1 ? `${name} is ${value}; it must be 0 or 1` : undefined;

function scatter(bytes: 1 | 2 | 4 | 8): Rule {
  return {
    attributes: ['n', 'cells', 'inner', 'begin', 'end'],
    zeros: ['begin'],
    check: ([n = 0, , , begin = 0, end = 0]) => faultOfRows(begin, end, n),
    operands: ([n = 0, cells = 0, inner = 0]) => [
      ['i32', n],
      [bytes, product(n, inner)],
      [bytes, product(cells, inner)],
    ],
    updates: () => true,
    cost: ([, , inner = 0, begin = 0, end = 0]) => (end - begin) * (20 + costOfRow(inner, bytes)),
  };
}

function scatterReduce(dtype: 'f32' | 'f64' | 'i32' | 'i64'): Rule {
  return {
    attributes: ['n', 'cells', 'inner', 'op', 'begin', 'end'],
    zeros: ['op', 'begin'],
    check: ([n = 0, , , op = 0, begin = 0, end = 0]) =>
      op > 3 ? `op is ${op}; it must be 0 to 3` : faultOfRows(begin, end, n),
    operands: ([n = 0, cells = 0, inner = 0]) => [
      ['i32', n],
      [dtype, product(n, inner)],
      [dtype, product(cells, inner)],
    ],
    updates: () => true,
    cost: ([, , inner = 0, , begin = 0, end = 0]) => (end - begin) * (20 + 20 * inner),
  };
}

function oneHot(bytes: 1 | 2 | 4 | 8): Rule {
  return {
    attributes: ['outer', 'depth', 'inner', 'wide'],
    zeros: ['wide'],
    check: ([, , , wide = 0]) => faultOfFlag('wide', wide),
    operands: ([outer = 0, depth = 0, inner = 0, wide = 0]) => [
      [indexType(wide), product(outer, inner)],
      [bytes, 2],
      [bytes, product(outer, depth, inner)],
    ],
    cost: ([outer = 0, depth = 0, inner = 0]) => 20 * product(outer, depth, inner),
  };
}

const SCATTER: Rules = {
  scatter1: scatter(1),
  scatter2: scatter(2),
  scatter4: scatter(4),
  scatter8: scatter(8),
  scatterF32: scatterReduce('f32'),
  scatterF64: scatterReduce('f64'),
  scatterI32: scatterReduce('i32'),
  scatterI64: scatterReduce('i64'),
};

export const INDICES: Rules = {
  ...SCATTER,
  indexElements: {
    attributes: ['outer', 'n', 'inner', 'axis', 'wide'],
    zeros: ['wide'],
    check: ([, , , , wide = 0]) => faultOfFlag('wide', wide),
    operands: ([outer = 0, n = 0, inner = 0, , wide = 0]) => [
      [indexType(wide), product(outer, n, inner)],
      ['i32', product(outer, n, inner)],
    ],
    cost: ([outer = 0, n = 0, inner = 0]) => 20 * product(outer, n, inner),
  },
  indexTuples: {
    attributes: ['n', 'k', 'wide'],
    zeros: ['wide'],
    check: ([, , wide = 0]) => faultOfFlag('wide', wide),
    operands: ([n = 0, k = 0, wide = 0]) => [
      [indexType(wide), product(n, k)],
      ['i32', k],
      ['i32', n],
    ],
    cost: ([n = 0, k = 0]) => n * (10 + 20 * k),
  },
  indexReversed: {
    attributes: ['batch', 'n', 'wide'],
    zeros: ['wide'],
    check: ([, , wide = 0]) => faultOfFlag('wide', wide),
    operands: ([batch = 0, n = 0, wide = 0]) => [
      [indexType(wide), batch],
      ['i32', product(batch, n)],
    ],
  },
  oneHot1: oneHot(1),
  oneHot2: oneHot(2),
  oneHot4: oneHot(4),
  oneHot8: oneHot(8),
  nGrams: {
    attributes: ['rows', 'columns', 'grams', 'length', 'skips', 'wide'],
    zeros: ['skips', 'wide'],
    check: ([, columns = 0, , , skips = 0, wide = 0]) =>
      skips >= columns && skips > 0
        ? `${skips} skips in a row of ${columns}`
        : faultOfFlag('wide', wide),
    operands: ([rows = 0, columns = 0, grams = 0, length = 0, , wide = 0]) => [
      [indexType(wide), product(rows, columns)],
      ['i64', product(grams, length)],
      ['f32', product(rows, grams)],
    ],
    cost: ([rows = 0, columns = 0, grams = 0, length = 0, skips = 0]) =>
      product(rows, grams, columns, skips + 1) * (10 + 15 * length),
  },
};
