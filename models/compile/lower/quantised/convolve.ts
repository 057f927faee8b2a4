/** Calls of the 8-bit convolutions: filters are packed, groups and depths choose the kernel. */
import type { Dtype } from '../../../graph.ts';
import {
  CONVOLUTION_ATTRIBUTES,
  type Convolution8,
  MOST_PRODUCTS,
  PANEL_COLUMNS,
} from '../../../operators/quantised.ts';
import type { Builder } from '../../builder.ts';
import { unsupported } from '../../errors.ts';
import { readNumbers, writeNumbers } from '../../scalars.ts';
import type { Tensor } from '../../tensor.ts';
import { columnsConstant, type Requantised } from './columns.ts';
import { factorOperands, splitPositions, type Zero } from './products.ts';

/** One spatial axis. */
export interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly out: number;
}

export interface Filters {
  /** [filters, kernel height, kernel width, channels of a group], i8 or u8; known if it is depthwise. */
  readonly tensor: Tensor;
  /** One for all or one for each filter. */
  readonly zeros: readonly number[];
}

export interface Output {
  readonly dtype: Dtype;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

export interface Convolution {
  /** [batch, height, width, channels], i8 or u8. */
  readonly x: Tensor;
  /** Must be known where anything is padded. */
  readonly zero: Zero;
  readonly filters: Filters;
  readonly bias: readonly number[] | undefined;
  readonly vertical: Axis;
  readonly horizontal: Axis;
  readonly group: number;
  readonly requantised: Requantised;
  readonly output: Output;
}

const MODE = { sums: 'Sums8', fixed: 'Fixed8', scaled: 'Scaled8' } as const;
/** Bytes of extended rows that are kept while all filters go over them: they should stay in the second cache. */
const BLOCK_BYTES = 2 ** 18;

const bits = (value: number): number => value >>> 0;
/** [batch, out height, out width, filters], i32 for sums. */
export function convolve(b: Builder, c: Convolution): Tensor {
  const { filters, group, x } = c;
  const [all = 0, kernelH = 0, kernelW = 0, depth = 0] = filters.tensor.shape;
  const channels = x.shape[3]!;
  const products = kernelH * kernelW * depth;
  if (products > MOST_PRODUCTS)
    unsupported(
      `${b.scope}: ${products} products in a sum of 8-bit integers; ${MOST_PRODUCTS} fit`,
    );
  const isDepthwise =
    group === channels &&
    depth === 1 &&
    group > 1 &&
    filters.tensor.data !== undefined &&
    typeof c.zero === 'number';
  return isDepthwise
    ? depthwise(b, c, kernelH * kernelW)
    : grouped(b, c, { all, channels, products });
}

function geometry({ horizontal: h, output, vertical: v, x, zero }: Convolution): Convolution8 {
  return {
    batch: x.shape[0]!,
    height: v.size,
    width: h.size,
    channels: x.shape[3]!,
    stride: x.shape[3]!,
    first: 0,
    outHeight: v.out,
    outWidth: h.out,
    filters: 0,
    outStride: 0,
    outFirst: 0,
    kernelH: v.kernel,
    kernelW: h.kernel,
    strideH: v.stride,
    strideW: h.stride,
    dilationH: v.dilation,
    dilationW: h.dilation,
    padTop: v.before,
    padLeft: h.before,
    begin: 0,
    end: 0,
    block: 4,
    signed: x.dtype === 'i8' ? 1 : 0,
    zero: typeof zero === 'number' ? bits(zero) : 0,
    outZero: bits(output.zero),
    low: bits(output.low),
    high: bits(output.high),
  };
}

const listed = (a: Convolution8): number[] => CONVOLUTION_ATTRIBUTES.map((name) => a[name]);

function grouped(
  b: Builder,
  c: Convolution,
  { all, channels, products }: { all: number; channels: number; products: number },
): Tensor {
  const { filters, group, requantised, x } = c;
  const perGroup = all / group;
  const base = geometry(c);
  const positions = base.batch * base.outHeight * base.outWidth;
  const block = blockOf(products, positions);
  const matrix = b.reshape(filters.tensor, [all, products]);
  const parts = Array.from({ length: group }, (_, g) => {
    const from = g * perGroup;
    const rows = group === 1 ? matrix : rowsOf(b, matrix, from, perGroup);
    const some = <T>(list: readonly T[]): T[] =>
      rows.shape[0] === all ? [...list] : list.slice(from, from + perGroup);
    const operands = factorOperands(
      b,
      {
        rows,
        zeros: some(spread(filters.zeros, all)),
        bias: c.bias && some(c.bias),
        requantised: slice(requantised, from, from + perGroup),
      },
      c.zero,
    );
    const attributes = {
      ...base,
      channels: channels / group,
      first: (g * channels) / group,
      filters: perGroup,
      outStride: all,
      outFirst: from,
      block,
    };
    const kernel = `conv${MODE[requantised.kind]}`;
    return splitPositions(b, kernel, [x, ...operands], positions, (begin, end) =>
      listed({ ...attributes, begin, end }),
    );
  });
  return b.assemble(outputType(c, all), parts.flat());
}

/** Positions whose rows are kept extended, in fours. */
function blockOf(products: number, positions: number): number {
  const rowBytes = 16 * Math.ceil(products / 8);
  const fitting = 4 * Math.max(1, Math.floor(BLOCK_BYTES / (4 * rowBytes)));
  return Math.min(fitting, 4 * Math.ceil(positions / 4));
}

/** One number for each of `n`, where one stands for all. */
export const spread = (list: readonly number[], n: number): readonly number[] =>
  list.length === 1 ? new Array<number>(n).fill(list[0]!) : list;

function rowsOf(b: Builder, matrix: Tensor, from: number, rows: number): Tensor {
  const k = matrix.shape[1]!;
  const shape = [rows, k];
  return b.move(matrix, shape, { size: shape, from: [k, 1], start: from * k });
}

function slice(requantised: Requantised, from: number, to: number): Requantised {
  const some = <T>(list: readonly T[]): T[] =>
    Array.from({ length: to - from }, (_, i) => list[list.length === 1 ? 0 : from + i]!);
  switch (requantised.kind) {
    case 'sums':
      return requantised;
    case 'fixed':
      return { kind: 'fixed', multipliers: some(requantised.multipliers) };
    case 'scaled':
      return { kind: 'scaled', scales: some(requantised.scales) };
  }
}

const outputType = ({ output, vertical, horizontal, x }: Convolution, filters: number) => ({
  dtype: output.dtype,
  shape: [x.shape[0]!, vertical.out, horizontal.out, filters],
});

function depthwise(b: Builder, c: Convolution, taps: number): Tensor {
  const { filters, requantised, x } = c;
  const all = filters.tensor.shape[0]!;
  const weights = readNumbers(filters.tensor.dtype, filters.tensor.data!);
  const zeros = spread(filters.zeros, all);
  const pairs = Math.ceil(taps / 2);
  const packed = new Array<number>(16 * Math.ceil(all / PANEL_COLUMNS) * pairs).fill(0);
  const sums = new Array<number>(all).fill(0);
  for (let f = 0; f < all; f++) {
    const panel = Math.floor(f / PANEL_COLUMNS) * pairs;
    const lane = f % PANEL_COLUMNS;
    for (let t = 0; t < taps; t++) {
      const place = 16 * (panel + Math.floor(t / 2)) + 2 * lane + (t % 2);
      packed[place] = weights[f * taps + t]! - zeros[f]!;
      sums[f]! += packed[place]!;
    }
  }
  const operand = b.constant(
    { dtype: 'i16', shape: [packed.length] },
    writeNumbers('i16', packed),
    `${b.scope} filters`,
  );
  // The sum of a row counts as 0 here, so its factors don't matter.
  const columns = columnsConstant(b, {
    bias: sums.map((sum, f) => (c.bias?.[f] ?? 0) - (c.zero as number) * sum),
    row: Array.from({ length: all }, () => 0),
    requantised: slice(requantised, 0, all),
  });
  const attributes = { ...geometry(c), filters: all, outStride: all };
  const positions = attributes.batch * attributes.outHeight * attributes.outWidth;
  const kernel = `depthwise${MODE[requantised.kind]}`;
  const parts = splitPositions(b, kernel, [x, operand, columns], positions, (begin, end) =>
    listed({ ...attributes, begin, end }),
  );
  return b.assemble(outputType(c, all), parts);
}
