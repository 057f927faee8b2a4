/**
 * Joins rows to those at places of the output, in order: y[index[j]] = y[index[j]] op u[j] for j = begin, ..., end - 1, element by
 * element. An index below 0 or from `cells` on joins nothing. Integers wrap; the minimum or maximum with a NaN is NaN.
 *
 * Attributes: n, cells, inner, op (0 sum, 1 product, 2 minimum, 3 maximum), begin, end (u32). Inputs: index i32 [n], u [n, inner] of
 * the type of the name. Output, updated in place: y [cells, inner].
 */
import { canonicalOf } from './canonical-of';

@inline
function join<T>(op: u32, x: T, y: T): T {
  if (op == 0) return <T>(x + y);
  if (op == 1) return <T>(x * y);
  return op == 2 ? min<T>(x, y) : max<T>(x, y);
}

@inline
function scatterReduce<T>(output: usize, attributes: usize, indices: usize, updates: usize): void {
  const cells = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const op = load<u32>(attributes, 12);
  const begin = load<u32>(attributes, 16);
  const end = load<u32>(attributes, 20);
  const row = (<usize>inner) * sizeof<T>();
  let from = updates + (<usize>begin) * row;
  for (let j = begin; j < end; j++) {
    const cell = load<u32>(indices + ((<usize>j) << 2));
    const next = from + row;
    if (cell < cells) {
      for (let to = output + (<usize>cell) * row; from < next; from += sizeof<T>()) {
        store<T>(to, canonicalOf<T>(join<T>(op, load<T>(to), load<T>(from))));
        to += sizeof<T>();
      }
    }
    from = next;
  }
}

export function scatterF32(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatterReduce<f32>(output, attributes, indices, updates);
}

export function scatterF64(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatterReduce<f64>(output, attributes, indices, updates);
}

export function scatterI32(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatterReduce<i32>(output, attributes, indices, updates);
}

export function scatterI64(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatterReduce<i64>(output, attributes, indices, updates);
}
