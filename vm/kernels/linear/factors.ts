/**
 * The attributes of products of two matrices that lie in their tensors by any strides, in elements: y[b, i, j] = sum over p of
 * A[b . a + i ar + p ac] * B[b . b + p br + j bc], where b runs over three axes.
 *
 * Attributes: elementsA, elementsB, s0, s1, s2 (sizes of the axes of b), m, k, n, a0, a1, a2, b0, b1, b2, ar, ac, br, bc, begin, end (u32): computes the
 * rows begin <= b m + i < end, with b numbered row-major; others stay as they are.
 */
export namespace At {
  export const S1: usize = 12;
  export const S2: usize = 16;
  export const M: usize = 20;
  export const K: usize = 24;
  export const N: usize = 28;
  export const A0: usize = 32;
  export const B0: usize = 44;
  export const AR: usize = 56;
  export const AC: usize = 60;
  export const BR: usize = 64;
  export const BC: usize = 68;
  export const BEGIN: usize = 72;
  export const END: usize = 76;
}

/** First element of matrix `b`; `strides` is the place of the strides of its factor. */
export function matrixAt(attributes: usize, strides: usize, b: u32): u32 {
  const s2 = load<u32>(attributes, At.S2);
  const s1 = load<u32>(attributes, At.S1);
  const at = attributes + strides;
  const i = b / s2;
  return (i / s1) * load<u32>(at) + (i % s1) * load<u32>(at, 4) + (b % s2) * load<u32>(at, 8);
}
