/** Rules of vm/kernels/convolution: convolutions and pooling. */
import { REGION_BYTES } from '../../vm/constants.ts';
import type { Dtype } from '../graph.ts';
import { OFFSETS_BYTES, PANEL, productCost, TAIL_BYTES, withAddend } from './linear.ts';
import { product, type Rule, type Rules } from './rule.ts';
import {
  faultOfRows,
  faultOfWindow,
  inputElements,
  MOST_ALONG_AXIS,
  outputElements,
  PADDING,
  readWindow,
  WINDOW,
  type Window,
  windowRows,
} from './window.ts';

interface Rows extends Window {
  readonly begin: number;
  readonly end: number;
}

/** A window whose attributes end with the rows to be computed and `after` others. */
function windowed(attributes: readonly number[], after = 0): Rows {
  const at = attributes.length - after;
  const [begin = 0, end = 0] = attributes.slice(at - 2, at);
  return { ...readWindow(attributes), begin, end };
}

const isPart = (rows: Rows): boolean => rows.begin > 0 || rows.end < windowRows(rows);

const faultOf = (attributes: readonly number[], rows: Rows): string | undefined =>
  faultOfWindow(attributes) ?? faultOfRows(rows.begin, rows.end, windowRows(rows));

/** Pixels of the output that a call computes. */
const pixels = ({ begin, end, outputs }: Rows): number => (end - begin) * outputs[2]!;

const paddedBytes = ({ c, extents, isPadded }: Window): number =>
  isPadded ? 4 * product(...extents, c) : 0;

const faultOfScratch = (bytes: number): string | undefined =>
  bytes > REGION_BYTES ? `an image with its padding takes ${bytes} bytes` : undefined;

function convParts(attributes: readonly number[]) {
  const rows = windowed(attributes, 2);
  const [co = 0, groups = 0] = rows.rest;
  const taps = product(...rows.window);
  const depth = product(taps, rows.c / groups);
  const panels = Math.ceil(co / groups / PANEL);
  const padded = paddedBytes(rows);
  const scratch = TAIL_BYTES + 4 * taps + 16 + OFFSETS_BYTES + padded;
  return { ...rows, co, groups, taps, depth, panels, padded, scratch };
}

const conv: Rule = {
  attributes: [...WINDOW, 'co', 'groups', 'begin', 'end', 'lo', 'hi'],
  zeros: [...PADDING, 'begin', 'lo', 'hi'],
  check(attributes) {
    const parts = convParts(attributes);
    const { c, co, groups, scratch } = parts;
    if (c % groups !== 0 || co % groups !== 0) return `${c} and ${co} channels in ${groups} groups`;
    return faultOf(attributes, parts) ?? faultOfScratch(scratch);
  },
  operands(attributes) {
    const parts = convParts(attributes);
    return [
      ['f32', inputElements(parts)],
      ['f32', product(parts.groups, parts.panels, parts.depth, PANEL)],
      ['f32', parts.co],
      ['f32', outputElements(parts, parts.co)],
    ];
  },
  scratch: (attributes) => convParts(attributes).scratch,
  updates: (attributes) => isPart(windowed(attributes, 2)),
  cost(attributes) {
    const parts = convParts(attributes);
    const { co, depth, groups, padded, taps } = parts;
    const each = productCost(pixels(parts), depth + taps, co / groups);
    return product(groups, each) + padded / 4;
  },
};

function depthwiseParts(attributes: readonly number[]) {
  const rows = windowed(attributes, 2);
  const taps = product(...rows.window);
  const padded = paddedBytes(rows);
  return { ...rows, taps, padded, scratch: 4 * taps + 16 + OFFSETS_BYTES + padded };
}

