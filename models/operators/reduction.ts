/** Rules of vm/kernels/reduction: sums, largest values and what is normalised by them. */
import type { Dtype } from '../graph.ts';
import { type OperandType, product, type Rule, type Rules } from './rule.ts';

/** Operations of `reduce` by their number; floats have the last two too. */
export const REDUCTIONS = [
  'sum',
  'product',
  'max',
  'min',
  'sumOfSquares',
  'sumOfAbsolutes',
  'mean',
  'norm',
] as const;

function reduce(type: OperandType, operations: number): Rule {
  return {
    attributes: ['operation', 'outer', 'n', 'inner'],
    zeros: ['operation'],
    check: ([operation = 0]) =>
      operation < operations ? undefined : `there is no operation ${operation}`,
    operands: ([, outer = 0, n = 0, inner = 0]) => [
      [type, product(outer, n, inner)],
      [type, product(outer, inner)],
    ],
    cost([, outer = 0, n = 0, inner = 0]) {
      const lanes = type !== 'f32' ? 1 : inner === 1 ? n / 16 : inner / 4;
      return (lanes > 1 ? 1.2 : 6) * product(outer, n + 10, inner);
    },
  };
}

function argExtreme(type: Dtype): Rule {
  return {
    attributes: ['outer', 'n', 'inner', 'smallest', 'last'],
    zeros: ['smallest', 'last'],
    operands: ([outer = 0, n = 0, inner = 0]) => [
      [type, product(outer, n, inner)],
      ['i64', product(outer, inner)],
    ],
    cost: ([outer = 0, n = 0, inner = 0]) => 12 * product(outer, n, inner),
  };
}

/** Elements of the largest matrix whose determinant is taken: its scratch must fit a region. */
const MOST_ROWS = 4096;

function det(type: Dtype): Rule {
  return {
    attributes: ['batch', 'n'],
    check: ([, n = 0]) => (n <= MOST_ROWS ? undefined : `${n} rows; ${MOST_ROWS} are allowed`),
    operands: ([batch = 0, n = 0]) => [
      [type, product(batch, n, n)],
      [type, batch],
    ],
    scratch: ([, n = 0]) => 8 * product(n, n),
    cost: ([batch = 0, n = 0]) => product(batch, n, n, 5 * n + 14),
  };
}

const f32 = (...sizes: readonly number[]) => ['f32', product(...sizes)] as const;

/** Steps of an exponential in a row of `columns`, whose last ones are made one by one. */
const exponentials = (columns: number): number => 14 * columns + 50 * (columns % 4) + 30;

/** Rows begin ... end - 1 of something with exponentials. */
const rowwise: Rule = {
  attributes: ['rows', 'columns', 'begin', 'end'],
  zeros: ['begin'],
  check: ([rows = 0, , begin = 0, end = 0]) =>
    begin < end && end <= rows ? undefined : `rows ${begin} to ${end} of ${rows}`,
  operands: ([rows = 0, columns = 0]) => [f32(rows, columns), f32(rows, columns)],
  updates: ([rows = 0, , begin = 0, end = 0]) => end - begin < rows,
  cost: ([, columns = 0, begin = 0, end = 0]) => (end - begin) * exponentials(columns),
};

