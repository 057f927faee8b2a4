/** Recurrent networks and attention. */
import type { Lowerings } from '../context.ts';
import { ATTENTION } from './attention.ts';
import { SEQUENCES } from './sequences.ts';

export const RECURRENT: Lowerings = { ...ATTENTION, ...SEQUENCES };
