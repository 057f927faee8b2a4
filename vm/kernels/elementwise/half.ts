/** Floats of 16 bits, which WebAssembly doesn't have: to f64 exactly, from f64 to nearest, ties to even. NaN in is the canonical one. */

/** IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
@inline
export function fromHalf(bits: u32): f64 {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  let size: f64;
  if (exponent == 0) size = <f64>fraction * 5.9604644775390625e-8; // 2^-24
  else if (exponent == 31) size = fraction == 0 ? Infinity : NaN;
  else size = reinterpret<f64>(((<u64>exponent + 1008) << 52) | ((<u64>fraction) << 42));
  return select<f64>(-size, size, (bits & 0x8000) != 0);
}

/** `x` must be a number or the canonical NaN: its bits are looked at. */
@inline
export function toHalf(x: f64): u32 {
  const all = reinterpret<u64>(x);
  const sign = <u32>(all >> 48) & 0x8000;
  const size = all & 0x7fffffffffffffff;
  if (size > 0x7ff0000000000000) return 0x7e00;
  if (size >= 0x40effe0000000000) return sign | 0x7c00; // 65520, half way to what would be 2^16
  // Below 2^-14 are the multiples of 2^-24.
  if (size < 0x3f10000000000000) return sign | <u32>nearest(reinterpret<f64>(size) * 16777216.0);
  const rounded = size + 0x1ffffffffff + ((size >> 42) & 1);
  return sign | (<u32>(rounded >> 42) - (1008 << 10));
}

/** bfloat16: the upper half of a binary32. */
@inline
export function fromBfloat(bits: u32): f64 {
  return <f64>reinterpret<f32>(bits << 16);
}

/** `x` must be a number or the canonical NaN: its bits are looked at. */
@inline
export function toBfloat(x: f64): u32 {
  const all = reinterpret<u64>(x);
  const sign = <u32>(all >> 48) & 0x8000;
  const size = all & 0x7fffffffffffffff;
  if (size > 0x7ff0000000000000) return 0x7fc0;
  if (size >= 0x47eff00000000000) return sign | 0x7f80; // half way between the largest number and 2^128
  // Below 2^-126 are the multiples of 2^-133.
  if (size < 0x3810000000000000)
    return sign | <u32>nearest(reinterpret<f64>(size) * 1.0889035741470031e40);
  const rounded = size + 0xfffffffffff + ((size >> 45) & 1);
  return sign | (<u32>(rounded >> 45) - (896 << 7));
}
