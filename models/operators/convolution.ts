/** Rules of vm/kernels/convolution: convolutions and pooling. */
import type { Rules } from './rule.ts';

export const CONVOLUTION: Rules = {};
