import { product, type Rule, type Rules } from '../rule.ts';

/** Axes of `strided`. */
export const STRIDED_AXES = 6;
const axes = (name: string): string[] =>
  Array.from({ length: STRIDED_AXES }, (_, i) => `${name}${i}`);

/** A stride of the input as the kernel uses it: u32 in two's complement. */
const signed = (stride: number): number => (stride < 2 ** 31 ? stride : stride - 2 ** 32);

/**
 * y[to + sum of i[a] * toStride[a]] = x[from + sum of i[a] * fromStride[a]] for all i[a] < size[a]. Strides of the input may be
 * negative, those of the output may not.
 */
function strided(bytes: 1 | 2 | 4 | 8): Rule {
  const parts = (attributes: readonly number[]) => {
    const [inputs = 0, outputs = 0, from = 0, to = 0, ...rest] = attributes;
    const size = rest.slice(0, STRIDED_AXES);
    const last = (start: number, strides: readonly number[]): number =>
      strides.reduce((sum, stride, i) => sum + stride * (size[i]! - 1), start);
    const fromStrides = rest.slice(STRIDED_AXES, 2 * STRIDED_AXES).map(signed);
    const toStrides = rest.slice(2 * STRIDED_AXES);
    const moved = product(...size);
    const isRow = fromStrides.at(-1) === 0 || fromStrides.at(-1) === 1;
    const lanes = isRow && toStrides.at(-1) === 1 ? 16 / bytes : 1;
    return {
      inputs,
      outputs,
      firstRead: last(
        from,
        fromStrides.map((stride) => Math.min(stride, 0)),
      ),
      lastRead: last(
        from,
        fromStrides.map((stride) => Math.max(stride, 0)),
      ),
      lastWritten: last(to, toStrides),
      moved,
      cost: (moved / size.at(-1)!) * (20 + 10 * Math.ceil(size.at(-1)! / lanes)),
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
      const { inputs, outputs, firstRead, lastRead, lastWritten, moved } = parts(attributes);
      if (firstRead < 0) return `it reads element ${firstRead}`;
      if (lastRead >= inputs) return `it reads element ${lastRead} of ${inputs}`;
      if (lastWritten >= outputs) return `it writes element ${lastWritten} of ${outputs}`;
      // More would be written twice: time that no model needs.
      if (moved > outputs) return `it moves ${moved} elements to ${outputs}`;
      return undefined;
    },
    operands: ([inputs = 0, outputs = 0]) => [
      [bytes, inputs],
      [bytes, outputs],
    ],
    // Places may repeat, so only what is dense by its strides counts as whole.
    updates: (attributes) => !isDense(attributes),
    cost: (attributes) => parts(attributes).cost,
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

export const STRIDED: Rules = {
  strided1: strided(1),
  strided2: strided(2),
  strided4: strided(4),
  strided8: strided(8),
};
