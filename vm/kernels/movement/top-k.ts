/**
 * Indices of the k largest (or smallest) elements of each row, in order; of equal ones the lower index first. -0 and +0 are equal, NaN
 * is larger than every number.
 *
 * Attributes: rows, n, k, largest (0 or 1), wide (1 for i64 results rather than i32), begin, end (u32): rows that this call does.
 * Input: x [rows, n] of the type of the name. Output: i32 or i64 [rows, k]. Scratch: k indices u32.
 *
 * A heap of k indices holds the best so far, the last of them at its root; at the end it is emptied from the back.
 */

@inline
function isLarger<T>(x: T, y: T): bool {
  if (isFloat<T>()) return x > y || (x != x && y == y);
  return x > y;
}

/** Whether element i of a row comes before element j in the result. */
@inline
function comesBefore<T>(row: usize, i: u32, j: u32, isLargest: bool): bool {
  const x = load<T>(row + (<usize>i) * sizeof<T>());
  const y = load<T>(row + (<usize>j) * sizeof<T>());
  const larger = isLarger<T>(x, y);
  const smaller = isLarger<T>(y, x);
  if (isLargest ? larger : smaller) return true;
  return !(isLargest ? smaller : larger) && i < j;
}

@inline
function at(heap: usize, i: u32): u32 {
  return load<u32>(heap + ((<usize>i) << 2));
}

/** Lets `index` sink from place `i` of a heap until neither of those below comes after it. */
@inline
function sink<T>(heap: usize, size: u32, i: u32, index: u32, row: usize, isLargest: bool): void {
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && comesBefore<T>(row, at(heap, child), at(heap, child + 1), isLargest)) child++;
    const below = at(heap, child);
    if (!comesBefore<T>(row, index, below, isLargest)) break;
    store<u32>(heap + ((<usize>i) << 2), below);
    i = child;
  }
  store<u32>(heap + ((<usize>i) << 2), index);
}

@inline
function topK<T>(output: usize, scratch: usize, attributes: usize, x: usize): void {
  const n = load<u32>(attributes, 4);
  const k = load<u32>(attributes, 8);
  const isLargest = load<u32>(attributes, 12) != 0;
  const isWide = load<u32>(attributes, 16) != 0;
  const begin = load<u32>(attributes, 20);
  const end = load<u32>(attributes, 24);
  const width: usize = isWide ? 8 : 4;
  let y = output + (<usize>begin) * (<usize>k) * width;
  for (let r = begin; r < end; r++) {
    const row = x + (<usize>r) * (<usize>n) * sizeof<T>();
    for (let i: u32 = 0; i < k; i++) store<u32>(scratch + ((<usize>i) << 2), i);
    for (let i = k >> 1; i != 0; i--) sink<T>(scratch, k, i - 1, at(scratch, i - 1), row, isLargest);
    for (let i = k; i < n; i++) {
      if (comesBefore<T>(row, i, at(scratch, 0), isLargest)) sink<T>(scratch, k, 0, i, row, isLargest);
    }
    for (let i = k; i != 0; i--) {
      const last = at(scratch, 0);
      if (isWide) store<u64>(y + ((<usize>(i - 1)) << 3), <u64>last);
      else store<u32>(y + ((<usize>(i - 1)) << 2), last);
      if (i > 1) sink<T>(scratch, i - 1, 0, at(scratch, i - 1), row, isLargest);
    }
    y += (<usize>k) * width;
  }
}

export function topKF32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  topK<f32>(output, scratch, attributes, x);
}

export function topKF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  topK<f64>(output, scratch, attributes, x);
}

export function topKI32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  topK<i32>(output, scratch, attributes, x);
}

export function topKI64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  topK<i64>(output, scratch, attributes, x);
}

export function topKU64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  topK<u64>(output, scratch, attributes, x);
}
