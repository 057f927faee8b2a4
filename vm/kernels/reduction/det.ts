import { canonical64 } from '../canonical';
import { put } from './store';

/**
 * Determinants of square matrices (ONNX Det), by elimination with the largest pivot of each column (the first of equal ones), all in f64:
 * row i below the pivot p of column j becomes x[i, k] - (x[i, j] / p) * x[j, k] for k > j, and the determinant is the product of the
 * pivots in order, negated with each exchange of rows.
 *
 * Attributes: batch, n (u32). Input: x f32 or f64 [batch, n, n]. Output: [batch] of the same type. Scratch: one matrix of f64.
 */
export function det(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  determinants<f32>(output, scratch, attributes, x);
}

export function detF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  determinants<f64>(output, scratch, attributes, x);
}

function determinant(a: usize, n: u32): f64 {
  const row = (<usize>n) << 3;
  let result: f64 = 1;
  for (let j: u32 = 0; j < n; j++) {
    const pivots = a + row * j;
    const column = (<usize>j) << 3;
    let best = pivots;
    for (let i = j + 1; i < n; i++) {
      const candidate = a + row * i;
      if (abs<f64>(load<f64>(candidate + column)) > abs<f64>(load<f64>(best + column))) best = candidate;
    }
    const pivot = load<f64>(best + column);
    if (best != pivots) {
      for (let k: usize = column; k < row; k += 8) {
        const other = load<f64>(pivots + k);
        store<f64>(pivots + k, load<f64>(best + k));
        store<f64>(best + k, other);
      }
      result = -result;
    }
    result *= pivot;
    if (pivot == 0) return result;
    for (let i = j + 1; i < n; i++) {
      const other = a + row * i;
      const factor = load<f64>(other + column) / pivot;
      for (let k = column + 8; k < row; k += 8) {
        store<f64>(other + k, canonical64(load<f64>(other + k) - factor * load<f64>(pivots + k)));
      }
    }
  }
  return result;
}

@inline
function determinants<T extends number>(output: usize, scratch: usize, attributes: usize, x: usize): void {
  const n = load<u32>(attributes, 4);
  for (let b = load<u32>(attributes); b != 0; b--) {
    for (let i: u32 = 0; i < n * n; i++) {
      store<f64>(scratch + ((<usize>i) << 3), canonical64(<f64>load<T>(x)));
      x += sizeof<T>();
    }
    put<T>(output, <T>determinant(scratch, n));
    output += sizeof<T>();
  }
}
