/** Convolutions and pooling. */
import type { Lowerings } from '../context.ts';

export const CONVOLUTION: Lowerings = {};
