/** Operators of training: those that do nothing when a network only infers, and ONNX's optimisers, which are arithmetic. */

import type { Builder } from '../builder.ts';
import {
  type Context,
  content,
  input,
  type Lowerings,
  where as nameOf,
  number,
  optional,
  string,
} from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { readNumbers } from '../scalars.ts';
import { count, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { type Binary, binary, compare, scalar, unary, where } from './elementary.ts';

/** A dropout that drops nothing: x, and a mask of ones. Whether it does must be known, but only where a network may be in training. */
function dropout(c: Context): readonly Tensor[] {
  const x = input(c, 0);
  const isOne = (i: number, fallback: boolean): boolean =>
    optional(c, i) ? readNumbers(input(c, i).dtype, content(c, i))[0] !== 0 : fallback;
  const isTraining = c.opset >= 12 ? isOne(2, false) : c.opset < 7 && number(c, 'is_test', 0) === 0;
  const drops = (): boolean => (c.opset >= 12 ? isOne(1, true) : number(c, 'ratio', 0.5) !== 0);
  if (isTraining && drops()) unsupported(`${nameOf(c)}: it drops elements at random`);
  const mask = new Uint8Array(count(x.shape)).fill(1);
  const ones = c.b.constant({ dtype: 'bool', shape: x.shape }, mask);
  return [x, c.opset < 10 ? convert(c.b, ones, x.dtype) : ones];
}

/** Tensors in one type, with numbers among them: what the optimisers' formulas are written in. */
function formulas(b: Builder, dtype: Tensor['dtype']) {
  const tensor = (value: Tensor | number): Tensor =>
    typeof value === 'number' ? scalar(b, dtype, value) : convert(b, value, dtype);
  const of =
    (op: Binary) =>
    (x: Tensor | number, y: Tensor | number): Tensor =>
      binary(b, op, tensor(x), tensor(y));
  return { add: of('add'), sub: of('sub'), mul: of('mul'), div: of('div'), pow: of('pow'), tensor };
}

/**
 * The inputs of an optimiser: learning rate, count of updates, then groups of as many tensors each. `update` makes a group's results of a
 * tensor's operands.
 */
function optimiser(
  groups: number,
  update: (c: Context, rate: Tensor, times: Tensor, operands: Tensor[]) => Tensor[],
) {
  return (c: Context): Tensor[] => {
    const size = (c.inputs.length - 2) / groups;
    if (!Number.isInteger(size) || size < 1) {
      malformed(`${nameOf(c)}: ${c.inputs.length} inputs are not 2 and a multiple of ${groups}`);
    }
    const results = Array.from({ length: size }, (_, i) => {
      const operands = Array.from({ length: groups }, (_, group) => input(c, 2 + group * size + i));
      return update(c, input(c, 0), input(c, 1), operands);
    });
    return results[0]!.flatMap((_, k) => results.map((one) => one[k]!));
  };
}

/** Duchi, Hazan, Singer, "Adaptive subgradient methods", JMLR 12 (2011), as ONNX has it. */
const adagrad = optimiser(3, (c, rate, times, [x, gradient, h]) => {
  const { add, div, mul, sub } = formulas(c.b, x!.dtype);
  const r = div(rate, add(1, mul(times, number(c, 'decay_factor', 0))));
  const g = add(mul(number(c, 'norm_coefficient', 0), x!), gradient!);
  const next = add(h!, mul(g, g));
  const adaptive = add(unary(c.b, 'sqrt', next), number(c, 'epsilon', 1e-6));
  return [sub(x!, div(mul(r, g), adaptive)), next];
});

/** Kingma, Ba, "Adam", ICLR 2015, as ONNX has it. */
const adam = optimiser(4, (c, rate, times, [x, gradient, v, h]) => {
  const { add, div, mul, pow, sub, tensor } = formulas(c.b, x!.dtype);
  const alpha = number(c, 'alpha', 0.9);
  const beta = number(c, 'beta', 0.999);
  const g = add(mul(number(c, 'norm_coefficient', 0), x!), gradient!);
  const velocity = add(mul(alpha, v!), mul(1 - alpha, g));
  const next = add(mul(beta, h!), mul(1 - beta, mul(g, g)));
  const root = add(unary(c.b, 'sqrt', next), number(c, 'epsilon', 1e-6));
  const t = tensor(times);
  const corrected = div(mul(rate, unary(c.b, 'sqrt', sub(1, pow(beta, t)))), sub(1, pow(alpha, t)));
  const isLater = compare(c.b, 'less', tensor(0), t);
  const r = where(c.b, isLater, corrected, tensor(rate));
  const moved = sub(x!, div(mul(r, velocity), root));
  return [mul(1 - number(c, 'norm_coefficient_post', 0), moved), velocity, next];
});

const momentum = optimiser(3, (c, rate, times, [x, gradient, v]) => {
  const { add, mul, sub, tensor } = formulas(c.b, x!.dtype);
  const mode = string(c, 'mode');
  if (mode !== 'standard' && mode !== 'nesterov') malformed(`${nameOf(c)}: mode "${mode}"`);
  const alpha = number(c, 'alpha');
  const g = add(mul(number(c, 'norm_coefficient'), x!), gradient!);
  const isLater = compare(c.b, 'less', tensor(0), tensor(times));
  const beta = where(c.b, isLater, tensor(number(c, 'beta')), tensor(1));
  const velocity = add(mul(alpha, v!), mul(beta, g));
  const step = mode === 'standard' ? velocity : add(g, mul(alpha, velocity));
  return [sub(x!, mul(rate, step)), velocity];
});

const random = (c: Context): never =>
  unsupported(`${nameOf(c)}: its result is random, so nobody could check it`);

export const TRAINING: Lowerings = {
  Dropout: { anyAxes: true, lower: dropout },
  'ai.onnx.preview.training:Adagrad': adagrad,
  'ai.onnx.preview.training:Adam': adam,
  'ai.onnx.preview.training:Momentum': momentum,
  Bernoulli: random,
  Multinomial: random,
  RandomNormal: random,
  RandomNormalLike: random,
  RandomUniform: random,
  RandomUniformLike: random,
};
