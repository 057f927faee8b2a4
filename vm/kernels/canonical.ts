/**
 * The one NaN a kernel may leave in an output: 0x7fc00000, of f64 0x7ff8000000000000. WebAssembly leaves the bits of a NaN open
 * (V8 on x86-64 makes 0xffc00000 of 0 / 0), the machine doesn't; so every float goes through here before it is stored.
 */

/** Lanes that are NaN become the canonical NaN; all others stay as they are. */
export function canonical4(x: v128): v128 {
  return v128.bitselect(x, i32x4.splat(0x7fc00000), f32x4.eq(x, x));
}

/** The same for two lanes of f64. */
export function canonical2(x: v128): v128 {
  return v128.bitselect(x, i64x2.splat(0x7ff8000000000000), f64x2.eq(x, x));
}

/** The same for one value. */
export function canonical(x: f32): f32 {
  return select<f32>(x, <f32>NaN, x == x);
}

/** The same for one value of f64. */
export function canonical64(x: f64): f64 {
  return select<f64>(x, NaN, x == x);
}
