/**
 * Index of the largest or smallest element along the middle axis, ONNX ArgMax and ArgMin.
 *
 * Attributes: outer, n, inner, smallest (0 or 1), last (0 or 1; u32). Input: x [outer, n, inner]. Output: i64 [outer, inner].
 *
 * Of equal elements the first counts, with `last` the last; -0 and +0 are equal. A NaN counts as more extreme than every number, as
 * in NumPy, and NaNs as equal.
 */
export function argExtreme(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  search<f32>(output, attributes, x);
}

export function argExtremeF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  search<f64>(output, attributes, x);
}

export function argExtremeI32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  search<i32>(output, attributes, x);
}

export function argExtremeI64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  search<i64>(output, attributes, x);
}

/** First the extreme of a set, then its place. */
@inline
function search<T extends number>(output: usize, attributes: usize, x: usize): void {
  const n = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const smallest = load<u32>(attributes, 12) != 0;
  const last = load<u32>(attributes, 16) != 0;
  const stride = (<usize>inner) * sizeof<T>();
  const size = stride * n;
  for (let o = load<u32>(attributes); o != 0; o--) {
    for (let i = inner; i != 0; i--) {
      const best = smallest ? lowest<T>(x, x + size, stride) : highest<T>(x, x + size, stride);
      store<u64>(output, place<T>(x, best, stride, n, last));
      output += 8;
      x += sizeof<T>();
    }
    x += size - stride;
  }
}

/** The largest element; max of WebAssembly gives NaN if there is one. */
function highest<T extends number>(x: usize, end: usize, stride: usize): T {
  let best = load<T>(x);
  if (isFloat<T>() && sizeof<T>() == 4 && stride == 4 && end - x >= 32) {
    let best4 = v128.load(x);
    for (; x + 16 <= end; x += 16) best4 = f32x4.max(best4, v128.load(x));
    best = max<T>(
      max<T>(f32x4.extract_lane(best4, 0) as T, f32x4.extract_lane(best4, 1) as T),
      max<T>(f32x4.extract_lane(best4, 2) as T, f32x4.extract_lane(best4, 3) as T),
    );
  }
  for (; x < end; x += stride) best = max<T>(best, load<T>(x));
  return best;
}

function lowest<T extends number>(x: usize, end: usize, stride: usize): T {
  let best = load<T>(x);
  for (; x < end; x += stride) best = min<T>(best, load<T>(x));
  return best;
}

/** The first or last place of a value that is there; every NaN is one that is NaN. */
@inline
function place<T extends number>(x: usize, value: T, stride: usize, n: u32, last: bool): u32 {
  let p = last ? x + stride * (<usize>n - 1) : x;
  for (let j: u32 = 0; j < n; j++) {
    const other = load<T>(p);
    if (other == value || (other != other && value != value)) return last ? n - 1 - j : j;
    p = last ? p - stride : p + stride;
  }
  return 0;
}
