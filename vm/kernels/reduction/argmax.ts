/**
 * Index of the largest value of each row, the lowest one on ties. NaN counts as larger than every number (the rule of
 * NumPy and PyTorch), so the first NaN of a row wins; -0 and +0 are equal.
 *
 * Attributes: rows, columns (u32; columns >= 1). Input: x f32 [rows, columns]. Output: i32 [rows].
 */
export function argmax(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const rows = load<u32>(attributes);
  const columns = load<u32>(attributes, 4);
  for (let i: u32 = 0; i < rows; i++) {
    let best = load<f32>(x);
    let index: u32 = 0;
    for (let j: u32 = 1; j < columns; j++) {
      const value = load<f32>(x + ((<usize>j) << 2));
      // Unordered counts as larger, but nothing is larger than a NaN found before.
      if (!(value <= best) && best == best) {
        best = value;
        index = j;
      }
    }
    store<u32>(output, index);
    output += 4;
    x += (<usize>columns) << 2;
  }
}
