import { UNBOUNDED } from '../../../models/compile/lower/products.ts';
import { windowAttributes } from '../../../models/compile/lower/windows.ts';
import type { Examples } from './sizes.ts';

interface Shape {
  readonly batch?: number;
  readonly sizes: readonly number[];
  readonly channels: number;
  readonly window: readonly number[];
  readonly outputs: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly before?: readonly number[];
}

const ones = (like: readonly number[]): number[] => like.map(() => 1);

/** Attributes of a window; `outputs` and `before` are what a caller may choose freely. */
function windowOf({ batch = 1, channels, sizes, ...more }: Shape): number[] {
  const before = more.before ?? sizes.map(() => 0);
  const { strides = ones(sizes), dilations = ones(sizes) } = more;
  const windows = { ...more, sizes, strides, dilations, before, after: before };
  return windowAttributes(windows, batch, channels);
}

const PLAIN = windowOf({ sizes: [4, 5], channels: 3, window: [3, 2], outputs: [2, 4] });
const PADDED = windowOf({
  batch: 2,
  sizes: [5, 4],
  channels: 4,
  window: [3, 3],
  outputs: [3, 2],
  strides: [2, 2],
  before: [1, 1],
});
const DILATED = windowOf({
  sizes: [2, 5, 6],
  channels: 6,
  window: [2, 2, 2],
  outputs: [1, 3, 2],
  dilations: [1, 2, 3],
  before: [0, -1, 1],
});
/** Windows in which there is nothing but padding. */
const EMPTY = windowOf({ sizes: [2], channels: 1, window: [2], outputs: [7], before: [3] });

/** Enough channels for every width of the loops over them. */
const WIDE = windowOf({
  sizes: [3, 5],
  channels: 27,
  window: [2, 3],
  outputs: [3, 5],
  before: [0, 1],
});
const BYTES = windowOf({
  sizes: [2, 3],
  channels: 83,
  window: [2, 2],
  outputs: [2, 2],
  before: [1],
});

const pooled = [
  [...PLAIN, 0, 2],
  [...PADDED, 2, 5],
  [...DILATED, 0, 3],
  [...EMPTY, 0, 1],
  [...WIDE, 0, 3],
];
const bytes = [...pooled.slice(1, 4), [...BYTES, 0, 2]];

/** Attributes with others before the rows at their end. */
const withMore = (more: readonly number[]) =>
  pooled.map((attributes) => [...attributes.slice(0, -2), ...more, ...attributes.slice(-2)]);

const CONV = [
  [...PLAIN, 9, 1, 0, 2, ...UNBOUNDED],
  [...PADDED, 8, 1, 0, 6, 0, 0x40c00000],
  [...PADDED, 6, 2, 2, 5, ...UNBOUNDED],
  [...DILATED, 3, 3, 0, 3, ...UNBOUNDED],
  [...DILATED, 2, 1, 0, 3, ...UNBOUNDED],
  [...EMPTY, 1, 1, 0, 1, ...UNBOUNDED],
];

export const CONVOLUTION: Examples = {
  conv: CONV,
  convAdd: CONV.slice(1, 3),
  depthwise: [
    [...PLAIN, 0, 2, ...UNBOUNDED],
    [...PADDED, 1, 5, 0, 0x40c00000],
    [...DILATED, 0, 3, ...UNBOUNDED],
    [...EMPTY, 0, 1, ...UNBOUNDED],
    [...WIDE, 0, 3, ...UNBOUNDED],
  ],
  maxPool: pooled,
  maxPoolF64: pooled.slice(2),
  maxPoolI8: bytes.slice(2),
  maxPoolU8: bytes,
  maxPoolPlaces: withMore([1000, 100, 25, 5, 1]),
  maxUnpool: [
    [1, 1],
    [5, 9],
  ],
  sumPool: [...withMore([1, 1, 1, 1]), ...withMore([2, 3, 6, 5]).slice(1, 3)],
  l1Pool: withMore([0, 1, 1, 1]).slice(2),
  l2Pool: withMore([0, 1, 1, 1]).slice(2),
};
