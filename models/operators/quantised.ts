/** Rules of vm/kernels/quantised: integer arithmetic of quantised networks. */
import type { Rules } from './rule.ts';

export const QUANTISED: Rules = {};
