/**
 * Floats to quantised integers: y = keep(round(x / scale) + zero) between `low` and `high`, which are those of the type; a scale and a
 * zero for each channel.
 *
 * Attributes: outer, channels, inner, ties (0: to even, ONNX's QuantizeLinear; 1: away from zero, TensorFlow Lite's QUANTIZE), low,
 * high (i32 bits). Inputs: x f32 [outer, channels, inner], scales f32 [channels], zeros i32 [channels]. Output: [outer, channels,
 * inner] of 1 byte (`quantise8`) or 2 (`quantise16`). NaN becomes the zero.
 */
@inline
function rounded(x: v128, away: bool): v128 {
  if (!away) return f32x4.nearest(x);
  const whole = f32x4.trunc(x);
  const isFar = f32x4.ge(f32x4.abs(f32x4.sub(x, whole)), f32x4.splat(0.5));
  const one = v128.bitselect(f32x4.splat(-1), f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.add(whole, v128.and(one, isFar));
}

@inline
function integers(x: v128, scale: v128, least: v128, most: v128, zero: v128, away: bool): v128 {
  const r = rounded(f32x4.div(x, scale), away);
  return i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.min(f32x4.max(r, least), most)), zero);
}

@inline
function quantise<T>(output: usize, attributes: usize, x: usize, scales: usize, zeros: usize): void {
  const outer = load<u32>(attributes);
  const channels = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const away = load<u32>(attributes, 12) != 0;
  const low = load<i32>(attributes, 16);
  const high = load<i32>(attributes, 20);
  for (let i: u32 = 0; i < outer; i++) {
    for (let c: u32 = 0; c < channels; c++) {
      const at = (<usize>c) << 2;
      const scale = v128.load32_splat(scales + at);
      const offset = min<i32>(max<i32>(load<i32>(zeros + at), -65536), 65536);
      const zero = i32x4.splat(offset);
      const least = f32x4.splat(<f32>(low - offset));
      const most = f32x4.splat(<f32>(high - offset));
      let rest = inner;
      for (; rest >= 4; rest -= 4) {
        const q = integers(v128.load(x), scale, least, most, zero, away);
        if (sizeof<T>() == 1) {
          const bytes = v128.and(q, i32x4.splat(0xff));
          const words = i16x8.narrow_i32x4_u(bytes, bytes);
          v128.store32_lane(output, i8x16.narrow_i16x8_u(words, words), 0);
        } else {
          const words = v128.and(q, i32x4.splat(0xffff));
          v128.store64_lane(output, i16x8.narrow_i32x4_u(words, words), 0);
        }
        x += 16;
        output += 4 * sizeof<T>();
      }
      for (; rest != 0; rest--) {
        const q = integers(v128.load32_splat(x), scale, least, most, zero, away);
        store<T>(output, <T>i32x4.extract_lane(q, 0));
        x += 4;
        output += sizeof<T>();
      }
    }
  }
}

export function quantise8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scales: usize,
  zeros: usize,
): void {
  quantise<u8>(output, attributes, x, scales, zeros);
}

export function quantise16(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  scales: usize,
  zeros: usize,
): void {
  quantise<u16>(output, attributes, x, scales, zeros);
}
