/**
 * The inverse of `maxPool`: y[places[i]] = x[i] in the order of i, and 0 elsewhere. Places from -n to -1 count from the end; others
 * beyond the output are left out.
 *
 * Attributes: m, n (u32). Inputs: x f32 [m], places i64 [m]. Output: f32 [n].
 */
export function maxUnpool(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  places: usize,
): void {
  const n = load<u32>(attributes, 4);
  const outputEnd = output + ((<usize>n) << 2);
  for (let at = output; at < outputEnd; at += 4) store<u32>(at, 0);
  const end = x + ((<usize>load<u32>(attributes)) << 2);
  for (; x < end; x += 4) {
    let place = load<i64>(places);
    if (place < 0) place += <i64>n;
    if (<u64>place < <u64>n) store<u32>(output + ((<usize>place) << 2), load<u32>(x));
    places += 8;
  }
}
