import { UNBOUNDED } from '../../../models/compile/lower/products.ts';
import { type Examples, SIZES } from './sizes.ts';

/** Bits of 0 and of 6. */
const CLAMPED = [0, 0x40c00000];

/** Two factors: a batch, a transposed factor on each side, a matrix used by all, rows in part, one row. */
const FACTORS = [
  [30, 24, 1, 1, 2, 3, 5, 2, 0, 0, 15, 0, 0, 10, 5, 1, 2, 1, 0, 6],
  [12, 36, 1, 1, 1, 3, 4, 9, 0, 0, 0, 0, 0, 0, 1, 3, 1, 4, 0, 3],
  [48, 24, 2, 3, 1, 2, 4, 6, 24, 8, 0, 0, 0, 0, 4, 1, 6, 1, 3, 8],
  [7, 35, 1, 1, 1, 1, 7, 5, 0, 0, 0, 0, 0, 0, 7, 1, 5, 1, 0, 1],
  [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1],
];

const GEMM = [
  ...[1, 8, 33, 45].map((n) => [1, 3, n, 0, 1, 0, n, ...UNBOUNDED]),
  ...[4, 6].map((m) => [m, 5, 9, 0, m, 0, 9, ...CLAMPED]),
  [6, 4, 28, 1, 6, 8, 20, ...UNBOUNDED],
];

export const LINEAR: Examples = {
  dense: [
    ...SIZES.map((n) => [1, 3, n]),
    ...[1, 5, 33, 67].map((n) => [3, 1, n]),
    [2, 17, 36],
    [5, 2, 64],
  ],
  gemm: GEMM,
  gemmAdd: GEMM.slice(2),
  matmul: FACTORS,
  matmulF64: FACTORS.slice(2),
  matmulI32: FACTORS.slice(2),
  matmulI64: FACTORS.slice(2),
};
