/** Rules of vm/kernels/recurrent: recurrent networks and attention. */
import type { Rules } from './rule.ts';

export const RECURRENT: Rules = {};
