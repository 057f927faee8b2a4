/** Functions of one tensor, as nodes of ONNX; several frameworks know them by the same names. */
import type { Assembly } from './assembly.ts';

/** x / (1 + exp(-x)). */
export const silu = (a: Assembly, x: string): string => a.add('Mul', [x, a.add('Sigmoid', [x])]);

export function clip(a: Assembly, x: string, least: number, most: number): string {
  const high = Number.isFinite(most) ? a.scalar(most) : '';
  return a.add('Clip', high === '' ? [x, a.scalar(least)] : [x, a.scalar(least), high]);
}

export const relu6 = (a: Assembly, x: string): string => clip(a, x, 0, 6);

/** x/2 (1 + erf(x / sqrt 2)). */
export function gelu(a: Assembly, x: string): string {
  const erf = a.add('Erf', [a.add('Mul', [x, a.scalar(Math.SQRT1_2)])]);
  return a.add('Mul', [a.add('Mul', [x, a.scalar(0.5)]), a.add('Add', [erf, a.scalar(1)])]);
}

/** x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
export function geluTanh(a: Assembly, x: string): string {
  const cube = a.add('Mul', [a.add('Mul', [x, x]), x]);
  const sum = a.add('Add', [x, a.add('Mul', [cube, a.scalar(0.044715)])]);
  const tanh = a.add('Tanh', [a.add('Mul', [sum, a.scalar(Math.sqrt(2 / Math.PI))])]);
  return a.add('Mul', [a.add('Mul', [x, a.scalar(0.5)]), a.add('Add', [tanh, a.scalar(1)])]);
}

/** A node of one input and no attributes. */
export const plain =
  (op: string) =>
  (a: Assembly, x: string): string =>
    a.add(op, [x]);
