/** Recurrent networks and attention. */
import type { Lowerings } from '../context.ts';

export const RECURRENT: Lowerings = {};
