/** Rules of operators of one operand. */
import type { Dtype } from '../../graph.ts';
import type { Rule, Rules } from '../rule.ts';

/** Attributes are n, begin, end and the operator's parameters (f32). */
function unary(type: Dtype, cost: number, parameters: readonly string[] = []): Rule {
  return {
    attributes: ['n', 'begin', 'end', ...parameters],
    zeros: ['begin', ...parameters],
    check: ([n = 0, begin = 0, end = 0]) =>
      begin < end && end <= n ? undefined : `begin ${begin}, end ${end} of ${n} elements`,
    operands: ([n = 0]) => [
      [type, n],
      [type, n],
    ],
    updates: ([n = 0, begin = 0, end = 0]) => begin > 0 || end < n,
    cost: ([, begin = 0, end = 0]) => cost * (end - begin),
  };
}

/** What WebAssembly computes itself. */
const EXACT = ['abs', 'sign', 'ceil', 'floor', 'round', 'sqrt'];

/** Functions in f64, with the instructions that one value takes, about. */
const FUNCTIONS: Readonly<Record<string, number>> = {
  log: 70,
  sin: 80,
  cos: 80,
  tan: 110,
  asin: 80,
  acos: 80,
  atan: 70,
  sinh: 80,
  cosh: 80,
  asinh: 130,
  acosh: 130,
  atanh: 110,
};

/** Functions of f32 on four lanes: instructions for one value, and parameters. */
const LANES: Readonly<Record<string, readonly [cost: number, parameters?: readonly string[]]>> = {
  exp: [16],
  tanh: [28],
  erf: [36],
  sigmoid: [20],
  gelu: [40],
  geluTanh: [28],
  mish: [24],
  softplus: [26],
  elu: [28, ['alpha', 'scale', 'gamma']],
  leakyRelu: [4, ['alpha']],
  clamp: [4, ['low', 'high']],
  hardSigmoid: [5, ['alpha', 'beta']],
  hardSwish: [5, ['alpha', 'beta']],
  swish: [22, ['alpha']],
};

/** Functions of `LANES` that are there for f64 too. */
const ALSO_F64 = { exp: 50, tanh: 80, erf: 400, sigmoid: 60, softplus: 150 };

export const UNARY: Rules = Object.fromEntries([
  ...EXACT.flatMap((name) => [
    [`${name}F32`, unary('f32', 3)],
    [`${name}F64`, unary('f64', 5)],
  ]),
  ...Object.entries(FUNCTIONS).flatMap(([name, cost]) => [
    [`${name}F32`, unary('f32', cost)],
    [`${name}F64`, unary('f64', cost)],
  ]),
  ...Object.entries(ALSO_F64).map(([name, cost]) => [`${name}F64`, unary('f64', cost)]),
  ...Object.entries(LANES).map(([name, [cost, parameters]]) => [
    `${name}F32`,
    unary('f32', cost, parameters),
  ]),
]);
