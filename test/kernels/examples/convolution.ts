import type { Examples } from './sizes.ts';

export const CONVOLUTION: Examples = {};
