/** Operators that make one result for each element or tuple of elements. */
import type { Lowerings } from '../context.ts';
import { ACTIVATIONS } from './activations.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { CAST } from './cast.ts';
import { COMPARISON } from './comparison.ts';
import { TRAINING } from './training.ts';

export const ELEMENTWISE: Lowerings = {
  ...ACTIVATIONS,
  ...ARITHMETIC,
  ...CAST,
  ...COMPARISON,
  ...TRAINING,
};
