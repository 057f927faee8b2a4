import { ABSENT, indexAt } from './indices';

/**
 * Index tuples as places: y[j] = (..(t[j, 0] * d[1] + t[j, 1]) * d[2] + ..) + t[j, k - 1], for a tensor whose first k axes are d.
 * A negative index counts from the end of its axis; a tuple with an index that is outside gives 0x7fffffff, which names nothing.
 * With it ONNX's GatherND and ScatterND are a gather and a scatter.
 *
 * Attributes: n, k, wide (1 if indices are i64 rather than i32) (u32). Inputs: t [n, k], d i32 [k]. Output: i32 [n]. What is
 * made of sizes whose product is above 2^32 wraps.
 */
export function indexTuples(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  tuples: usize,
  sizes: usize,
): void {
  const n = load<u32>(attributes);
  const k = load<u32>(attributes, 4);
  const isWide = load<u32>(attributes, 8) != 0;
  let at: usize = 0;
  for (let j: u32 = 0; j < n; j++) {
    let place: u32 = 0;
    let isAbsent = false;
    for (let i: u32 = 0; i < k; i++) {
      const size = load<u32>(sizes + ((<usize>i) << 2));
      const index = indexAt(tuples, at, isWide, size);
      isAbsent = isAbsent || index >= size;
      place = place * size + index;
      at++;
    }
    store<u32>(output, isAbsent ? ABSENT : place);
    output += 4;
  }
}
