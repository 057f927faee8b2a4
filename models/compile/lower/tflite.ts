/** Operators with TensorFlow Lite's own semantics. */
import type { Lowerings } from '../context.ts';

export const TFLITE: Lowerings = {};
