/**
 * Bytes to the unit interval: y[i] = x[i] / 255, one correctly rounded division (0 gives 0, 255 gives 1).
 *
 * Attributes: n (u32). Input: x u8 [n]. Output: f32 [n]. No NaN can arise.
 */
export function normalise(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const n = load<u32>(attributes);
  const end = x + <usize>n;
  const vector = x + <usize>(n & ~15);
  const full = f32x4.splat(255);
  for (; x < vector; x += 16) {
    const bytes = v128.load(x);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(output, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low)), full));
    v128.store(output, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low)), full), 16);
    v128.store(output, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high)), full), 32);
    v128.store(output, f32x4.div(f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high)), full), 48);
    output += 64;
  }
  for (; x < end; x++) {
    store<f32>(output, <f32>load<u8>(x) / 255);
    output += 4;
  }
}
