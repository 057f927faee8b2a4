/** Quantised operators of ONNX. */
import type { Lowerings } from '../context.ts';

export const QUANTISED: Lowerings = {};
