/**
 * Puts rows at places of the output, in order, so that of two at one place the last stays: y[index[j]] = u[j] for j = begin, ...,
 * end - 1. An index below 0 or from `cells` on puts nothing.
 *
 * Attributes: n, cells, inner, begin, end (u32). Inputs: index i32 [n], u [n, inner] of any type whose elements have the bytes of
 * the name. Output, updated in place: y [cells, inner].
 */
import { copyRow } from './indices';

@inline
function scatter<T>(output: usize, attributes: usize, indices: usize, updates: usize): void {
  const cells = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const begin = load<u32>(attributes, 12);
  const end = load<u32>(attributes, 16);
  const row = (<usize>inner) * sizeof<T>();
  let from = updates + (<usize>begin) * row;
  for (let j = begin; j < end; j++) {
    const cell = load<u32>(indices + ((<usize>j) << 2));
    if (cell < cells) copyRow<T>(output + (<usize>cell) * row, from, inner);
    from += row;
  }
}

export function scatter1(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatter<u8>(output, attributes, indices, updates);
}

export function scatter2(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatter<u16>(output, attributes, indices, updates);
}

export function scatter4(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatter<u32>(output, attributes, indices, updates);
}

export function scatter8(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, updates: usize): void {
  scatter<u64>(output, attributes, indices, updates);
}
