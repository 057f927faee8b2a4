/** All operators of TensorFlow.js graph models that are translated. */
import type { Translators } from '../node.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { REDUCTIONS } from './reductions.ts';
import { SHAPES } from './shapes.ts';
import { WINDOWS } from './windows.ts';

export const OPERATORS: Translators = { ...ELEMENTWISE, ...REDUCTIONS, ...SHAPES, ...WINDOWS };
