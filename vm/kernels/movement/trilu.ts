/**
 * A triangle of each matrix, zeros elsewhere: y[b, i, j] = x[b, i, j] where j >= i + k (upper) or j <= i + k (lower).
 *
 * Attributes: batch, rows, columns, k (u32 in two's complement), upper (0 or 1). Input: x [batch, rows, columns] of any type whose
 * elements have the bytes of the name. Output: y [batch, rows, columns].
 */
import { clearRow, copyRow } from './indices';

@inline
function trilu<T>(output: usize, attributes: usize, x: usize): void {
  const batch = load<u32>(attributes);
  const rows = load<u32>(attributes, 4);
  const columns = load<u32>(attributes, 8);
  const k = <i64>load<i32>(attributes, 12);
  const isUpper = load<u32>(attributes, 16) != 0;
  const row = (<usize>columns) * sizeof<T>();
  for (let b: u32 = 0; b < batch; b++) {
    for (let i: u32 = 0; i < rows; i++) {
      const diagonal = <i64>i + k + (isUpper ? 0 : 1);
      const cut = <u32>max<i64>(0, min<i64>(diagonal, <i64>columns));
      const offset = (<usize>cut) * sizeof<T>();
      if (isUpper) {
        clearRow<T>(output, cut);
        copyRow<T>(output + offset, x + offset, columns - cut);
      } else {
        copyRow<T>(output, x, cut);
        clearRow<T>(output + offset, columns - cut);
      }
      output += row;
      x += row;
    }
  }
}

export function trilu1(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  trilu<u8>(output, attributes, x);
}

export function trilu2(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  trilu<u16>(output, attributes, x);
}

export function trilu4(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  trilu<u32>(output, attributes, x);
}

export function trilu8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  trilu<u64>(output, attributes, x);
}
