/**
 * Indices that reverse the first elements of each row: y[b, j] = length[b] - 1 - j for j < length[b], otherwise j. A length below 0
 * is 0, one above n is n. With it ONNX's ReverseSequence is a gather.
 *
 * Attributes: batch, n, wide (1 if lengths are i64 rather than i32) (u32). Input: length [batch]. Output: i32 [batch, n].
 */
export function indexReversed(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  lengths: usize,
): void {
  const batch = load<u32>(attributes);
  const n = load<u32>(attributes, 4);
  const isWide = load<u32>(attributes, 8) != 0;
  for (let b: usize = 0; b < <usize>batch; b++) {
    const given = isWide ? load<i64>(lengths + (b << 3)) : <i64>load<i32>(lengths + (b << 2));
    const length = <u32>max<i64>(0, min<i64>(given, <i64>n));
    for (let j: u32 = 0; j < n; j++) {
      store<u32>(output, j < length ? length - 1 - j : j);
      output += 4;
    }
  }
}
