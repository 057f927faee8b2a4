/** Einstein sums: contractions of tensors by labelled axes (ONNX Einsum), made of transpositions, reductions and products of matrices. */
import type { Builder } from '../builder.ts';
import { type Context, input, type Lowerings, string, where } from '../context.ts';
import { malformed } from '../errors.ts';
import { count, describe, stridesOf, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { binary, widened } from './elementary.ts';
import { multiply } from './products.ts';
import { dropAxes, reduceOver } from './reduce.ts';

/** A tensor whose axes have labels, all different. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Labels of a term's axes: letters, and for `...` as many of `.0`, `.1`, ... as it stands for, `.0` for the last of them. */
function labelsOf(c: Context, term: string, rank: number): string[] {
  const parts: string[] = [...(term.match(/\.\.\.|[A-Za-z]/g) ?? [])];
  const isTerm = parts.join('') === term && parts.filter((part) => part === '...').length <= 1;
  const hidden = rank - parts.filter((part) => part !== '...').length;
  if (!isTerm || hidden < 0 || (hidden > 0 && !parts.includes('...')))
    malformed(`${where(c)}: the term "${term}" for ${rank} axes`);
  const dots = Array.from({ length: hidden }, (_, i) => `.${hidden - 1 - i}`);
  return parts.flatMap((part) => (part === '...' ? dots : [part]));
}

/** The diagonal where a label comes twice. */
function labelled(c: Context, x: Tensor, given: readonly string[]): Labelled {
  const labels = [...new Set(given)];
  if (labels.length === given.length) return { x, labels };
  const strides = stridesOf(x.shape);
  const axesOf = (label: string): number[] =>
    given.flatMap((other, axis) => (other === label ? [axis] : []));
  const shape = labels.map((label) => {
    const sizes = new Set(axesOf(label).map((axis) => x.shape[axis]!));
    if (sizes.size > 1) malformed(`${where(c)}: the axes "${label}" of ${describe(x)} differ`);
    return [...sizes][0]!;
  });
  const from = labels.map((label) => axesOf(label).reduce((sum, axis) => sum + strides[axis]!, 0));
  return { x: c.b.move(c.b.plain(x), shape, { size: shape, from }), labels };
}

/** The tensor without the axes that `isGone` tells, which are summed. */
function summed(b: Builder, { labels, x }: Labelled, isGone: (label: string) => boolean): Labelled {
  const axes = labels.flatMap((label, axis) => (isGone(label) ? [axis] : []));
  if (axes.length === 0) return { x, labels };
  return {
    x: dropAxes(b, reduceOver(b, 'sum', x, axes), axes),
    labels: labels.filter((label) => !isGone(label)),
  };
}

const ordered = (b: Builder, { labels, x }: Labelled, order: readonly string[]): Tensor =>
  b.transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );

/** Two tensors become one, whose axes are those that are `kept`. */
function contracted(c: Context, p: Labelled, q: Labelled, kept: ReadonlySet<string>): Labelled {
  const { b } = c;
  const sizeIn = ({ labels, x }: Labelled, label: string): number =>
    x.shape[labels.indexOf(label)]!;
  // An axis of one element goes with any size of the other's.
  const fits = (own: Labelled, other: Labelled): Labelled =>
    summed(
      b,
      own,
      (label) =>
        other.labels.includes(label) && sizeIn(own, label) === 1 && sizeIn(other, label) !== 1,
    );
  const first = fits(p, q);
  const second = fits(q, p);
  const x = summed(b, first, (label) => !kept.has(label) && !second.labels.includes(label));
  const y = summed(b, second, (label) => !kept.has(label) && !first.labels.includes(label));
  const shared = x.labels.filter((label) => y.labels.includes(label));
  const bad = shared.find((label) => sizeIn(x, label) !== sizeIn(y, label));
  if (bad !== undefined)
    malformed(`${where(c)}: "${bad}" is ${sizeIn(x, bad)} and ${sizeIn(y, bad)}`);
  const batch = shared.filter((label) => kept.has(label));
  const inside = shared.filter((label) => !kept.has(label));
  const rows = x.labels.filter((label) => !shared.includes(label));
  const columns = y.labels.filter((label) => !shared.includes(label));
  const sizes = (of: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => sizeIn(of, label));
  const outer = sizes(x, batch);
  /** The axes of each list as one; those that are one already stay in the order in which they are stored. */
  const matrices = (of: Labelled, left: readonly string[], right: readonly string[]): Tensor => {
    const tensor = ordered(b, of, [...batch, ...left, ...right]);
    if (left.length === 1 && right.length === 1) return tensor;
    return b.reshape(tensor, [...outer, count(sizes(of, left)), count(sizes(of, right))]);
  };
  const left = matrices(x, rows, inside);
  const right = matrices(y, inside, columns);
  const isProduct = inside.length === 0 || count(x.x.shape) * count(y.x.shape) === 0;
  const z = isProduct ? binary(b, 'mul', left, right) : multiply(b, left, right);
  const shape = [...outer, ...sizes(x, rows), ...sizes(y, columns)];
  return { x: b.reshape(z, shape), labels: [...batch, ...rows, ...columns] };
}

/** The labels of the result: as given, or those of `...` and then in the order of the alphabet those that come once. */
function resultOf(
  c: Context,
  terms: readonly string[],
  given: string | undefined,
  dots: number,
): string[] {
  const hidden = Array.from({ length: dots }, (_, i) => `.${dots - 1 - i}`);
  if (given === undefined) {
    const letters = terms.join('').replaceAll('.', '').split('');
    const once = letters.filter((one) => letters.indexOf(one) === letters.lastIndexOf(one));
    return [...hidden, ...once.sort()];
  }
  const rank = given.replaceAll('.', '').length + (given.includes('...') ? dots : 0);
  return labelsOf(c, given, rank);
}

function einsum(c: Context): Tensor {
  const { b } = c;
  const { dtype } = input(c, 0);
  const [left = '', right] = string(c, 'equation').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== c.inputs.length)
    malformed(`${where(c)}: ${terms.length} terms for ${c.inputs.length} inputs`);
  const operands = terms.map((term, i) => {
    const x = convert(b, input(c, i), widened(dtype));
    return labelled(c, x, labelsOf(c, term, x.shape.length));
  });
  const dots = Math.max(
    ...operands.map(({ labels }) => labels.filter((label) => label.startsWith('.')).length),
  );
  const result = resultOf(c, terms, right, dots);
  const known = new Set(operands.flatMap(({ labels }) => labels));
  const isResult = new Set(result).size === result.length && result.every((one) => known.has(one));
  if (!isResult) malformed(`${where(c)}: the result of "${string(c, 'equation')}"`);
  const [first, ...rest] = operands;
  const joined = rest.reduce((sum, operand, i) => {
    const later = rest.slice(i + 1).flatMap(({ labels }) => labels);
    return contracted(c, sum, operand, new Set([...result, ...later]));
  }, first!);
  const last = summed(b, joined, (label) => !result.includes(label));
  return convert(b, ordered(b, last, result), dtype);
}

export const EINSUM: Lowerings = { Einsum: { anyAxes: true, lower: einsum } };
