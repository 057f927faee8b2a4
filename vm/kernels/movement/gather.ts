/**
 * Takes rows along one axis: y[b, o, j] = x[b, o, index[b, j]], each a row of `inner` elements. ONNX's Gather has batch 1. A
 * negative index counts from the end; an index outside of -axis to axis - 1 gives zeros.
 *
 * Attributes: batch, outer, axis, inner, n, wide (1 if indices are i64 rather than i32), begin, end (u32): rows of the output,
 * counted through batch, outer and n, that this call writes. Inputs: x [batch, outer, axis, inner] of any type whose elements
 * have the bytes of the name; index [batch, n]. Output: y [batch, outer, n, inner].
 */
import { clearRow, copyRow, indexAt } from './indices';

@inline
function gather<T>(output: usize, attributes: usize, x: usize, indices: usize): void {
  const outer = load<u32>(attributes, 4);
  const axis = load<u32>(attributes, 8);
  const inner = load<u32>(attributes, 12);
  const n = load<u32>(attributes, 16);
  const isWide = load<u32>(attributes, 20) != 0;
  const begin = load<u32>(attributes, 24);
  const end = load<u32>(attributes, 28);
  const row = (<usize>inner) * sizeof<T>();
  const block = (<usize>axis) * row;
  const table = (<usize>n) << (isWide ? 3 : 2);
  const blocks = begin / n;
  let j = begin % n;
  let o = blocks % outer;
  let from = x + (<usize>blocks) * block;
  let at = indices + (<usize>(blocks / outer)) * table;
  let y = output + (<usize>begin) * row;
  for (let i = begin; i < end; i++) {
    const index = indexAt(at, j, isWide, axis);
    if (index < axis) copyRow<T>(y, from + (<usize>index) * row, inner);
    else clearRow<T>(y, inner);
    y += row;
    if (++j == n) {
      j = 0;
      from += block;
      if (++o == outer) {
        o = 0;
        at += table;
      }
    }
  }
}

export function gather1(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, indices: usize): void {
  gather<u8>(output, attributes, x, indices);
}

export function gather2(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, indices: usize): void {
  gather<u16>(output, attributes, x, indices);
}

export function gather4(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, indices: usize): void {
  gather<u32>(output, attributes, x, indices);
}

export function gather8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, indices: usize): void {
  gather<u64>(output, attributes, x, indices);
}
