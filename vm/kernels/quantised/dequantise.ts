import { canonical, canonical4 } from '../canonical';

/**
 * Quantised integers to floats: y = (x - zero) * scale in f32, a scale and a zero for each channel (ONNX's DequantizeLinear, TensorFlow
 * Lite's DEQUANTIZE). The difference wraps at 32 bits.
 *
 * Attributes: outer, channels, inner, signed (1: i8 or i16, 0: u8 or u16; `dequantise32` takes i32). Inputs: x [outer, channels,
 * inner] of elements of 1, 2 or 4 bytes, scales f32 [channels], zeros i32 [channels]. Output: f32 [outer, channels, inner].
 */
@inline
function four<T>(x: usize, signed: bool): v128 {
  if (sizeof<T>() == 4) return v128.load(x);
  if (sizeof<T>() == 2) return signed ? v128.load16x4_s(x) : v128.load16x4_u(x);
  const words = v128.load32_zero(x);
  return signed
    ? i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(words))
    : i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(words));
}

@inline
function one<T>(x: usize, signed: bool): i32 {
  if (sizeof<T>() == 4) return load<i32>(x);
  if (sizeof<T>() == 2) return signed ? <i32>load<i16>(x) : <i32>load<u16>(x);
  return signed ? <i32>load<i8>(x) : <i32>load<u8>(x);
}

@inline
function dequantise<T>(output: usize, attributes: usize, x: usize, scales: usize, zeros: usize): void {
  const outer = load<u32>(attributes);
  const channels = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const signed = load<u32>(attributes, 12) != 0;
  for (let i: u32 = 0; i < outer; i++) {
    for (let c: u32 = 0; c < channels; c++) {
      const at = (<usize>c) << 2;
      const scale = load<f32>(scales + at);
      const zero = load<i32>(zeros + at);
      let rest = inner;
      for (; rest >= 4; rest -= 4) {
        const difference = i32x4.sub(four<T>(x, signed), i32x4.splat(zero));
        const y = f32x4.mul(f32x4.convert_i32x4_s(difference), f32x4.splat(scale));
        v128.store(output, canonical4(y));
        x += 4 * sizeof<T>();
        output += 16;
      }
      for (; rest != 0; rest--) {
        store<f32>(output, canonical(<f32>(one<T>(x, signed) - zero) * scale));
        x += sizeof<T>();
        output += 4;
      }
    }
  }
}

export function dequantise8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scales: usize,
  zeros: usize,
): void {
  dequantise<u8>(output, attributes, x, scales, zeros);
}

export function dequantise16(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scales: usize,
  zeros: usize,
): void {
  dequantise<u16>(output, attributes, x, scales, zeros);
}

export function dequantise32(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scales: usize,
  zeros: usize,
): void {
  dequantise<u32>(output, attributes, x, scales, zeros);
}
