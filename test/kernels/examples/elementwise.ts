import { OPERATORS } from '../../../models/operators/index.ts';
import type { Examples } from './sizes.ts';

/** Around one and four vectors. */
const n = [1, 3, 4, 5, 17, 33].map((size) => [size]);

/** One operand in full, and the other the same, one number, one for each row, one for each column, transposed; parts of the rows. */
const PAIRS = [
  [1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  [35, 35, 0, 1, 1, 1, 1, 35, 0, 0, 0, 1, 0, 0, 0, 1],
  [18, 1, 0, 2, 2, 1, 1, 9, 9, 0, 0, 1, 0, 0, 0, 0],
  [1, 18, 0, 2, 2, 1, 1, 9, 0, 0, 0, 0, 9, 0, 0, 1],
  [24, 3, 0, 2, 2, 3, 1, 4, 12, 4, 0, 1, 0, 1, 0, 0],
  [24, 4, 1, 2, 2, 3, 1, 4, 12, 4, 0, 1, 0, 0, 0, 1],
  [15, 15, 0, 1, 1, 1, 5, 3, 0, 0, 3, 1, 0, 0, 1, 5],
  [2, 12, 0, 2, 2, 2, 2, 3, 0, 0, 1, 0, 6, 3, 0, 1],
];

/** For what differs from another kernel in its operation or type only: rows with whole vectors and a rest, one operand repeated. */
const FEW = [
  [30, 6, 0, 2, 2, 3, 1, 5, 15, 5, 0, 1, 3, 1, 0, 0],
  [35, 35, 0, 1, 1, 1, 1, 35, 0, 0, 0, 1, 0, 0, 0, 1],
];

/** The condition and both operands in full, and two of them repeated; a part of the rows. */
const WHERE = [
  [24, 24, 24, 0, 2, 2, 1, 3, 4, 12, 0, 4, 1, 12, 0, 4, 1, 12, 0, 4, 1],
  [3, 24, 1, 1, 2, 2, 1, 3, 4, 0, 0, 1, 0, 12, 0, 4, 1, 0, 0, 0, 0],
];

/** Functions of one operand without parameters. */
const UNARY =
  /^(abs|sign|ceil|floor|round|sqrt|exp|log|sin|cos|tan|asin|acos|atan|sinh|cosh|tanh|asinh|acosh|atanh|erf|sigmoid|softplus|gelu|geluTanh|mish)F\d\d$/;

const bits = (...values: readonly number[]): number[] => [
  ...new Uint32Array(Float32Array.from(values).buffer),
];
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  eluF32: bits(1.5, 1, 2),
  leakyReluF32: bits(0.1),
  clampF32: bits(-1, 1.5),
  hardSigmoidF32: bits(0.2, 0.5),
  hardSwishF32: bits(1 / 6, 0.5),
  swishF32: bits(1),
};

const withNames = (pattern: RegExp, examples: readonly (readonly number[])[]): Examples =>
  Object.fromEntries(
    [...OPERATORS.keys()].filter((name) => pattern.test(name)).map((name) => [name, examples]),
  );

/** Every reader and every writer once; more than a block. All pairs are in test/kernels/convert.test.ts. */
const CONVERT = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((from) => [5, from, ((from + 5) % 13) + 1]),
  // What the others leave out: f64 to u64, f32 to bool, u64 to f32.
  [5, 7, 11],
  [5, 1, 12],
  [5, 11, 1],
  [513, 2, 1],
];

export const ELEMENTWISE: Examples = {
  ...withNames(
    /^(add|sub|mul|div|min|max|prelu|mod|fmod|pow|equal|less|lessOrEqual|and|or|xor|shiftLeft|shiftRight)[FIU]\d+$/,
    FEW,
  ),
  ...withNames(/^where\d$/, WHERE),
  ...withNames(UNARY, [
    [7, 0, 7],
    [9, 2, 8],
  ]),
  ...Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, parameters]) => [
      name,
      [
        [7, 0, 7, ...parameters],
        [9, 2, 8, ...parameters],
      ],
    ]),
  ),
  ...withNames(/^addF32$/, PAIRS),
  add: n,
  sub: n,
  mul: n,
  relu: n,
  normalise: n,
  convert: CONVERT,
};
