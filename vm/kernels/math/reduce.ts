import { canonical64 } from '../canonical';

/** 64 zeros, then 2 / pi: words of 32 bits, the highest first. */
const TWO_OVER_PI = memory.data<u32>([
  0x00000000, 0x00000000, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
  0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0,
  0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
  0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b,
  0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7,
  0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea,
  0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
  0xa9e39161, 0x5ee61b08,
]);

const HALF_PI: f64 = 1.5707963267948966;

/** 32 bits of 2 / pi from bit `at` of the table on. */
@inline
function window(at: i32): u64 {
  const word = TWO_OVER_PI + ((at >> 5) << 2);
  const two = ((<u64>load<u32>(word)) << 32) | <u64>load<u32>(word, 4);
  return (two << (at & 31)) >> 32;
}

/**
 * x - n pi / 2 with the nearest n, for any x from pi / 4 on: Payne and Hanek, "Radian reduction for trigonometric functions", SIGNUM
 * Newsletter 18 (1983). x is an integer m of 53 bits times 2^e; of the product of m and 2 / pi those 192 bits are computed, in integers,
 * that begin at the bit of weight 2: what lies above are multiples of 4, what lies below is less than 2^-136 quarter turns.
 *
 * @returns the rest and n modulo 4
 */
function reduceLarge(x: f64): v128 {
  const bits = reinterpret<u64>(canonical64(x));
  const m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
  const e = <i32>(bits >> 52) - 1075;
  const low = m & 0xffffffff;
  const high = m >> 32;
  // Columns of 32 bits from the lowest; the first two only carry.
  let carry: u64 = 0;
  let carryHigh: u64 = 0;
  let before: u64 = 0;
  let top: u64 = 0;
  let next: u64 = 0;
  for (let column = 5; column >= 0; column--) {
    const w = window(e + 62 + 32 * column);
    const t = low * w + carry;
    carry = t >> 32;
    const u = high * before + (t & 0xffffffff) + carryHigh;
    carryHigh = u >> 32;
    before = w;
    if (column < 4) {
      next = (next >> 32) | (top << 32);
      top = (top >> 32) | (u << 32);
    }
  }
  const n = top >> 62;
  const fraction = <i64>((top << 2) | (next >> 62));
  // In quarter turns: what is half a turn or more counts from the next one down.
  const turns = <f64>fraction * 5.421010862427522e-20 + <f64>(next << 2) * 2.938735877055719e-39;
  return f64x2.replace_lane(f64x2.splat(turns * HALF_PI), 1, <f64>(n + (fraction < 0 ? 1 : 0)));
}

/**
 * The rest of x after whole quarter turns, between -pi / 4 and pi / 4 (a rounding beyond), and how many there are (modulo 4 if many),
 * as two lanes. Up to 2^20 it subtracts multiples of pi / 2 in three parts, of 33, 33 and 53 bits; if 20 bits cancel, or above,
 * it is computed in integers. The rest has an error below 2^-52 of itself. Infinity and NaN give a NaN.
 */
export function reduce(x: f64): v128 {
  const size = abs<f64>(x);
  if (size <= 0.7853981633974483) return f64x2.replace_lane(f64x2.splat(x), 1, 0);
  if (size < 1048576) {
    const n = nearest(x * 0.6366197723675814);
    const a = x - n * 1.5707963267341256;
    const w = n * 6.077100506303966e-11;
    const b = a - w;
    const r = b + (a - b - w - n * 2.0222662487959506e-21);
    if (abs<f64>(r) > 9.5367431640625e-7) return f64x2.replace_lane(f64x2.splat(r), 1, n);
  }
  if (!(size < Infinity)) return f64x2.replace_lane(f64x2.splat(NaN), 1, 0);
  const large = reduceLarge(size);
  return x < 0 ? f64x2.neg(large) : large;
}
