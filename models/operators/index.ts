/** Rules of all kernels, by the name of their export. */
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LINEAR } from './linear.ts';
import { MOVEMENT } from './movement.ts';
import { QUANTISED } from './quantised.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import type { Rule } from './rule.ts';

export const OPERATORS: ReadonlyMap<string, Rule> = new Map(
  [CONVOLUTION, ELEMENTWISE, LINEAR, MOVEMENT, QUANTISED, RECURRENT, REDUCTION].flatMap((rules) =>
    Object.entries(rules),
  ),
);

export { checkOperators, readAttributes, scratchBytes, updatesOf } from './check.ts';
export { elementBytes, type OperandType, type Rule } from './rule.ts';
