/** Normalisation by mean and variance, and its kin. */
import type { Lowerings } from '../context.ts';
import { CHANNELS } from './normalisation/channels.ts';
import { ROWS } from './normalisation/rows.ts';

export { repeated } from './normalisation/moments.ts';

export const NORMALISATION: Lowerings = { ...CHANNELS, ...ROWS };
