/**
 * e^x on four lanes, made of operations that every engine rounds alike; no table, no fused operation.
 *
 * n = nearest(x * log2(e)); r = (x - n * LN2_HIGH) - n * LN2_LOW, where the first product is exact;
 * e^r = 1 + r + r^2 * p(r), p of degree 5 in Horner form (coefficients of Cephes' expf); times 2^n in two factors, so
 * that a subnormal result is rounded once. The largest error is below 1 ulp of the result (test/kernels measures it).
 *
 * x <= -104 gives 0, x >= 89 gives infinity, NaN gives a NaN (not canonical).
 */
export function exp4(x: v128): v128 {
  return expOfSum4(x, f32x4.splat(0));
}

/** e^(x + low) on four lanes, where low is a small rest that x has no room for, at most 0.05. */
export function expOfSum4(x: v128, low: v128): v128 {
  // max and min of WebAssembly pass NaN on, so the clamp keeps it.
  const c = f32x4.min(f32x4.max(x, f32x4.splat(-104)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(c, f32x4.splat(1.44269504)));
  const near = f32x4.sub(
    f32x4.sub(c, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-2.12194440e-4)),
  );
  const r = f32x4.add(near, low);
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2^n as bits of integers in range: a NaN has become n = 0 here and stays in p.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}
