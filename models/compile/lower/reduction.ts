/** Reductions and normalisation. */
import type { Lowerings } from '../context.ts';

export const REDUCTION: Lowerings = {};
