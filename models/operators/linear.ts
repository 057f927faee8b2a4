/** Rules of vm/kernels/linear: products of matrices and what is made of them. */
import { REGION_BYTES } from '../../vm/constants.ts';
import { type OperandType, product, type Rule, type Rules } from './rule.ts';

/** Columns of a panel of packed weights. */
export const PANEL = 8;
/** Bytes of the offsets of the rows of a block, and of a bias that ends within a panel (vm/kernels/linear/block.ts). */
export const OFFSETS_BYTES = 4 * 1024;
export const TAIL_BYTES = 128;
const TAP_BYTES = 16;

const faultOfRows = (begin: number, end: number, rows: number): string | undefined =>
  begin < end && end <= rows ? undefined : `it computes the rows ${begin} to ${end} of ${rows}`;

/** Instructions of a product of `rows` rows whose sums have `depth` products: tiles of four rows by a panel, or one row by four panels. */
export const productCost = (rows: number, depth: number, columns: number): number =>
  rows === 1
    ? product(Math.ceil(columns / (4 * PANEL)), 31 * depth + 150)
    : product(4 * Math.ceil(rows / 4), Math.ceil(columns / PANEL), 6 * depth + 40);

/** The rule of a kernel that takes one more input, like its output. */
export const withAddend = (rule: Rule): Rule => ({
  ...rule,
  operands(attributes) {
    const operands = rule.operands(attributes);
    return [...operands, operands.at(-1)!];
  },
});

const gemm: Rule = {
  attributes: ['m', 'k', 'n', 'begin', 'end', 'left', 'right', 'lo', 'hi'],
  zeros: ['begin', 'left', 'lo', 'hi'],
  check([m = 0, , n = 0, begin = 0, end = 0, left = 0, right = 0]) {
    const isColumns = left % PANEL === 0 && left < right && right <= n;
    if (!isColumns) return `it computes the columns ${left} to ${right} of ${n}`;
    return faultOfRows(begin, end, m);
  },
  operands: ([m = 0, k = 0, n = 0]) => [
    ['f32', product(m, k)],
    ['f32', product(Math.ceil(n / PANEL), k, PANEL)],
    ['f32', n],
    ['f32', product(m, n)],
  ],
  scratch: () => TAIL_BYTES + TAP_BYTES + OFFSETS_BYTES,
  updates: ([m = 0, , n = 0, begin = 0, end = 0, left = 0, right = 0]) =>
    begin > 0 || end < m || left > 0 || right < n,
  cost: ([, k = 0, , begin = 0, end = 0, left = 0, right = 0]) =>
    productCost(end - begin, k, right - left),
};

const gemmAdd: Rule = withAddend(gemm);

/** Axes that a batch of products runs over. */
export const BATCH_AXES = 3;

const FACTORS = [
  ...['elementsA', 'elementsB', 's0', 's1', 's2', 'm', 'k', 'n'],
  ...['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'ar', 'ac', 'br', 'bc', 'begin', 'end'],
];

/** Attributes of two factors, as vm/kernels/linear/factors.ts describes them. */
function readFactors(attributes: readonly number[]) {
  const [elementsA = 0, elementsB = 0, , , , m = 0, k = 0, n = 0] = attributes;
  const sizes = attributes.slice(2, 5);
  const [ar = 0, ac = 0, br = 0, bc = 0, begin = 0, end = 0] = attributes.slice(14);
  const last = (strides: readonly number[]): number =>
    strides.reduce((sum, stride, i) => sum + stride * (sizes[i]! - 1), 0);
  return {
    ...{ elementsA, elementsB, m, k, n, ac, bc, begin, end },
    rows: product(...sizes, m),
    lastA: last(attributes.slice(8, 11)) + (m - 1) * ar + (k - 1) * ac,
    lastB: last(attributes.slice(11, 14)) + (k - 1) * br + (n - 1) * bc,
  };
}

function factors(
  type: OperandType,
  more: Pick<Rule, 'scratch'> & { cost(attributes: readonly number[]): number },
): Rule {
  return {
    attributes: FACTORS,
    // Steps along p are at least 1, so that k is bounded by the elements there are.
    zeros: ['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'ar', 'bc', 'begin'],
    check(attributes) {
      const { begin, elementsA, elementsB, end, lastA, lastB, rows } = readFactors(attributes);
      if (lastA >= elementsA) return `it reads element ${lastA} of ${elementsA}`;
      if (lastB >= elementsB) return `it reads element ${lastB} of ${elementsB}`;
      const scratch = more.scratch?.(attributes) ?? 0;
      if (scratch > REGION_BYTES) return `its packed matrices take ${scratch} bytes`;
      return faultOfRows(begin, end, rows);
    },
    operands(attributes) {
      const { elementsA, elementsB, n, rows } = readFactors(attributes);
      return [
        [type, elementsA],
        [type, elementsB],
        [type, product(rows, n)],
      ];
    },
    updates(attributes) {
      const { begin, end, rows } = readFactors(attributes);
      return begin > 0 || end < rows;
    },
    ...more,
  };
}

/** Rows of A that are packed at once at most: those of a block (vm/kernels/linear/block.ts). */
const blockRows = (depth: number): number =>
  Math.min(Math.max(Math.floor(2 ** 17 / depth) & ~3, 32), 1024);

const matmul = factors('f32', {
  scratch(attributes) {
    const { ac, k, n } = readFactors(attributes);
    const columns = PANEL * Math.ceil(n / PANEL);
    const rows = ac === 1 ? 0 : blockRows(k);
    return (
      TAIL_BYTES +
      TAP_BYTES +
      OFFSETS_BYTES +
      4 * (columns + product(columns, k) + product(rows, k))
    );
  },
  cost(attributes) {
    const { begin, bc, end, k, m, n } = readFactors(attributes);
    const rows = Math.min(m, end - begin);
    const matrices = Math.ceil((end - begin) / rows);
    const packing = product(Math.ceil(n / PANEL), k, bc === 1 ? 8 : 40);
    return product(matrices, productCost(rows, k, n) + packing);
  },
});

const scalar = {
  cost(attributes: readonly number[]) {
    const { begin, end, k, n } = readFactors(attributes);
    return product(end - begin, n, 8 * k + 10);
  },
};

export const LINEAR: Rules = {
  dense: {
    attributes: ['m', 'k', 'n'],
    operands: ([m = 0, k = 0, n = 0]) => [
      ['f32', product(m, k)],
      ['f32', product(k, n)],
      ['f32', n],
      ['f32', product(m, n)],
    ],
    cost([m = 0, k = 0, n = 0]) {
      const rest = n % 32;
      const each = 28 * Math.floor(n / 32) + 7 * (Math.floor(rest / 4) + (rest % 4));
      return product(m, k * each + 60);
    },
  },
  gemm,
  gemmAdd,
  matmul,
  matmulF64: factors('f64', scalar),
  matmulI32: factors(4, scalar),
  matmulI64: factors(8, scalar),
};
