/** Quantised operators that onnxruntime adds (domain com.microsoft): through floats, rounded with ties to even. */
import { type Context, type Lowerings, number } from '../../context.ts';
import type { Tensor } from '../../tensor.ts';
import { concat } from '../movement.ts';
import { eight, outputOf, single } from './qlinear.ts';
import { mapPairs, mapTable } from './tables.ts';

/** The nearest whole number, the even one of two. */
export function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Elements of an output with the scale and the zero at inputs `i` and `i + 1`. */
function into(c: Context, i: number, x: Tensor) {
  const scale = single(c, i);
  const output = outputOf(c, i + 1, x.dtype);
  return {
    dtype: output.dtype,
    of: (value: number): number => {
      const steps = nearestEven(Math.fround(value / scale)) + output.zero;
      return Number.isNaN(steps) ? output.zero : Math.min(Math.max(steps, output.low), output.high);
    },
  };
}

/** The number that an element stands for, by the scale and the zero at inputs `i` and `i + 1`. */
function real(c: Context, i: number): (value: number) => number {
  const [scale, zero] = [single(c, i), single(c, i + 1, 0)];
  return (value) => Math.fround(scale * (value - zero));
}

const pairs =
  (f: (x: number, y: number) => number) =>
  (c: Context): Tensor => {
    const [x, y] = [eight(c, 0), eight(c, 3)];
    const [left, right] = [real(c, 1), real(c, 4)];
    const output = into(c, 6, x);
    return mapPairs(c.b, x, y, output.dtype, (p, q) =>
      output.of(Math.fround(f(left(p), right(q)))),
    );
  };

const each = (f: (c: Context) => (value: number) => number) => ({
  anyAxes: true as const,
  lower(c: Context): Tensor {
    const x = eight(c, 0);
    const from = real(c, 1);
    const output = into(c, 3, x);
    const g = f(c);
    return mapTable(c.b, x, output.dtype, (value) => output.of(Math.fround(g(from(value)))));
  },
});

export const MICROSOFT: Lowerings = {
  'com.microsoft:QLinearAdd': { anyAxes: true, lower: pairs((x, y) => x + y) },
  'com.microsoft:QLinearMul': { anyAxes: true, lower: pairs((x, y) => x * y) },
  'com.microsoft:QLinearSigmoid': each(() => (x) => 1 / (1 + Math.exp(-x))),
  'com.microsoft:QLinearLeakyRelu': each((c) => {
    const alpha = Math.fround(number(c, 'alpha', 0.01));
    return (x) => (x < 0 ? alpha * x : x);
  }),
  'com.microsoft:QLinearConcat'(c) {
    // Scale and zero of the output, then a tensor, its scale and its zero for each part.
    const first = eight(c, 2);
    const output = into(c, 0, first);
    const parts: Tensor[] = [];
    for (let i = 2; i < c.inputs.length; i += 3) {
      const from = real(c, i + 1);
      parts.push(mapTable(c.b, eight(c, i), output.dtype, (value) => output.of(from(value))));
    }
    const axis = number(c, 'axis');
    return concat(c.b, parts, axis < 0 ? axis + first.shape.length : axis);
  },
};
