import type { Examples } from './sizes.ts';

export const RECURRENT: Examples = {};
