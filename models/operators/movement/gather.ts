import { type OperandType, product, type Rule, type Rules } from '../rule.ts';

/** Type of a table of indices by the attribute `wide`. */
export const indexType = (wide: number): OperandType => (wide === 1 ? 'i64' : 'i32');

/** What is wrong with the attributes of a call that does rows from `begin` to `end` of `rows`, or with `wide`. */
export function faultOfRows(
  begin: number,
  end: number,
  rows: number,
  wide = 0,
): string | undefined {
  if (begin >= end || end > rows) return `it does rows ${begin} to ${end} of ${rows}`;
  return wide > 1 ? `wide is ${wide}; it must be 0 or 1` : undefined;
}

/** Instructions that a row of elements takes to be copied. */
export const costOfRow = (elements: number, bytes: number): number =>
  10 * Math.ceil((elements * bytes) / 16);

function gather(bytes: 1 | 2 | 4 | 8): Rule {
  return {
    attributes: ['batch', 'outer', 'axis', 'inner', 'n', 'wide', 'begin', 'end'],
    zeros: ['wide', 'begin'],
    check: ([batch = 0, outer = 0, , , n = 0, wide = 0, begin = 0, end = 0]) =>
      faultOfRows(begin, end, product(batch, outer, n), wide),
    operands: ([batch = 0, outer = 0, axis = 0, inner = 0, n = 0, wide = 0]) => [
      [bytes, product(batch, outer, axis, inner)],
      [indexType(wide), product(batch, n)],
      [bytes, product(batch, outer, n, inner)],
    ],
    updates: ([batch = 0, outer = 0, , , n = 0, , begin = 0, end = 0]) =>
      end - begin < product(batch, outer, n),
    cost: ([, , , inner = 0, , , begin = 0, end = 0]) =>
      (end - begin) * (25 + costOfRow(inner, bytes)),
  };
}

export const GATHER: Rules = {
  gather1: gather(1),
  gather2: gather(2),
  gather4: gather(4),
  gather8: gather(8),
};
