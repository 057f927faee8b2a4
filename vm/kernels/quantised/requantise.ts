/**
 * From sums of products to elements of the output. Each column (output channel) has numbers of its own, in panels of eight columns:
 * one i32 of each column for each field, fields one after the other.
 */

/** What a sum becomes. */
export const SUMS: u32 = 0;
export const FIXED: u32 = 1;
export const SCALED: u32 = 2;

/** Fields: what the sum of the row is multiplied with, what is added to the sum of products, ... */
const ROW: usize = 0;
export const PANEL_BIAS: usize = 32;
/** ... and for FIXED the multiplier, 2^left, and of the right shift e: 1 if e is 1, 2^(e-2) if e > 1, 2^(31-e) if e > 0; else 0. */
const MULTIPLIER: usize = 64;
const LEFT: usize = 96;
const ODD: usize = 128;
const HALF: usize = 160;
const RIGHT: usize = 192;
/** For SCALED an f32. */
const SCALE: usize = 64;

/** Bytes of a panel. */
export function panelBytes(mode: u32): usize {
  return mode == SUMS ? 64 : mode == FIXED ? 224 : 96;
}

@inline
function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** Sums with their bias: `products` + bias + field ROW times the sum of the row; `half` is 0 or 16 bytes. */
@inline
export function biased(products: v128, rowSum: v128, panel: usize): v128 {
  return i32x4.add(
    i32x4.add(products, v128.load(panel, PANEL_BIAS)),
    i32x4.mul(rowSum, v128.load(panel, ROW)),
  );
}

/**
 * MultiplyByQuantizedMultiplier of TensorFlow Lite on four lanes, with both its roundings: the high half of twice the product with the
 * multiplier, rounded to nearest with ties up, then a right shift rounded to nearest with ties away from zero.
 */
@inline
export function fixed(sums: v128, panel: usize): v128 {
  const x = i32x4.mul(sums, v128.load(panel, LEFT));
  const multiplier = v128.load(panel, MULTIPLIER);
  const nudge = i64x2.splat(1 << 30);
  // The low 32 bits of the shifted products are the same for logical and arithmetic shifts.
  const high = lowHalves(
    i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(x, multiplier), nudge), 31),
    i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(x, multiplier), nudge), 31),
  );
  // floor((h + 2^(e-1) - [h < 0]) / 2^e) in two steps, so that no sum leaves 32 bits: e is another in each lane.
  const right = v128.load(panel, RIGHT);
  const odd = i32x4.add(i32x4.add(high, i32x4.shr_s(high, 31)), v128.load(panel, ODD));
  const once = i32x4.add(i32x4.shr_s(odd, 1), v128.load(panel, HALF));
  const shifted = lowHalves(
    i64x2.shr_u(i64x2.extmul_low_i32x4_s(once, right), 30),
    i64x2.shr_u(i64x2.extmul_high_i32x4_s(once, right), 30),
  );
  return v128.bitselect(high, shifted, i32x4.eq(right, i32x4.splat(0)));
}

/** 1.5 * 2^23: a float below 2^22 plus this is rounded to a whole number, ties to even, in its low bits. */
const MAGIC: f32 = 12582912;

/** nearest(sum * scale), ties to even, kept between `low` and `high`, which are whole numbers below 2^22; NaN counts as 0. */
@inline
export function scaled(sums: v128, panel: usize, low: v128, high: v128): v128 {
  const product = f32x4.mul(f32x4.convert_i32x4_s(sums), v128.load(panel, SCALE));
  const number = v128.bitselect(product, f32x4.splat(0), f32x4.eq(product, product));
  const kept = f32x4.pmin(f32x4.pmax(number, low), high);
  return i32x4.sub(f32x4.add(kept, f32x4.splat(MAGIC)), i32x4.splat(0x4b400000));
}

/**
 * Eight elements of the output from two vectors of sums, in the low eight bytes. `bounds` holds zero, low and high as i32.
 */
export function requantise8(first: v128, second: v128, panel: usize, mode: u32, bounds: usize): v128 {
  const outZero = load<i32>(bounds);
  const low = load<i32>(bounds, 4);
  const high = load<i32>(bounds, 8);
  let a: v128;
  let b: v128;
  if (mode == FIXED) {
    a = fixed(first, panel);
    b = fixed(second, panel + 16);
  } else {
    const least = f32x4.splat(<f32>(low - outZero));
    const most = f32x4.splat(<f32>(high - outZero));
    a = scaled(first, panel, least, most);
    b = scaled(second, panel + 16, least, most);
  }
  const zero = i32x4.splat(outZero);
  const words = i16x8.narrow_i32x4_s(i32x4.add(a, zero), i32x4.add(b, zero));
  const kept = i16x8.min_s(
    i16x8.max_s(words, i16x8.splat(<i16>low)),
    i16x8.splat(<i16>high),
  );
  const bytes = v128.and(kept, i16x8.splat(0xff));
  return i8x16.narrow_i16x8_u(bytes, bytes);
}
