import type { Examples } from './sizes.ts';

export const QUANTISED: Examples = {};
