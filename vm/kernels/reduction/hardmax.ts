/**
 * 1 at the first of the largest elements of each row, 0 elsewhere (ONNX Hardmax). A NaN counts as larger than every number.
 *
 * Attributes: rows, columns (u32). Input: x f32 [rows, columns]. Output: f32 [rows, columns].
 */
export function hardmax(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  const columns = load<u32>(attributes, 4);
  for (let rows = load<u32>(attributes); rows != 0; rows--) {
    let best = load<f32>(x);
    let place = output;
    for (let j: u32 = 0; j < columns; j++) {
      const value = load<f32>(x);
      store<f32>(output, 0);
      if (!(value <= best) && best == best) {
        best = value;
        place = output;
      }
      x += 4;
      output += 4;
    }
    store<f32>(place, 1);
  }
}
