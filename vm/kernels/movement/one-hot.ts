/**
 * y[o, d, i] = value[1] if index[o, i] is d, otherwise value[0]. A negative index counts from the end; one outside of -depth to
 * depth - 1 is no d.
 *
 * Attributes: outer, depth, inner, wide (1 if indices are i64 rather than i32) (u32). Inputs: index [outer, inner], value [2] of any
 * type whose elements have the bytes of the name. Output: y [outer, depth, inner].
 */
import { indexAt } from './indices';

@inline
function oneHot<T>(output: usize, attributes: usize, indices: usize, values: usize): void {
  const outer = load<u32>(attributes);
  const depth = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const isWide = load<u32>(attributes, 12) != 0;
  const off = load<T>(values);
  const on = load<T>(values, sizeof<T>());
  for (let o: u32 = 0; o < outer; o++) {
    for (let d: u32 = 0; d < depth; d++) {
      for (let i: u32 = 0; i < inner; i++) {
        const index = indexAt(indices, (<usize>o) * <usize>inner + <usize>i, isWide, depth);
        store<T>(output, index == d ? on : off);
        output += sizeof<T>();
      }
    }
  }
}

export function oneHot1(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, values: usize): void {
  oneHot<u8>(output, attributes, indices, values);
}

export function oneHot2(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, values: usize): void {
  oneHot<u16>(output, attributes, indices, values);
}

export function oneHot4(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, values: usize): void {
  oneHot<u32>(output, attributes, indices, values);
}

export function oneHot8(iteration: u32, output: usize, scratch: usize, attributes: usize, indices: usize, values: usize): void {
  oneHot<u64>(output, attributes, indices, values);
}
