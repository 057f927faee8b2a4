/** Products of matrices. */
import type { Lowerings } from '../context.ts';

export const LINEAR: Lowerings = {};
