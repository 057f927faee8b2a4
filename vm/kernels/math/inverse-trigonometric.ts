/** atan(k / 8) for k from 0 to 8. */
const ATAN = memory.data<f64>([
  0.0, 0.12435499454676144, 0.24497866312686414, 0.35877067027057225, 0.4636476090008061, 0.5585993153435624,
  0.6435011087932844, 0.7188299996216245, 0.7853981633974483,
]);

/**
 * The arc tangent in f64: atan t = pi / 2 - atan(1 / t) for t > 1; atan t = atan c + atan((t - c) / (1 + t c)) with the nearest c = k / 8;
 * then the Taylor series up to h^15 with |h| <= 1 / 16 (the rest is below 2^-68). The largest error is below 2 ulp.
 */
export function atan64(x: f64): f64 {
  const size = abs<f64>(x);
  const isLarge = size > 1;
  const t = isLarge ? 1 / size : size;
  const k = nearest(t * 8);
  const c = k * 0.125;
  const h = (t - c) / (1 + t * c);
  const z = h * h;
  let p: f64 = -0.06666666666666667;
  p = p * z + 0.07692307692307693;
  p = p * z - 0.09090909090909091;
  p = p * z + 0.1111111111111111;
  p = p * z - 0.14285714285714285;
  p = p * z + 0.2;
  p = p * z - 0.3333333333333333;
  let y = load<f64>(ATAN + ((<usize>(<u32>k)) << 3)) + (h + h * z * p);
  if (isLarge) y = 1.5707963267948966 - (y - 6.123233995736766e-17);
  return x < 0 ? -y : select<f64>(x, y, x == 0);
}

/** atan(x / sqrt(1 - x^2)), with 1 - x^2 as a product: below 4 ulp. Beyond 1 it is NaN. */
export function asin64(x: f64): f64 {
  return atan64(x / sqrt<f64>((1 - x) * (1 + x)));
}

/** 2 atan sqrt((1 - x) / (1 + x)): below 4 ulp. Beyond 1 it is NaN. */
export function acos64(x: f64): f64 {
  return 2 * atan64(sqrt<f64>((1 - x) / (1 + x)));
}
