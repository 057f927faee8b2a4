/**
 * How often sequences of numbers occur in rows: y[r, g] = how many (p, s), s <= skips, have x[r, p + t * (s + 1)] = gram[g, t] for all
 * t < length. Those of one number have no gaps, so s = 0. ONNX's TfIdfVectorizer counts them.
 *
 * Attributes: rows, columns, grams, length, skips, wide (1 if x is i64 rather than i32) (u32). Inputs: x [rows, columns], gram i64
 * [grams, length]. Output: f32 [rows, grams], exact up to 2^24.
 */
export function nGrams(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  grams: usize,
): void {
  const rows = load<u32>(attributes);
  const columns = load<u32>(attributes, 4);
  const count = load<u32>(attributes, 8);
  const length = load<u32>(attributes, 12);
  const skips: u32 = length == 1 ? 0 : load<u32>(attributes, 16);
  const isWide = load<u32>(attributes, 20) != 0;
  for (let r: u32 = 0; r < rows; r++) {
    for (let g: u32 = 0; g < count; g++) {
      const gram = grams + (((<usize>g) * <usize>length) << 3);
      let found: u32 = 0;
      for (let s: u32 = 1; s <= skips + 1; s++) {
        const span = (<u64>(length - 1)) * <u64>s;
        if (span >= <u64>columns) break;
        const places = columns - <u32>span;
        for (let p: u32 = 0; p < places; p++) {
          let t: u32 = 0;
          for (; t < length; t++) {
            const at = <usize>(r * columns + p + t * s);
            const value = isWide ? load<i64>(x + (at << 3)) : <i64>load<i32>(x + (at << 2));
            if (value != load<i64>(gram + ((<usize>t) << 3))) break;
          }
          if (t == length) found++;
        }
      }
      store<f32>(output, <f32>found);
      output += 4;
    }
  }
}
