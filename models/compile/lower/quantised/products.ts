/** Sums of products of 8-bit elements: the filters of a convolution and the columns of a matrix are packed alike. */
import { PANEL_COLUMNS, PANEL_FIELDS, QUANTISED as RULES } from '../../../operators/quantised.ts';
import { type Builder, costOf, type Part } from '../../builder.ts';
import { writeNumbers } from '../../scalars.ts';
import type { Tensor } from '../../tensor.ts';
import { columnsConstant, type Requantised } from './columns.ts';

export interface Factor {
  /** [n, k], i8 or u8, row-major. */
  readonly rows: Tensor;
  /** What stands for 0, one for each of the n. */
  readonly zeros: readonly number[];
  readonly bias: readonly number[] | undefined;
  readonly requantised: Requantised;
}

/** A zero that is known, or an i32 of one element. */
export type Zero = number | Tensor;

/** The operands of a product beside x: packed elements and the numbers of their columns, with the zeros folded in. */
export function factorOperands(
  b: Builder,
  factor: Factor,
  zero: Zero,
): [w: Tensor, columns: Tensor] {
  const { rows } = factor;
  const [n = 0, k = 0] = rows.shape;
  const flip = rows.dtype === 'u8' ? 128 : 0;
  const size = 16 * Math.ceil(n / PANEL_COLUMNS) * Math.ceil(k / 2);
  const packed = b.call('pack8', [rows], [n, k, flip], { dtype: 'i8', shape: [size] });
  const columns = columnsConstant(b, {
    bias: factor.bias ?? new Array<number>(n).fill(0),
    row: factor.zeros.map((w) => flip - w),
    requantised: factor.requantised,
  });
  const offset =
    typeof zero === 'number'
      ? b.constant({ dtype: 'i32', shape: [1] }, writeNumbers('i32', [zero]))
      : zero;
  const fields = PANEL_FIELDS[factor.requantised.kind];
  const folded = b.call('foldZeros8', [rows, columns, offset], [n, k, flip, fields], columns);
  return [packed, folded];
}

/** Calls of `kernel` for all positions, as many as the limit asks for; `attributes(begin, end)` are those of one call. */
export function splitPositions(
  b: Builder,
  kernel: string,
  inputs: readonly Tensor[],
  positions: number,
  attributes: (begin: number, end: number) => number[],
): Part[] {
  const cost = costOf(RULES[kernel]!, attributes(0, positions));
  const parts = Math.min(positions, Math.max(1, Math.ceil(cost / b.limit)));
  const cut = (i: number): number => Math.floor((i * positions) / parts);
  return Array.from({ length: parts }, (_, i) => ({
    kernel,
    inputs,
    attributes: attributes(cut(i), cut(i + 1)),
  }));
}