export const REDUCTION: Rules = {
  reduce: reduce('f32', 8),
  reduceF64: reduce('f64', 8),
  reduceI32: reduce('i32', 6),
  reduceU32: reduce('u32', 6),
  reduceI64: reduce('i64', 6),
  reduceU64: reduce('u64', 6),
  argExtreme: argExtreme('f32'),
  argExtremeF64: argExtreme('f64'),
  argExtremeI32: argExtreme('i32'),
  argExtremeI64: argExtreme('i64'),
  det: det('f32'),
  detF64: det('f64'),

  softmax: {
    attributes: ['rows', 'columns'],
    operands: ([rows = 0, columns = 0]) => [f32(rows, columns), f32(rows, columns)],
    cost: ([rows = 0, columns = 0]) => rows * exponentials(columns),
  },
  softmaxRows: rowwise,
  logSoftmaxRows: rowwise,
  argmax: {
    attributes: ['rows', 'columns'],
    operands: ([rows = 0, columns = 0]) => [
      ['f32', product(rows, columns)],
      ['i32', rows],
    ],
  },
  hardmax: {
    attributes: ['rows', 'columns'],
    operands: ([rows = 0, columns = 0]) => [f32(rows, columns), f32(rows, columns)],
    cost: ([rows = 0, columns = 0]) => 14 * product(rows, columns),
  },

  moments: {
    attributes: ['outer', 'n', 'inner'],
    operands: ([outer = 0, n = 0, inner = 0]) => [f32(outer, n, inner), f32(2, outer, inner)],
    cost: ([outer = 0, n = 0, inner = 0]) => 5 * product(outer, n + 4, inner),
  },
  coefficients: {
    attributes: ['batch', 'groups', 'channels', 'epsilon'],
    zeros: ['epsilon'],
    check: ([, groups = 1, channels = 1]) =>
      channels % groups === 0 ? undefined : `${channels} channels in ${groups} groups`,
    operands: ([batch = 0, groups = 0, channels = 0]) => [
      f32(2, batch, groups),
      f32(channels),
      f32(channels),
      f32(2, batch, channels),
    ],
    cost: ([batch = 0, , channels = 0]) => 40 * product(batch, channels),
  },
  scaleShift: {
    attributes: ['batch', 'outer', 'channels', 'inner'],
    operands: ([batch = 0, outer = 0, channels = 0, inner = 0]) => [
      f32(batch, outer, channels, inner),
      f32(2, batch, channels),
      f32(batch, outer, channels, inner),
    ],
    cost: ([batch = 0, outer = 0, channels = 0, inner = 0]) =>
      product(batch, outer, channels, inner === 1 ? 5 : 5 * inner + 14),
  },
  layerNorm: {
    attributes: ['rows', 'columns', 'epsilon'],
    zeros: ['epsilon'],
    operands: ([rows = 0, columns = 0]) => [
      f32(rows, columns),
      f32(columns),
      f32(columns),
      f32(rows, columns),
    ],
    cost: ([rows = 0, columns = 0]) => 8 * product(rows, columns + 8),
  },
  rmsNorm: {
    attributes: ['rows', 'columns', 'epsilon'],
    zeros: ['epsilon'],
    operands: ([rows = 0, columns = 0]) => [f32(rows, columns), f32(columns), f32(rows, columns)],
    cost: ([rows = 0, columns = 0]) => 6 * product(rows, columns + 8),
  },
  lrn: {
    attributes: [
      'outer',
      'channels',
      'inner',
      'before',
      'after',
      'factor',
      'bias',
      'power',
      'beta',
    ],
    zeros: ['before', 'after', 'factor', 'bias', 'power', 'beta'],
    check: ([, , , , , , , power = 0]) => (power <= 3 ? undefined : `there is no power ${power}`),
    operands: ([outer = 0, channels = 0, inner = 0]) => [
      f32(outer, channels, inner),
      f32(outer, channels, inner),
    ],
    cost: ([outer = 0, channels = 0, inner = 0, before = 0, after = 0, , , power = 0]) =>
      product(
        ...[outer, channels, inner],
        3 * Math.min(before + after, channels) + (power === 3 ? 150 : 13),
      ),
  },
  nll: {
    attributes: ['batch', 'classes', 'inner', 'ignores', 'low', 'high'],
    zeros: ['ignores', 'low', 'high'],
    operands: ([batch = 0, classes = 0, inner = 0]) => [
      f32(batch, classes, inner),
      ['i64', product(batch, inner)],
      f32(classes),
      f32(2, batch, inner),
    ],
    cost: ([batch = 0, , inner = 0]) => 30 * product(batch, inner),
  },
};
