/** Operators with TensorFlow Lite's own semantics. */
import type { Lowerings } from '../context.ts';
import { TFLITE_SOFTMAX } from './quantised/softmax.ts';
import { TFLITE_CONVOLUTION } from './quantised/tflite-convolution.ts';
import { TFLITE_ELEMENTWISE } from './quantised/tflite-elementwise.ts';
import { TFLITE_REDUCTION } from './quantised/tflite-reduction.ts';

export const TFLITE: Lowerings = {
  ...TFLITE_CONVOLUTION,
  ...TFLITE_ELEMENTWISE,
  ...TFLITE_REDUCTION,
  ...TFLITE_SOFTMAX,
};
