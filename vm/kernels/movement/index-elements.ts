import { ABSENT, indexAt } from './indices';

/**
 * Indices along one axis as places in the whole tensor: y[o, j, i] = (o * axis + index[o, j, i]) * inner + i. A negative index
 * counts from the end; one outside of -axis to axis - 1 gives 0x7fffffff, which names nothing. With it ONNX's GatherElements and
 * ScatterElements are a gather and a scatter.
 *
 * Attributes: outer, n, inner, axis, wide (1 if indices are i64 rather than i32) (u32). Input: index [outer, n, inner]. Output:
 * i32 [outer, n, inner].
 */
export function indexElements(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  indices: usize,
): void {
  const outer = load<u32>(attributes);
  const n = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const axis = load<u32>(attributes, 12);
  const isWide = load<u32>(attributes, 16) != 0;
  let at: usize = 0;
  for (let o: u32 = 0; o < outer; o++) {
    for (let j: u32 = 0; j < n; j++) {
      for (let i: u32 = 0; i < inner; i++) {
        const index = indexAt(indices, at, isWide, axis);
        store<u32>(output + (at << 2), index < axis ? (o * axis + index) * inner + i : ABSENT);
        at++;
      }
    }
  }
}
