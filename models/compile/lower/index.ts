/** All lowerings, by operator. */
import type { Lowerings } from '../context.ts';
import { CONTROL } from './control.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { LINEAR } from './linear.ts';
import { MOVEMENT } from './movement.ts';
import { QUANTISED } from './quantised.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { TFLITE } from './tflite.ts';

export const LOWERINGS: Lowerings = {
  ...CONTROL,
  ...CONVOLUTION,
  ...ELEMENTWISE,
  ...LINEAR,
  ...MOVEMENT,
  ...QUANTISED,
  ...RECURRENT,
  ...REDUCTION,
  ...TFLITE,
};
