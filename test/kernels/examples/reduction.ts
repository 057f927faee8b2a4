import { type Examples, SIZES } from './sizes.ts';

const rowsAndColumns = [
  ...SIZES.map((columns) => [1, columns]),
  ...[1, 3, 4, 5, 9].map((columns) => [3, columns]),
  [17, 1],
];

/** Outer, n, inner: sets of consecutive elements around the sixteen lanes, sets side by side around blocks of 16 and 4. */
const AXES = [
  [1, 1, 1],
  [3, 5, 1],
  [1, 37, 1],
  [2, 3, 23],
];
/** The mean on all shapes, every other operation on one. */
const REDUCE = [
  ...AXES.map((axes) => [6, ...axes]),
  ...[0, 1, 2, 3, 4, 5, 7].map((operation) => [
    operation,
    ...(operation % 2 ? [1, 21, 1] : [1, 2, 5]),
  ]),
];

/** Types whose loops are the same scalar ones. */
const reduceScalars = (operations: readonly number[]): number[][] =>
  operations.map((operation) => [operation, 2, 3, 2]);

const rows = [
  [3, 5, 0, 3],
  [3, 5, 1, 2],
  [4, 8, 2, 4],
];

const HALF = 0x3f000000;
const ONE = 0x3f800000;
const EPSILON = 0x3727c5ac;
const argExtreme = [
  [1, 1, 1, 0, 0],
  [2, 7, 1, 0, 0],
  [2, 7, 1, 1, 1],
  [2, 3, 3, 0, 1],
];
const norm = [
  [1, 1],
  [3, 3],
  [2, 4],
  [2, 19],
  [1, 33],
].map((sizes) => [...sizes, EPSILON]);

export const REDUCTION: Examples = {
  reduce: REDUCE,
  reduceF64: reduceScalars([2, 5, 6, 7]),
  reduceI32: reduceScalars([1, 3]),
  reduceU32: reduceScalars([1, 3]),
  reduceI64: reduceScalars([1, 3]),
  reduceU64: reduceScalars([1, 3]),
  argExtreme,
  argExtremeF64: argExtreme,
  argExtremeI32: argExtreme,
  argExtremeI64: argExtreme,
  softmax: rowsAndColumns,
  softmaxRows: rows,
  logSoftmaxRows: rows,
  argmax: rowsAndColumns,
  hardmax: [
    [1, 1],
    [3, 5],
  ],
  moments: [...AXES, [1, 33, 6]],
  coefficients: [
    [1, 1, 1, EPSILON],
    [2, 3, 6, EPSILON],
    [1, 5, 5, 0],
  ],
  scaleShift: [
    [1, 1, 1, 1],
    [2, 3, 5, 1],
    [1, 2, 8, 1],
    [2, 1, 3, 7],
    [2, 2, 2, 4],
  ],
  layerNorm: norm,
  rmsNorm: norm,
  det: [
    [1, 1],
    [2, 3],
    [1, 5],
  ],
  detF64: [[2, 4]],
  lrn: [
    // Channels behind one another and side by side, windows that reach beyond both ends.
    [1, 3, 5, 1, 1, HALF, ONE, 1, 0],
    [2, 9, 1, 2, 2, HALF, ONE, 1, 0],
    [1, 2, 1, 5, 7, HALF, ONE, 0, 0],
    [1, 5, 1, 0, 1, HALF, ONE, 2, 0],
    [1, 6, 1, 1, 0, HALF, ONE, 3, HALF],
  ],
  nll: [
    [1, 1, 1, 0, 0, 0],
    [3, 2, 4, 1, 1, 0],
  ],
};
