/** Fourier transforms, as products with matrices that are known. */

import type { Dtype } from '../../../graph.ts';
import type { Builder } from '../../builder.ts';
import {
  axisOf,
  type Context,
  input,
  integers,
  type Lowerings,
  number,
  optional,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import { count, describe, type Tensor } from '../../tensor.ts';
import { binary } from '../arithmetic.ts';
import { convert } from '../cast.ts';
import { multiply } from '../products.ts';
import { pad } from './assemble.ts';
import { circle } from './circle.ts';

/** Numbers in the matrix of a transform at most: 2048 complex points. */
const MOST_NUMBERS = 2 ** 24;

interface Transform {
  /** Points of a transform. */
  readonly n: number;
  /** 1 for real numbers, 2 for complex ones. */
  readonly parts: number;
  /** Frequencies, from 0, that are wanted. */
  readonly bins: number;
  readonly isInverse: boolean;
}

/** Matrix [n * parts, bins * 2] of the discrete Fourier transform. */
function matrixOf(b: Builder, { bins, isInverse, n, parts }: Transform, dtype: Dtype): Tensor {
  if (n * parts * bins * 2 > MOST_NUMBERS) unsupported(`${b.scope}: a transform of ${n} points`);
  const turns = Array.from({ length: n }, (_, i) => circle(i, n));
  const scale = isInverse ? 1 / n : 1;
  const values: number[] = [];
  for (let t = 0; t < n; t++) {
    // x * (cos -+ i sin), the row of the real part and that of the imaginary part.
    const rows = Array.from({ length: bins }, (_, k) => {
      const { cos, sin } = turns[(t * k) % n]!;
      return [cos * scale, (isInverse ? sin : -sin) * scale] as const;
    });
    for (const [re, im] of rows) values.push(re, im);
    if (parts === 2) for (const [re, im] of rows) values.push(-im, re);
  }
  return b.constant({ dtype, shape: [n * parts, bins * 2] }, writeNumbers(dtype, values));
}

/** Transforms the last but one axis: [.., n, parts] to [.., bins, 2]. */
function transform(b: Builder, x: Tensor, how: Transform): Tensor {
  const before = x.shape.slice(0, -2);
  const rows = b.reshape(x, [count(before), how.n * how.parts]);
  const y = multiply(b, rows, matrixOf(b, how, x.dtype));
  return b.reshape(y, [...before, how.bins, 2]);
}

/** The type that transforms are computed in. */
const computed = (x: Tensor): Dtype => (x.dtype === 'f64' ? 'f64' : 'f32');

const binsOf = (n: number, isOneSided: boolean): number => (isOneSided ? Math.floor(n / 2) + 1 : n);

function dft(c: Context): Tensor {
  const { b } = c;
  const given = input(c, 0);
  const x = convert(b, given, computed(given));
  const rank = x.shape.length;
  const parts = x.shape.at(-1) ?? 0;
  const [length] = integers(c, 1) ?? [];
  const [named] = (c.opset < 20 ? [number(c, 'axis', 1)] : integers(c, 2)) ?? [-2];
  const axis = axisOf(c, named ?? -2, rank);
  if (axis === rank - 1 || (parts !== 1 && parts !== 2)) {
    malformed(`${where(c)}: ${describe(given)} transformed along axis ${axis}`);
  }
  const n = length ?? x.shape[axis]!;
  const isInverse = number(c, 'inverse', 0) !== 0;
  const isOneSided = number(c, 'onesided', 0) !== 0;
  if (!(n > 0)) malformed(`${where(c)}: a transform of ${n} points`);
  if (isInverse && isOneSided) unsupported(`${where(c)}: an inverse transform of one side`);
  // The axis goes last but one.
  const order = x.shape.map((_, i) => i).filter((i) => i !== axis);
  order.splice(rank - 2, 0, axis);
  const moved = b.plain(b.transpose(x, order));
  const none = moved.shape.map(() => 0);
  const zero = writeNumbers(x.dtype, [0]);
  const padded = pad(b, moved, none, none.with(rank - 2, n - x.shape[axis]!), zero);
  const y = transform(b, padded, { n, parts, bins: binsOf(n, isOneSided), isInverse });
  const back = order.map((_, i) => order.indexOf(i));
  return convert(b, b.transpose(y, back), given.dtype);
}

/** Overlapping frames of a signal [batch, length, parts], each times the window and transformed: [batch, frames, bins, 2]. */
function stft(c: Context): Tensor {
  const { b } = c;
  const given = input(c, 0);
  const x = convert(b, given, computed(given));
  const [step = 0] = integers(c, 1) ?? [];
  const window = optional(c, 2);
  const [n = window?.shape[0] ?? 0] = integers(c, 3) ?? [];
  const [batch = 0, length = 0, parts = 1] = x.shape;
  const frames = Math.floor((length - n) / step) + 1;
  const fits = n > 0 && step > 0 && frames > 0 && (parts === 1 || parts === 2);
  if (!fits || (window && count(window.shape) !== n)) {
    malformed(`${where(c)}: ${describe(given)} in frames of ${n} every ${step}`);
  }
  const shape = [batch, frames, n, parts];
  const cut = b.move(x, shape, {
    size: shape,
    from: [length * parts, step * parts, parts, 1],
  });
  const weights = window && b.reshape(convert(b, window, x.dtype), [n, 1]);
  const weighted = weights ? binary(b, 'mul', cut, weights) : cut;
  const bins = binsOf(n, number(c, 'onesided', 1) !== 0);
  const y = transform(b, b.plain(weighted), { n, parts, bins, isInverse: false });
  return convert(b, y, given.dtype);
}

export const SIGNAL: Lowerings = { DFT: dft, STFT: stft };
