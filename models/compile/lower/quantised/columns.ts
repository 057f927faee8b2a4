/** The numbers of each output channel that convolutions of 8 bits take, see vm/kernels/quantised/requantise.ts. */
import { PANEL_COLUMNS } from '../../../operators/quantised.ts';
import type { Builder } from '../../builder.ts';
import type { Tensor } from '../../tensor.ts';
import type { Multiplier } from './multiplier.ts';

/** How the sums of one output channel become its elements. */
export type Requantised =
  | { readonly kind: 'sums' }
  | { readonly kind: 'fixed'; readonly multipliers: readonly Multiplier[] }
  | { readonly kind: 'scaled'; readonly scales: readonly number[] };

export interface Columns {
  /** Added to the sums of products of elements as they are. */
  readonly bias: readonly number[];
  /** What the sum of a row's elements is multiplied with: minus the filter's zero. */
  readonly row: readonly number[];
  readonly requantised: Requantised;
}

/** The operand `columns`: panels of eight, fields one after the other; missing columns are 0. */
export function columnsConstant(b: Builder, { bias, requantised, row }: Columns): Tensor {
  const n = bias.length;
  // The low bytes of packed filters are 128 too large.
  const isLow = (column: number): boolean => column % PANEL_COLUMNS < PANEL_COLUMNS / 2;
  const fields: ((column: number) => number)[] = [
    (column) => row[column]! - (isLow(column) ? 128 : 0),
    (column) => bias[column]!,
  ];
  const floats: ((column: number) => number)[] = [];
  if (requantised.kind === 'fixed') {
    const of = (column: number): Multiplier => requantised.multipliers[column]!;
    const right = (column: number): number => Math.max(-of(column).shift, 0);
    fields.push(
      (column) => of(column).multiplier,
      (column) => 2 ** Math.max(of(column).shift, 0),
      (column) => (right(column) === 1 ? 1 : 0),
      (column) => (right(column) > 1 ? 2 ** (right(column) - 2) : 0),
      (column) => (right(column) > 0 ? 2 ** (31 - right(column)) : 0),
    );
  } else if (requantised.kind === 'scaled') {
    floats.push((column) => requantised.scales[column]!);
  }
  const panels = Math.ceil(n / PANEL_COLUMNS);
  const perPanel = PANEL_COLUMNS * (fields.length + floats.length);
  const view = new DataView(new ArrayBuffer(4 * perPanel * panels));
  for (let column = 0; column < n; column++) {
    const at = Math.floor(column / PANEL_COLUMNS) * perPanel + (column % PANEL_COLUMNS);
    fields.forEach((field, i) => {
      view.setInt32(4 * (at + PANEL_COLUMNS * i), field(column), true);
    });
    floats.forEach((field, i) => {
      view.setFloat32(4 * (at + PANEL_COLUMNS * (fields.length + i)), field(column), true);
    });
  }
  const type = { dtype: 'i32', shape: [perPanel * panels] } as const;
  return b.constant(type, new Uint8Array(view.buffer), `${b.scope} columns`);
}
