/** Shapes that every kernel is tried with, by its name. */
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LINEAR } from './linear.ts';
import { MOVEMENT } from './movement.ts';
import { QUANTISED } from './quantised.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import type { Examples } from './sizes.ts';

export const EXAMPLES: Examples = {
  ...CONVOLUTION,
  ...ELEMENTWISE,
  ...LINEAR,
  ...MOVEMENT,
  ...QUANTISED,
  ...RECURRENT,
  ...REDUCTION,
};
