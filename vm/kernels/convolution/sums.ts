/** The loops of `sumPool`, `l1Pool` and `l2Pool`. */
import { canonical, canonical4 } from '../canonical';
import { endTap, firstTap } from './taps';
import { At } from './window';

namespace Own {
  export const DIVISION: usize = 80;
  export const ED: usize = 84;
  export const EH: usize = 88;
  export const EW: usize = 92;
  export const BEGIN: usize = 96;
  export const END: usize = 100;
}

/** What a sum is divided by. */
namespace Division {
  export const NONE: u32 = 0;
  export const ELEMENTS: u32 = 1;
}

@inline
function counted(start: i32, dilation: u32, window: u32, size: u32, end: u32, division: u32): u32 {
  if (division == Division.ELEMENTS) {
    const first = firstTap(start, dilation);
    const last = endTap(start, dilation, window, size);
    return last > first ? last - first : 0;
  }
  return endTap(start, dilation, window, end);
}

/** What is summed of an element: itself, its magnitude, its square. */
@inline
function term(value: v128, power: u32): v128 {
  if (power == 1) return f32x4.abs(value);
  return power == 2 ? f32x4.mul(value, value) : value;
}

@inline
function finished(sum: v128, count4: v128, power: u32): v128 {
  const value = f32x4.div(sum, count4);
  return power == 2 ? f32x4.sqrt(value) : value;
}

/** @param power 0 for sums, 1 for sums of magnitudes, 2 for roots of sums of squares */
@inline
export function sums(output: usize, attributes: usize, x: usize, power: u32): void {
  const d = load<u32>(attributes, At.D);
  const h = load<u32>(attributes, At.H);
  const w = load<u32>(attributes, At.W);
  const od = load<u32>(attributes, At.OD);
  const oh = load<u32>(attributes, At.OH);
  const ow = load<u32>(attributes, At.OW);
  const dd = load<u32>(attributes, At.DD);
  const dh = load<u32>(attributes, At.DH);
  const dw = load<u32>(attributes, At.DW);
  const kd = load<u32>(attributes, At.KD);
  const kh = load<u32>(attributes, At.KH);
  const kw = load<u32>(attributes, At.KW);
  const division = load<u32>(attributes, Own.DIVISION);
  const end = load<u32>(attributes, Own.END);
  const pixel = (<usize>load<u32>(attributes, At.C)) << 2;
  const line = <usize>w * pixel;
  const slice = <usize>h * line;
  const down = <usize>dh * line;
  const deep = <usize>dd * slice;
  const across = <usize>dw * pixel;
  const wide = pixel & ~63;
  const vector = pixel & ~15;
  const zero = f32x4.splat(0);
  let row = load<u32>(attributes, Own.BEGIN);
  output += <usize>row * <usize>ow * pixel;
  for (; row < end; row++) {
    const b = row / (od * oh);
    const z = <i32>((row / oh) % od) * load<i32>(attributes, At.SD) - load<i32>(attributes, At.PD);
    const y = <i32>(row % oh) * load<i32>(attributes, At.SH) - load<i32>(attributes, At.PH);
    const i0 = firstTap(z, dd);
    const i1 = endTap(z, dd, kd, d);
    const j0 = firstTap(y, dh);
    const j1 = endTap(y, dh, kh, h);
    const first =
      x + <usize>b * <usize>d * slice + <usize>(<u32>z + i0 * dd) * slice + <usize>(<u32>y + j0 * dh) * line;
    const depth = counted(z, dd, kd, d, load<u32>(attributes, Own.ED), division);
    const height = counted(y, dh, kh, h, load<u32>(attributes, Own.EH), division);
    for (let column: u32 = 0; column < ow; column++) {
      const s = <i32>column * load<i32>(attributes, At.SW) - load<i32>(attributes, At.PW);
      const l0 = firstTap(s, dw);
      const l1 = endTap(s, dw, kw, w);
      const corner = first + <usize>(<u32>s + l0 * dw) * pixel;
      let count: f32 = 1;
      if (division != Division.NONE) {
        count = <f32>(depth * height * counted(s, dw, kw, w, load<u32>(attributes, Own.EW), division));
      }
      const count4 = f32x4.splat(count);
      let channel: usize = 0;
      for (; channel < wide; channel += 64) {
        let a0 = zero;
        let a1 = zero;
        let a2 = zero;
        let a3 = zero;
        let pi = corner + channel;
        for (let i = i0; i < i1; i++) {
          let pj = pi;
          for (let j = j0; j < j1; j++) {
            let p = pj;
            for (let l = l0; l < l1; l++) {
              a0 = f32x4.add(a0, term(v128.load(p), power));
              a1 = f32x4.add(a1, term(v128.load(p, 16), power));
              a2 = f32x4.add(a2, term(v128.load(p, 32), power));
              a3 = f32x4.add(a3, term(v128.load(p, 48), power));
              p += across;
            }
            pj += down;
          }
          pi += deep;
        }
        v128.store(output, canonical4(finished(a0, count4, power)));
        v128.store(output, canonical4(finished(a1, count4, power)), 16);
        v128.store(output, canonical4(finished(a2, count4, power)), 32);
        v128.store(output, canonical4(finished(a3, count4, power)), 48);
        output += 64;
      }
      for (; channel < pixel; ) {
        const isVector = channel < vector;
        let a = zero;
        let pi = corner + channel;
        for (let i = i0; i < i1; i++) {
          let pj = pi;
          for (let j = j0; j < j1; j++) {
            let p = pj;
            for (let l = l0; l < l1; l++) {
              a = f32x4.add(a, term(isVector ? v128.load(p) : v128.load32_zero(p), power));
              p += across;
            }
            pj += down;
          }
          pi += deep;
        }
        a = finished(a, count4, power);
        if (isVector) {
          v128.store(output, canonical4(a));
          output += 16;
          channel += 16;
        } else {
          store<f32>(output, canonical(f32x4.extract_lane(a, 0)));
          output += 4;
          channel += 4;
        }
      }
    }
  }
}
