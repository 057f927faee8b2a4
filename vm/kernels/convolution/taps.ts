/** The part of a window that lies on elements. */

/** First tap at or after element 0; `start` is the element of tap 0, which may be negative. */
@inline
export function firstTap(start: i32, dilation: u32): u32 {
  return start >= 0 ? 0 : (<u32>-start + dilation - 1) / dilation;
}

/** One past the last tap before element `size`. */
@inline
export function endTap(start: i32, dilation: u32, window: u32, size: i32): u32 {
  return start >= size ? 0 : min<u32>(window, <u32>(size - 1 - start) / dilation + 1);
}
