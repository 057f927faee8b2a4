/** Operators that trade blocks of pixels for channels, or overlay them. */

import { DTYPES } from '../../../graph.ts';
import {
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  numbers,
  string,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { expand } from './assemble.ts';
import { scatterCells } from './scattering.ts';
import { indexTable } from './take.ts';

/** Images in channels-first order and the block size that divides them. */
function blocked(c: Context): {
  x: Tensor;
  size: number;
  shape: readonly [number, number, number, number];
} {
  const x = input(c, 0);
  const size = number(c, 'blocksize');
  if (x.shape.length !== 4 || !(size >= 1))
    malformed(`${where(c)}: ${describe(x)}, blocksize ${size}`);
  return { x, size, shape: x.shape as unknown as readonly [number, number, number, number] };
}

function depthToSpace(c: Context): Tensor {
  const { b } = c;
  const { shape, size, x } = blocked(c);
  const [n, channels, height, width] = shape;
  const depth = channels / size ** 2;
  const mode = string(c, 'mode', 'DCR');
  if (!Number.isInteger(depth)) malformed(`${where(c)}: ${channels} channels, blocksize ${size}`);
  if (mode !== 'DCR' && mode !== 'CRD') unsupported(`${where(c)}: mode "${mode}"`);
  const isDepthFirst = mode === 'DCR';
  // Cut as the storage allows, so that channels that are stored last move once.
  const isLast = x.axes?.join() === '0,2,3,1';
  const split = isDepthFirst ? [size, size, depth] : [depth, size, size];
  const [p, q, d] = isDepthFirst ? [0, 1, 2] : [1, 2, 0];
  if (isLast) {
    const cut = b.reshape(b.stored(x), [n, height, width, ...split]);
    const moved = b.transpose(cut, [0, 1, 3 + p, 2, 3 + q, 3 + d]);
    const y = b.reshape(moved, [n, height * size, width * size, depth]);
    return b.transpose(y, [0, 3, 1, 2]);
  }
  const cut = b.reshape(x, [n, ...split, height, width]);
  const moved = b.transpose(cut, [0, 1 + d, 4, 1 + p, 5, 1 + q]);
  return b.reshape(moved, [n, depth, height * size, width * size]);
}

function spaceToDepth(c: Context): Tensor {
  const { b } = c;
  const { shape, size, x } = blocked(c);
  const [n, channels, height, width] = shape;
  const [rows, columns] = [height / size, width / size];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    malformed(`${where(c)}: ${describe(x)}, blocksize ${size}`);
  }
  const cut = b.reshape(x, [n, channels, rows, size, columns, size]);
  const moved = b.transpose(cut, [0, 3, 5, 1, 2, 4]);
  return b.reshape(moved, [n, channels * size ** 2, rows, columns]);
}

/** Places in an image that a table holds at most. */
const MOST_PLACES = 2 ** 22;

/** Sums columns that were cut from overlapping blocks into an image: x [n, channels * block, blocks] to [n, channels, image]. */
function col2Im(c: Context): Tensor {
  const { b } = c;
  const x = input(c, 0);
  const image = integers(c, 1) ?? [];
  const block = integers(c, 2) ?? [];
  const rank = image.length;
  const strides = numbers(c, 'strides') ?? image.map(() => 1);
  const dilations = numbers(c, 'dilations') ?? image.map(() => 1);
  const pads = numbers(c, 'pads') ?? [...image, ...image].map(() => 0);
  const [n = 0, rows = 0, columns = 0] = x.shape;
  const channels = rows / count(block);
  const steps = image.map((size, i) => {
    const reach = (block[i]! - 1) * dilations[i]! + 1;
    return Math.floor((size + pads[i]! + pads[rank + i]! - reach) / strides[i]!) + 1;
  });
  const lists = [block, strides, dilations];
  const fits = lists.every((list) => list.length === rank && list.every((size) => size > 0));
  if (
    !fits ||
    pads.length !== 2 * rank ||
    x.shape.length !== 3 ||
    count(steps) !== columns ||
    !Number.isInteger(channels)
  ) {
    malformed(`${where(c)}: ${describe(x)} to an image [${image}] by blocks [${block}]`);
  }
  if (count(block) * columns > MOST_PLACES) unsupported(`${where(c)}: ${describe(x)}`);
  // The place in the image of each element of each block, beyond the image where there is none.
  const walks = [
    ...block.map((size, i) => [size, dilations[i]!, i] as const),
    ...steps.map((size, i) => [size, strides[i]!, i] as const),
  ];
  const coordinates = walks.reduce<number[][]>(
    (all, [size, step, axis]) =>
      all.flatMap((at) =>
        Array.from({ length: size }, (_, i) => at.with(axis, at[axis]! + i * step)),
      ),
    [image.map((_, i) => -pads[i]!)],
  );
  const places = coordinates.map((at) =>
    at.every((one, i) => one >= 0 && one < image[i]!)
      ? at.reduce((sum, one, i) => sum * image[i]! + one, 0)
      : count(image),
  );
  const inner = n * channels;
  const byPlace = b.transpose(b.reshape(x, [inner, count(block) * columns]), [1, 0]);
  const zero = b.constant({ dtype: x.dtype, shape: [] }, new Uint8Array(DTYPES[x.dtype].bytes));
  const base = expand(b, zero, [count(image), inner]);
  const sums = scatterCells(b, base, indexTable(b, places), b.plain(byPlace), inner, 'add');
  return b.reshape(b.transpose(sums, [1, 0]), [n, channels, ...image]);
}

export const BLOCKS: Lowerings = {
  Col2Im: col2Im,
  DepthToSpace: { anyAxes: true, lower: depthToSpace },
  SpaceToDepth: spaceToDepth,
};
