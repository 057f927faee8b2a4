import { canonical64 } from '../canonical';

/**
 * x - n y with n = x / y towards 0, exactly (C's fmod): long division of the significands, a bit at a time, at most 2098 of them. By 0 and of
 * infinity it is NaN; the sign is x's.
 */
export function remainder64(x: f64, y: f64): f64 {
  const a = abs<f64>(canonical64(x));
  const b = abs<f64>(canonical64(y));
  if (!(a < Infinity) || !(b > 0)) return NaN;
  if (a < b) return x;
  let m = reinterpret<u64>(a);
  const n = reinterpret<u64>(b);
  let e = <i32>(m >> 52);
  let f = <i32>(n >> 52);
  m &= 0x000fffffffffffff;
  let d = n & 0x000fffffffffffff;
  // Subnormal numbers have the exponent 1 and no hidden bit.
  if (e == 0) e = 1;
  else m |= 0x0010000000000000;
  if (f == 0) f = 1;
  else d |= 0x0010000000000000;
  m %= d;
  for (; e > f; e--) {
    m <<= 1;
    if (m >= d) m -= d;
  }
  // m 2^(f - 1075), exactly; up to f = 52 the power is subnormal.
  const unit = reinterpret<f64>(f > 52 ? (<u64>(f - 52)) << 52 : (<u64>1) << (f - 1));
  const size = <f64>m * unit;
  return x < 0 ? -size : size;
}
