/** Graphs in graphs and lists of tensors, resolved when a network is compiled. */
import type { Lowerings } from '../context.ts';

export const CONTROL: Lowerings = {};
