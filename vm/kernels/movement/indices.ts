/**
 * Indices that come from tensors. They are checked one by one: a negative one counts from the end, once; what is outside then
 * names nothing.
 */

/** What stands for an index that names nothing in tables of resolved indices: beyond the elements of any tensor. */
export const ABSENT: u32 = 0x7fffffff;

/** Index `i` of a table, of i64 if `isWide` and of i32 otherwise, from 0 to `size` - 1; `size` if it is outside of -size to size - 1. */
@inline
export function indexAt(indices: usize, i: usize, isWide: bool, size: u32): u32 {
  let value = isWide ? load<i64>(indices + (i << 3)) : <i64>load<i32>(indices + (i << 2));
  if (value < 0) value += <i64>size;
  return <u64>value < <u64>size ? <u32>value : size;
}

/** Copies `elements` elements of one row to another that doesn't overlap it. */
@inline
export function copyRow<T>(to: usize, from: usize, elements: u32): void {
  for (; elements >= <u32>(16 / sizeof<T>()); elements -= <u32>(16 / sizeof<T>())) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; elements != 0; elements--) {
    store<T>(to, load<T>(from));
    to += sizeof<T>();
    from += sizeof<T>();
  }
}

/** Writes `elements` zeros. */
@inline
export function clearRow<T>(to: usize, elements: u32): void {
  for (; elements >= <u32>(16 / sizeof<T>()); elements -= <u32>(16 / sizeof<T>())) {
    v128.store(to, i64x2.splat(0));
    to += 16;
  }
  for (; elements != 0; elements--) {
    store<T>(to, 0);
    to += sizeof<T>();
  }
}
