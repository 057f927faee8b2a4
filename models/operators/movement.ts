/** Rules of vm/kernels/movement: elements change their places, not their values; and what is made of indices and places. */
import { AXES } from './movement/axes.ts';
import { GATHER } from './movement/gather.ts';
import { INDICES } from './movement/indices.ts';
import { SAMPLING } from './movement/sampling.ts';
import { STRIDED } from './movement/strided.ts';
import type { Rules } from './rule.ts';

export { STRIDED_AXES } from './movement/strided.ts';

export const MOVEMENT: Rules = {
  ...AXES,
  ...GATHER,
  ...INDICES,
  ...SAMPLING,
  ...STRIDED,
};
