import { OUT_ZERO } from './patches';
import { biased, requantise8, SUMS } from './requantise';

/** Writes eight columns of one row, or the `columns` that there are. */
export function finish(
  to: usize,
  low: v128,
  high: v128,
  sum: i32,
  panel: usize,
  mode: u32,
  attributes: usize,
  columns: u32,
): void {
  const row = i32x4.splat(sum);
  const first = biased(low, row, panel);
  const second = biased(high, row, panel + 16);
  if (mode == SUMS) {
    if (columns >= 8) {
      v128.store(to, first);
      v128.store(to, second, 16);
      return;
    }
    let rest = first;
    for (let j: u32 = 0; j < columns; j++) {
      if (j == 4) rest = second;
      store<i32>(to, i32x4.extract_lane(rest, 0));
      rest = v128.shuffle<i32>(rest, rest, 1, 2, 3, 0);
      to += 4;
    }
    return;
  }
  const bytes = requantise8(first, second, panel, mode, attributes + OUT_ZERO);
  if (columns >= 8) {
    v128.store64_lane(to, bytes, 0);
    return;
  }
  let rest = i64x2.extract_lane(bytes, 0);
  for (let j: u32 = 0; j < columns; j++) {
    store<u8>(to, <u8>rest);
    rest >>= 8;
    to++;
  }
}
