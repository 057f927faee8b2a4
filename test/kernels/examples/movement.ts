import { stridedAttributes } from '../../../models/compile/strided.ts';
import type { Examples } from './sizes.ts';

const STRIDED = [
  ...[1, 33].map((n) => stridedAttributes(n, n, { size: [n], from: [1], to: [1] })!),
  // A transposition, a slice of every second element, a broadcast, a part of a larger tensor.
  stridedAttributes(162, 162, { size: [18, 9], from: [1, 18], to: [9, 1] })!,
  stridedAttributes(20, 6, { size: [2, 3], from: [10, 2], to: [3, 1], start: 3 })!,
  stridedAttributes(3, 12, { size: [4, 3], from: [0, 1], to: [3, 1] })!,
  stridedAttributes(4, 20, { size: [2, 2], from: [2, 1], to: [5, 1], at: 7 })!,
  // Backwards, and one element to a row of vectors.
  stridedAttributes(20, 20, { size: [4, 5], from: [5, -1], to: [5, 1], start: 4 })!,
  stridedAttributes(2, 70, { size: [2, 35], from: [1, 0], to: [35, 1] })!,
];

/** batch, outer, axis, inner, n, wide, begin, end. */
const GATHER = [
  [1, 1, 1, 1, 1, 0, 0, 1],
  [1, 3, 5, 1, 7, 0, 0, 21],
  [2, 3, 4, 17, 3, 0, 0, 18],
  [2, 2, 4, 5, 3, 1, 4, 11],
];

/** n, cells, inner, begin, end. */
const SCATTER = [
  [1, 1, 1, 0, 1],
  [9, 3, 5, 0, 9],
  [6, 4, 17, 2, 5],
];
/** n, cells, inner, op, begin, end. */
const SCATTER_REDUCE = [0, 1, 2, 3].map((op) => [5, 3, 2, op, 1, 5]);
/** outer, depth, inner, wide. */
const ONE_HOT = [
  [1, 1, 1, 0],
  [3, 4, 2, 0],
  [2, 3, 5, 1],
];
/** outer, n, inner, exclusive, reverse. */
const CUMULATIVE_SUM = [
  [1, 1, 1, 0, 0],
  [2, 5, 3, 0, 0],
  [2, 4, 3, 1, 0],
  [1, 6, 1, 0, 1],
  [2, 3, 2, 1, 1],
];
/** rows, n, k, largest, wide, begin, end. */
const TOP_K = [
  [1, 1, 1, 1, 0, 0, 1],
  [2, 17, 5, 1, 0, 0, 2],
  [3, 9, 9, 0, 1, 1, 2],
];
/** batch, rows, columns, k, upper. */
const TRILU = [
  [1, 1, 1, 0, 0],
  [2, 3, 19, 1, 1],
  [1, 5, 4, 0xffffffff, 0],
  [1, 2, 3, 0x80000000, 1],
  [1, 2, 3, 0x7fffffff, 1],
];

export const MOVEMENT: Examples = {
  cumulativeSumF32: CUMULATIVE_SUM,
  cumulativeSumF64: CUMULATIVE_SUM.slice(-1),
  cumulativeSumI32: CUMULATIVE_SUM.slice(-1),
  cumulativeSumI64: CUMULATIVE_SUM.slice(-1),
  // Variants for other types do the same steps: one shape is enough to see their widths.
  gather1: GATHER.slice(-1),
  gather2: GATHER.slice(-1),
  gather4: GATHER,
  gather8: GATHER.slice(-1),
  // batch, channels, depth, height, width, n, dimensions, mode, padding, aligned, begin, end.
  gridSample: [
    [2, 2, 1, 3, 4, 3, 2, 0, 0, 0, 1, 5],
    [1, 1, 2, 2, 3, 2, 3, 0, 2, 1, 0, 2],
    [1, 1, 1, 3, 1, 3, 2, 1, 1, 1, 0, 3],
    [1, 1, 1, 3, 4, 2, 2, 2, 1, 0, 0, 2],
    [1, 1, 2, 2, 3, 1, 3, 2, 2, 1, 0, 1],
  ],
  indexElements: [
    [1, 1, 1, 1, 0],
    [2, 3, 4, 5, 0],
    [2, 3, 1, 7, 1],
  ],
  indexReversed: [
    [1, 1, 0],
    [3, 4, 0],
    [2, 5, 1],
  ],
  indexTuples: [
    [1, 1, 0],
    [5, 2, 0],
    [4, 3, 1],
  ],
  // outer, axis, inner, n, taps, begin, end.
  interpolate: [
    [1, 1, 1, 1, 1, 0, 1],
    [2, 5, 1, 7, 4, 0, 14],
    [2, 3, 9, 4, 2, 3, 7],
  ],
  // rows, columns, grams, length, skips, wide.
  nGrams: [
    [1, 1, 1, 1, 0, 0],
    [2, 7, 3, 2, 3, 0],
    [1, 5, 2, 3, 4, 1],
  ],
  oneHot1: ONE_HOT.slice(-1),
  oneHot2: ONE_HOT.slice(-1),
  oneHot4: ONE_HOT,
  oneHot8: ONE_HOT.slice(-1),
  // batch, channels, height, width, rois, rows, columns, samples, scale (the bits of 1), half, mode, wide, begin, end.
  roiAlign: [
    [2, 1, 3, 2, 3, 2, 1, 0, 0x3f800000, 1, 0, 0, 0, 3],
    [1, 2, 4, 3, 3, 1, 2, 1, 0x3f800000, 0, 1, 1, 1, 3],
  ],
  scatter1: SCATTER.slice(-1),
  scatter2: SCATTER.slice(-1),
  scatter4: SCATTER,
  scatter8: SCATTER.slice(-1),
  scatterF32: SCATTER_REDUCE,
  scatterF64: SCATTER_REDUCE.slice(-1),
  scatterI32: SCATTER_REDUCE.slice(-1),
  scatterI64: SCATTER_REDUCE.slice(-1),
  strided1: [STRIDED[2]!, STRIDED.at(-1)!],
  strided2: [STRIDED[2]!, STRIDED.at(-1)!],
  strided4: STRIDED,
  strided8: [STRIDED[2]!, STRIDED.at(-1)!],
  topKF32: TOP_K,
  topKF64: TOP_K.slice(-1),
  topKI32: TOP_K.slice(-1),
  topKI64: TOP_K.slice(-1),
  topKU64: TOP_K.slice(-1),
  trilu1: TRILU.slice(-1),
  trilu2: TRILU.slice(-1),
  trilu4: TRILU,
  trilu8: TRILU.slice(-1),
};
