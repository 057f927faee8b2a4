/** Operators that move elements, and the functions that other lowerings move them with. */
import type { Lowerings } from '../context.ts';
import { ALONG } from './movement/along.ts';
import { BLOCKS } from './movement/blocks.ts';
import { GATHERING } from './movement/gathering.ts';
import { GENERATE } from './movement/generate.ts';
import { RESIZE } from './movement/resize.ts';
import { SAMPLING } from './movement/sampling.ts';
import { SCATTERING } from './movement/scattering.ts';
import { SELECT } from './movement/select.ts';
import { SHAPE } from './movement/shape.ts';
import { SIGNAL } from './movement/signal.ts';
import { SLICING } from './movement/slicing.ts';
import { TEXT } from './movement/text.ts';

export { topK } from './movement/along.ts';
export { bitcast, concat, expand, pad, tile } from './movement/assemble.ts';
export { gatherElements } from './movement/gathering.ts';
export { interpolate } from './movement/resize.ts';
export { scatterElements } from './movement/scattering.ts';
export { squeeze, unsqueeze } from './movement/shape.ts';
export { gather, slice, take } from './movement/take.ts';

export const MOVEMENT: Lowerings = {
  ...ALONG,
  ...BLOCKS,
  ...GATHERING,
  ...GENERATE,
  ...RESIZE,
  ...SAMPLING,
  ...SCATTERING,
  ...SELECT,
  ...SHAPE,
  ...SIGNAL,
  ...SLICING,
  ...TEXT,
};
