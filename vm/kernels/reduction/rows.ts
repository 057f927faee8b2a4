/**
 * Sums over one row of consecutive f32. Order, of all of them: sixteen lanes, lane l adding the terms of the elements l, l + 16,
 * l + 32, ... in order, from +0; the lanes l, l + 4, l + 8 and l + 12 are folded as (l + (l + 4)) + ((l + 8) + (l + 12)), their
 * four sums s as (s0 + s1) + (s2 + s3); the elements after the last whole block of sixteen are added to that one by one.
 */

/** (s0 + s1) + (s2 + s3). */
@inline
export function fold4(s: v128): f32 {
  return (
    f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3))
  );
}

/** Sum of the elements. */
export function rowSum(x: usize, n: u32): f32 {
  const end = x + ((<usize>n) << 2);
  const wide = x + ((<usize>(n & ~15)) << 2);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (; x < wide; x += 64) {
    a0 = f32x4.add(a0, v128.load(x));
    a1 = f32x4.add(a1, v128.load(x, 16));
    a2 = f32x4.add(a2, v128.load(x, 32));
    a3 = f32x4.add(a3, v128.load(x, 48));
  }
  let sum = fold4(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
  for (; x < end; x += 4) sum += load<f32>(x);
  return sum;
}

/** Sum of (x - centre)^2. */
export function rowSquares(x: usize, n: u32, centre: f32): f32 {
  const end = x + ((<usize>n) << 2);
  const wide = x + ((<usize>(n & ~15)) << 2);
  const c = f32x4.splat(centre);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (; x < wide; x += 64) {
    const d0 = f32x4.sub(v128.load(x), c);
    const d1 = f32x4.sub(v128.load(x, 16), c);
    const d2 = f32x4.sub(v128.load(x, 32), c);
    const d3 = f32x4.sub(v128.load(x, 48), c);
    a0 = f32x4.add(a0, f32x4.mul(d0, d0));
    a1 = f32x4.add(a1, f32x4.mul(d1, d1));
    a2 = f32x4.add(a2, f32x4.mul(d2, d2));
    a3 = f32x4.add(a3, f32x4.mul(d3, d3));
  }
  let sum = fold4(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)));
  for (; x < end; x += 4) {
    const d = load<f32>(x) - centre;
    sum += d * d;
  }
  return sum;
}
