/**
 * Filters in the order in which convolutions read them: panels of eight columns, in each a vector for each pair of elements (k, k + 1).
 * A lane of 16 bits belongs to column j / 2 and element k + j % 2: its low byte is the element of column 0 to 3, plus 128, its high byte
 * that of column 4 to 7. Missing columns and elements are 0.
 *
 * Attributes: n, k, flip (128 if the elements are u8, which become i8 by it: w - 128; 0 if they are i8). Input: w [n, k] of 1-byte
 * elements. Output: i8, 16 * ceil(n / 8) * ceil(k / 2) of them.
 */
export function pack8(iteration: u32, output: usize, scratch: usize, attributes: usize, w: usize): void {
  const n = load<u32>(attributes);
  const k = load<u32>(attributes, 4);
  const flip = <u8>load<u32>(attributes, 8);
  const pairs = (k + 1) >> 1;
  for (let panel: u32 = 0; panel < n; panel += 8) {
    for (let pair: u32 = 0; pair < pairs; pair++) {
      for (let lane: u32 = 0; lane < 8; lane++) {
        const element = (pair << 1) + (lane & 1);
        const low = panel + (lane >> 1);
        const high = low + 4;
        const isThere = element < k;
        const a = isThere && low < n ? load<u8>(w + <usize>low * k + element) ^ flip : 0;
        const b = isThere && high < n ? load<u8>(w + <usize>high * k + element) ^ flip : 0;
        store<u8>(output, a ^ 0x80);
        store<u8>(output, b, 1);
        output += 2;
      }
    }
  }
}
