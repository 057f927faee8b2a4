/** Graphs in graphs and lists of tensors, resolved when a network is compiled. */
import type { Lowerings } from '../context.ts';
import { branch } from './control/branch.ts';
import { LISTS } from './control/lists.ts';
import { loop } from './control/loop.ts';
import { scan } from './control/scan.ts';

export const CONTROL: Lowerings = {
  If: { lower: branch, anyAxes: true },
  Loop: { lower: loop, anyAxes: true },
  Scan: { lower: scan, anyAxes: true },
  ...LISTS,
};
