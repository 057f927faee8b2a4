/** Reductions and normalisation. */
import type { Lowerings } from '../context.ts';
import { DETERMINANT } from './determinant.ts';
import { EINSUM } from './einsum.ts';
import { LOSSES } from './losses.ts';
import { NORMALISATION } from './normalisation.ts';
import { REDUCE } from './reduce.ts';
import { SOFTMAX } from './softmax.ts';

export const REDUCTION: Lowerings = {
  ...REDUCE,
  ...SOFTMAX,
  ...NORMALISATION,
  ...LOSSES,
  ...EINSUM,
  ...DETERMINANT,
};
