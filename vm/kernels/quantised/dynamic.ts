import { canonical } from '../canonical';

/**
 * Smallest and largest element of a tensor, 0 among them: what ONNX's DynamicQuantizeLinear makes its scale of.
 *
 * Attributes: n (u32). Input: x f32 [n]. Output: f32 [2]. NaN, if there is one, is both.
 */
export function extent(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  const n = load<u32>(attributes);
  let low = f32x4.splat(0);
  let high = low;
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x);
    low = f32x4.min(low, v);
    high = f32x4.max(high, v);
    x += 16;
  }
  for (; i < n; i++) {
    const v = v128.load32_splat(x);
    low = f32x4.min(low, v);
    high = f32x4.max(high, v);
    x += 4;
  }
  const least = min<f32>(
    min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  const most = max<f32>(
    max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
    max<f32>(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
  );
  store<f32>(output, canonical(least));
  store<f32>(output, canonical(most), 4);
}

@inline
function scaleOf(range: usize): f32 {
  const scale = (load<f32>(range, 4) - load<f32>(range)) / 255;
  return select<f32>(1, scale, scale == 0);
}

/**
 * Scale of 8-bit elements for a range: (largest - smallest) / 255, 1 for an empty range. Attributes: none is used (one u32). Input:
 * range f32 [2] of `extent`. Output: f32 [1].
 */
export function dynamicScale(iteration: u32, output: usize, scratch: usize, attributes: usize, range: usize): void {
  store<f32>(output, canonical(scaleOf(range)));
}

/** Zero of the same elements: -smallest / scale, rounded with ties to even, between 0 and 255. Output: i32 [1]. */
export function dynamicZero(iteration: u32, output: usize, scratch: usize, attributes: usize, range: usize): void {
  const zero = nearest<f32>((0 - load<f32>(range)) / scaleOf(range));
  const kept = f32x4.splat(min<f32>(max<f32>(zero, 0), 255));
  store<i32>(output, i32x4.extract_lane(i32x4.trunc_sat_f32x4_s(kept), 0));
}
