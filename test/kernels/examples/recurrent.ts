import type { Examples } from './sizes.ts';

const INFINITY = 0x7f800000;
const HALF = 0x3f000000;
const ONE = 0x3f800000;
const SIGMOID = [0, 0, 0];
const TANH = [1, 0, 0];

/** Row-major strides of [batch, heads, rows, size]. */
const plain = (heads: number, rows: number, size: number): number[] => [
  heads * rows * size,
  rows * size,
  size,
];

export const RECURRENT: Examples = {
  attention: [
    [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ONE, 0, 1],
    // Two heads that share their keys, a block of queries and a rest, values that are padded, a mask for each query, causal.
    [
      ...[2, 2, 2, 5, 6, 3, 5, ...plain(2, 5, 3), ...plain(1, 6, 3), ...plain(1, 6, 5)],
      ...[30, 0, 0, 6, 1, 1, HALF, 3, 14],
    ],
    // Heads beside one another, columns around blocks of eight.
    [...[1, 2, 1, 4, 9, 4, 12, 0, 4, 8, 0, 4, 8, 0, 12, 24], ...[0, 0, 0, 0, 0, 0, HALF, 0, 8]],
  ],
  rnn: [
    [1, 1, 1, 0, 1, 0, 0, INFINITY, ...TANH],
    [3, 2, 4, 1, 3, 1, 0, HALF, ...TANH],
    // A block of 32 units and a rest, and activation functions of several kinds.
    [1, 1, 37, 0, 1, 0, 0, INFINITY, ...SIGMOID],
    ...[5, 7, 8, 10].map((activation) => [
      ...[1, 1, 5, 0, 1, 0, 0, INFINITY],
      ...[activation, HALF, HALF],
    ]),
  ],
  gru: [
    [2, 1, 3, 0, 2, 0, 0, INFINITY, ...SIGMOID, ...TANH],
    [3, 2, 5, 0, 2, 1, 1, HALF, ...SIGMOID, ...TANH],
  ],
  lstm: [
    [2, 1, 3, 0, 2, 0, 0, INFINITY, ...SIGMOID, ...TANH, ...TANH],
    [3, 2, 5, 1, 3, 1, 1, HALF, ...SIGMOID, ...TANH, ...TANH],
  ],
};