const depthwise: Rule = {
  attributes: [...WINDOW, 'begin', 'end', 'lo', 'hi'],
  zeros: [...PADDING, 'begin', 'lo', 'hi'],
  check(attributes) {
    const parts = depthwiseParts(attributes);
    return faultOf(attributes, parts) ?? faultOfScratch(parts.scratch);
  },
  operands(attributes) {
    const parts = depthwiseParts(attributes);
    return [
      ['f32', inputElements(parts)],
      ['f32', product(parts.taps, parts.c)],
      ['f32', parts.c],
      ['f32', outputElements(parts, parts.c)],
    ];
  },
  scratch: (attributes) => depthwiseParts(attributes).scratch,
  updates: (attributes) => isPart(windowed(attributes, 2)),
  cost(attributes) {
    const parts = depthwiseParts(attributes);
    const { c, padded, taps } = parts;
    const vectors = Math.floor(c / 4) + (c % 4);
    return product(pixels(parts), vectors, 5 * taps + 20) + padded / 4;
  },
};

/** Instructions of a tap and of the rest of a window, for 64 bytes of the channels, 16, or one channel. */
interface Costs {
  readonly wide: readonly [number, number];
  readonly vector: readonly [number, number];
}

const LARGEST: Costs = { wide: [12, 25], vector: [7, 20] };
const SUMS: Costs = { wide: [15, 40], vector: [10, 40] };
/** One channel after the other. */
const PLACES: Costs = { wide: [20 * 16, 10 * 16], vector: [20 * 4, 10 * 4] };

/** Pooling of elements of `bytes` bytes from one type to another. */
function pooling(
  [from, bytes]: readonly [Dtype, number],
  to: Dtype,
  { vector, wide }: Costs,
  more: Partial<Pick<Rule, 'check' | 'attributes' | 'zeros'>> = {},
): Rule {
  return {
    attributes: [...WINDOW, ...(more.attributes ?? []), 'begin', 'end'],
    zeros: [...PADDING, ...(more.zeros ?? []), 'begin'],
    check: (attributes) => more.check?.(attributes) ?? faultOf(attributes, windowed(attributes)),
    operands(attributes) {
      const window = readWindow(attributes);
      return [
        [from, inputElements(window)],
        [to, outputElements(window, window.c)],
      ];
    },
    updates: (attributes) => isPart(windowed(attributes)),
    cost(attributes) {
      const rows = windowed(attributes);
      // Taps that see nothing are never gone through.
      const taps = product(...rows.window.map((size, i) => Math.min(size, rows.sizes[i]!)));
      const size = bytes * rows.c;
      const rest = size % 64;
      const vectors = Math.floor(rest / 16) + (rest % 16) / bytes;
      const each =
        Math.floor(size / 64) * (wide[0] * taps + wide[1]) +
        vectors * (vector[0] * taps + vector[1]);
      return product(pixels(rows), 40 + each);
    },
  };
}

const maxPool = (type: Dtype, bytes: number): Rule => pooling([type, bytes], type, LARGEST);

const maxPoolPlaces: Rule = pooling(['f32', 4], 'i64', PLACES, {
  attributes: ['image', 'channel', 'deep', 'down', 'across'],
});

const sumPool: Rule = pooling(['f32', 4], 'f32', SUMS, {
  attributes: ['division', 'ed', 'eh', 'ew'],
  zeros: ['division'],
  check(attributes) {
    const [division = 0, ...ends] = readWindow(attributes).rest;
    if (division > 2) return `division ${division}`;
    const far = ends.slice(0, 3).find((end) => end > MOST_ALONG_AXIS);
    return far === undefined ? undefined : `its padding ends at element ${far}`;
  },
});

const maxUnpool: Rule = {
  attributes: ['m', 'n'],
  operands: ([m = 0, n = 0]) => [
    ['f32', m],
    ['i64', m],
    ['f32', n],
  ],
  cost: ([m = 0, n = 0]) => 15 * m + 4 * n,
};

export const CONVOLUTION: Rules = {
  conv,
  convAdd: withAddend(conv),
  depthwise,
  maxPool: maxPool('f32', 4),
  maxPoolF64: maxPool('f64', 8),
  maxPoolI8: maxPool('i8', 1),
  maxPoolU8: maxPool('u8', 1),
  maxPoolPlaces,
  maxUnpool,
  sumPool,
  l1Pool: sumPool,
  l2Pool: sumPool,
};
