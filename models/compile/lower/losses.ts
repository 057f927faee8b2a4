/** Losses of classifiers. */
import {
  type Context,
  input,
  type Lowerings,
  number,
  optional,
  string,
  where,
} from '../context.ts';
import { malformed } from '../errors.ts';
import { count, describe, sameShape, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { binary } from './elementary.ts';
import { slice } from './movement.ts';
import { repeated } from './normalisation.ts';
import { reduceOver } from './reduce.ts';
import { alongAxis, logSoftmaxOfRows } from './softmax.ts';

/** Low and high half of an integer as a 64-bit two's complement. */
function halves(value: number): [number, number] {
  const bits = BigInt.asUintN(64, BigInt(Number.isFinite(value) ? Math.trunc(value) : 0));
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/** Loss of log probabilities [batch, classes, ...] for targets [batch, ...], by the node's attributes and weights. */
export function negativeLogLikelihood(c: Context, logs: Tensor): Tensor {
  const { b } = c;
  const target = b.plain(convert(b, input(c, 1), 'i64'));
  const [batch = 1, classes = 1, ...rest] = logs.shape;
  const inner = count(rest);
  if (!sameShape(target.shape, [batch, ...rest]) || count(logs.shape) === 0)
    malformed(`${where(c)}: ${describe(logs)} with the targets ${describe(target)}`);
  const given = optional(c, 2);
  if (given && count(given.shape) !== classes)
    malformed(`${where(c)}: the weights ${describe(given)} of ${classes} classes`);
  const weights = given ? b.plain(convert(b, given, 'f32')) : repeated(b, 1, classes);
  const hasIgnored = Object.hasOwn(c.node.attributes, 'ignore_index');
  const ignored = hasIgnored ? number(c, 'ignore_index') : 0;
  const n = batch * inner;
  const pairs = b.call(
    'nll',
    [b.plain(logs), target, weights],
    [batch, classes, inner, hasIgnored ? 1 : 0, ...halves(ignored)],
    { dtype: 'f32', shape: [2, n] },
  );
  const reduction = string(c, 'reduction', 'mean');
  const part = (of: Tensor, i: number, shape: readonly number[]): Tensor =>
    b.reshape(slice(b, of, 0, i, i + 1), shape);
  if (reduction === 'none') return part(pairs, 0, target.shape);
  if (reduction === 'sum') return b.reshape(reduceOver(b, 'sum', part(pairs, 0, [n]), [0]), []);
  if (reduction !== 'mean') malformed(`${where(c)}: reduction "${reduction}"`);
  const sums = reduceOver(b, 'sum', pairs, [1]);
  return binary(b, 'div', part(sums, 0, []), part(sums, 1, []));
}

/** Softmax along the classes, then the loss; its second output are the log probabilities. */
function crossEntropy(c: Context): Tensor[] {
  const { b } = c;
  const { dtype, shape } = input(c, 0);
  if (shape.length < 2) malformed(`${where(c)}: ${describe({ dtype, shape })} has no classes`);
  const logs = alongAxis(b, convert(b, input(c, 0), 'f32'), 1, (rows) => logSoftmaxOfRows(b, rows));
  return [negativeLogLikelihood(c, logs), logs].map((y) => convert(b, y, dtype));
}

export const LOSSES: Lowerings = {
  SoftmaxCrossEntropyLoss: crossEntropy,
  NegativeLogLikelihoodLoss(c) {
    const x = input(c, 0);
    return convert(c.b, negativeLogLikelihood(c, convert(c.b, x, 'f32')), x.dtype);
  },
};
