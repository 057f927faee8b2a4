import { reduce } from './reduce';

/** Taylor series of the sine up to r^17, for |r| <= pi / 4: the rest is below 2^-56 of it. */
@inline
function sine(r: f64): f64 {
  const z = r * r;
  let p: f64 = 2.8114572543455206e-15;
  p = p * z - 7.647163731819816e-13;
  p = p * z + 1.6059043836821613e-10;
  p = p * z - 2.505210838544172e-8;
  p = p * z + 2.7557319223985893e-6;
  p = p * z - 0.0001984126984126984;
  p = p * z + 0.008333333333333333;
  p = p * z - 0.16666666666666666;
  // -0 stays.
  return select<f64>(r, r + r * z * p, r == 0);
}

/** Taylor series of the cosine up to r^16. */
@inline
function cosine(r: f64): f64 {
  const z = r * r;
  let p: f64 = 4.779477332387385e-14;
  p = p * z - 1.1470745597729725e-11;
  p = p * z + 2.08767569878681e-9;
  p = p * z - 2.755731922398589e-7;
  p = p * z + 2.48015873015873e-5;
  p = p * z - 0.001388888888888889;
  p = p * z + 0.041666666666666664;
  return 1 - (z * 0.5 - z * z * p);
}

/** sin(x + quarters pi / 2), for any x; see `reduce`. */
function turned(x: f64, quarters: i32): f64 {
  const reduced = reduce(x);
  const r = f64x2.extract_lane(reduced, 0);
  const quadrant = (<i32>f64x2.extract_lane(reduced, 1) + quarters) & 3;
  const size = (quadrant & 1) != 0 ? cosine(r) : sine(r);
  return (quadrant & 2) != 0 ? -size : size;
}

/** The largest error of these in f64 is below 3 ulp. Infinity and NaN give a NaN (not canonical). */
export function sin64(x: f64): f64 {
  return turned(x, 0);
}

export function cos64(x: f64): f64 {
  return turned(x, 1);
}

/** Below 4 ulp. */
export function tan64(x: f64): f64 {
  const reduced = reduce(x);
  const r = f64x2.extract_lane(reduced, 0);
  const s = sine(r);
  const c = cosine(r);
  return (<i32>f64x2.extract_lane(reduced, 1) & 1) != 0 ? -c / s : s / c;
}
