/** Rules of vm/kernels/movement: elements change their places, not their values. */
import { product, type Rule, type Rules } from './rule.ts';

/** Axes of `strided`. */
export const STRIDED_AXES = 6;
const axes = (name: string): string[] =>
  Array.from({ length: STRIDED_AXES }, (_, i) => `${name}${i}`);

/** y[to + sum of i[a] * toStride[a]] = x[from + sum of i[a] * fromStride[a]] for all i[a] < size[a]. */
function strided(bytes: 1 | 2 | 4 | 8): Rule {
  const parts = (attributes: readonly number[]) => {
    const [inputs = 0, outputs = 0, from = 0, to = 0, ...rest] = attributes;
    const size = rest.slice(0, STRIDED_AXES);
    const last = (start: number, strides: readonly number[]): number =>
      strides.reduce((sum, stride, i) => sum + stride * (size[i]! - 1), start);
    const fromStrides = rest.slice(STRIDED_AXES, 2 * STRIDED_AXES);
    const toStrides = rest.slice(2 * STRIDED_AXES);
    const moved = product(...size);
    return {
      inputs,
      outputs,
      moved,
      lastRead: last(from, fromStrides),
      lastWritten: last(to, toStrides),
    };
  };
  return {
    attributes: [
      'inputs',
      'outputs',
      'from',
      'to',
      ...axes('size'),
      ...axes('from'),
      ...axes('to'),
    ],
    zeros: ['from', 'to', ...axes('from'), ...axes('to')],
    check(attributes) {
      const { inputs, outputs, lastRead, lastWritten } = parts(attributes);
      if (lastRead >= inputs) return `it reads element ${lastRead} of ${inputs}`;
      if (lastWritten >= outputs) return `it writes element ${lastWritten} of ${outputs}`;
      return undefined;
    },
    operands: ([inputs = 0, outputs = 0]) => [
      [bytes, inputs],
      [bytes, outputs],
    ],
    // Places may repeat, so only what is dense by its strides counts as whole.
    updates: (attributes) => !isDense(attributes),
    cost: (attributes) => 12 * parts(attributes).moved,
  };
}

/** Whether a call of `strided` writes every element of its output: its output strides are those of a dense tensor, in any order. */
function isDense([, outputs = 0, , to = 0, ...rest]: readonly number[]): boolean {
  const size = rest.slice(0, STRIDED_AXES);
  const order = rest
    .slice(2 * STRIDED_AXES)
    .map((stride, i) => ({ stride, size: size[i]! }))
    .filter(({ size }) => size > 1)
    .sort((x, y) => x.stride - y.stride);
  let expected = 1;
  for (const { size, stride } of order) {
    if (stride !== expected) return false;
    expected *= size;
  }
  return to === 0 && expected === outputs;
}

export const MOVEMENT: Rules = {
  strided1: strided(1),
  strided2: strided(2),
  strided4: strided(4),
  strided8: strided(8),
};
