/** Activations and products in plain loops. */
import { type Arr, arr, map } from './arrays.ts';

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Abramowitz and Stegun, 7.1.5, as a series. */
export function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.05070098 * (x > 0 ? x : 1.67326324 * Math.expm1(x)),
  sigmoid,
  tanh: Math.tanh,
  softplus: (x) => Math.log1p(Math.exp(x)),
  softsign: (x) => x / (1 + Math.abs(x)),
  exponential: Math.exp,
  swish: (x) => x * sigmoid(x),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  hard_sigmoid: (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
};

export function activate(x: Arr, name: unknown = 'linear'): Arr {
  if (name === 'softmax') return softmax(x);
  return map(x, FUNCTIONS[name as string]!);
}

export function softmax(x: Arr): Arr {
  const n = x.shape.at(-1)!;
  const data = x.data.slice();
  for (let at = 0; at < data.length; at += n) {
    const row = data.subarray(at, at + n);
    const most = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - most), 0);
    row.forEach((value, i) => {
      row[i] = Math.exp(value - most) / total;
    });
  }
  return { ...x, data };
}

export function dense(x: Arr, kernel: Arr): Arr {
  const [rows, columns] = kernel.shape as [number, number];
  const count = x.data.length / rows;
  const y = arr([...x.shape.slice(0, -1), columns]);
  for (let r = 0; r < count; r++)
    for (let c = 0; c < columns; c++)
      for (let k = 0; k < rows; k++)
        y.data[r * columns + c]! += x.data[r * rows + k]! * kernel.data[k * columns + c]!;
  return y;
}

/** Adds along the last axis. */
export const addBias = (x: Arr, bias?: Arr): Arr =>
  bias ? map(x, (value, i) => value + bias.data[i % bias.data.length]!) : x;
