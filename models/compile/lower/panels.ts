/** Weights in the order in which the kernels of products read them: panels of eight columns. */
import { PANEL } from '../../operators/linear.ts';
import type { Builder } from '../builder.ts';
import { count, stridesOf, type Tensor } from '../tensor.ts';

/** A tensor seen as `groups` matrices whose rows are numbered by taps and then by channels; strides in elements. */
export interface Matrices {
  readonly groups: number;
  readonly groupStride: number;
  readonly columns: number;
  readonly columnStride: number;
  /** Offset of each tap: where its first channel is. */
  readonly taps: readonly number[];
  readonly channels: number;
  readonly channelStride: number;
}

/**
 * f32 [groups, ceil(columns / 8), depth, 8]; columns that are not there are 0. Weights that are known are packed at once, each only once
 * for each order.
 */
export function packPanels(b: Builder, weights: Tensor, matrices: Matrices): Tensor {
  const w = b.plain(weights);
  const { channels, columns, groups, taps } = matrices;
  const shape = [groups, Math.ceil(columns / PANEL), taps.length * channels, PANEL];
  if (!w.data) return packWhenRun(b, w, matrices, shape);
  const known = packedOf(b, w.data);
  const key = JSON.stringify(matrices);
  const packed = known.get(key) ?? b.constant({ dtype: w.dtype, shape }, pack(w.data, matrices));
  known.set(key, packed);
  return packed;
}

const memory = new WeakMap<Builder, WeakMap<Uint8Array, Map<string, Tensor>>>();

function packedOf(b: Builder, data: Uint8Array): Map<string, Tensor> {
  const all = memory.get(b) ?? new WeakMap<Uint8Array, Map<string, Tensor>>();
  memory.set(b, all);
  const known = all.get(data) ?? new Map<string, Tensor>();
  all.set(data, known);
  return known;
}

function pack(data: Uint8Array, matrices: Matrices): Uint8Array {
  const { columnStride, columns, groupStride, groups, taps } = matrices;
  const { channelStride, channels } = matrices;
  // Bits, not numbers: a NaN keeps its own.
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  const from = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const panels = Math.ceil(columns / PANEL);
  const to = new Uint32Array(groups * panels * taps.length * channels * PANEL);
  let at = 0;
  for (let g = 0; g < groups; g++) {
    for (let p = 0; p < panels; p++) {
      const width = Math.min(PANEL, columns - p * PANEL);
      const base = g * groupStride + p * PANEL * columnStride;
      for (const tap of taps) {
        for (let c = 0; c < channels; c++) {
          const row = base + tap + c * channelStride;
          for (let j = 0; j < width; j++) to[at + j] = from[row + j * columnStride]!;
          at += PANEL;
        }
      }
    }
  }
  return new Uint8Array(to.buffer);
}

/** The same by calls, for weights that are known only when the program runs. */
function packWhenRun(
  b: Builder,
  w: Tensor,
  { channelStride, channels, columnStride, columns, groupStride, groups, taps }: Matrices,
  shape: readonly number[],
): Tensor {
  const type = { dtype: w.dtype, shape };
  const [toGroup = 0, toPanel = 0, toRow = 0] = stridesOf(shape);
  const toTap = channels * toRow;
  // Taps that follow each other at one distance are one axis of a box.
  const [first = 0, second = first] = taps;
  const step = second - first;
  const isEven = taps.every((tap, i) => tap === first + i * step);
  const runs = isEven
    ? [{ tap: first, at: 0, size: taps.length }]
    : taps.map((tap, i) => ({ tap, at: i * toTap, size: 1 }));
  const boxes = (panel: number, panels: number, width: number) =>
    runs.map(({ at, size, tap }) =>
      b.box(w, type, {
        size: [groups, panels, size, channels, width],
        from: [groupStride, PANEL * columnStride, step, channelStride, columnStride],
        to: [toGroup, toPanel, toTap, toRow, 1],
        start: tap + panel * PANEL * columnStride,
        at: at + panel * toPanel,
      }),
    );
  const whole = Math.floor(columns / PANEL);
  const width = columns % PANEL;
  const parts = whole > 0 ? boxes(0, whole, PANEL) : [];
  if (width === 0 && runs.length === 1) return b.assemble(type, parts);
  const zero = b.constant({ dtype: w.dtype, shape: [1] }, new Uint8Array(4));
  const fill = b.box(zero, type, { size: [count(shape)], from: [0], to: [1] });
  const rest = width > 0 ? boxes(whole, 1, width) : [];
  return b.assemble(type, [fill, ...parts, ...rest]);
}
