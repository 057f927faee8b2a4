import { type Examples, SIZES } from './sizes.ts';

const rowsAndColumns = [
  ...SIZES.map((columns) => [1, columns]),
  ...[1, 3, 4, 5, 9].map((columns) => [3, columns]),
  [17, 1],
];

export const REDUCTION: Examples = { softmax: rowsAndColumns, argmax: rowsAndColumns };
