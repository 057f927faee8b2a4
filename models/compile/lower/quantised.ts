/** Quantised operators of ONNX. */
import type { Lowerings } from '../context.ts';
import { QUANTISE_LINEAR } from './quantised/linear.ts';
import { MICROSOFT } from './quantised/microsoft.ts';
import { QLINEAR } from './quantised/qlinear.ts';

export const QUANTISED: Lowerings = { ...QUANTISE_LINEAR, ...QLINEAR, ...MICROSOFT };
