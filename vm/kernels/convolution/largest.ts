/** The loops of `maxPool`, for one type of elements. */
import { endTap, firstTap } from './taps';
import { At } from './window';

namespace Own {
  export const BEGIN: usize = 80;
  export const END: usize = 84;
}

/** Lane by lane b where a < b, otherwise a. */
@inline
function larger<T>(a: v128, b: v128): v128 {
  if (isFloat<T>()) return sizeof<T>() == 4 ? f32x4.pmax(a, b) : f64x2.pmax(a, b);
  return isSigned<T>() ? i8x16.max_s(a, b) : i8x16.max_u(a, b);
}

@inline
function lowest<T>(): T {
  if (isFloat<T>()) return <T>-Infinity;
  return isSigned<T>() ? <T>i8.MIN_VALUE : <T>0;
}

@inline
export function largest<T>(output: usize, attributes: usize, x: usize): void {
  const d = load<u32>(attributes, At.D);
  const h = load<u32>(attributes, At.H);
  const w = load<u32>(attributes, At.W);
  const od = load<u32>(attributes, At.OD);
  const oh = load<u32>(attributes, At.OH);
  const ow = load<u32>(attributes, At.OW);
  const dd = load<u32>(attributes, At.DD);
  const dh = load<u32>(attributes, At.DH);
  const dw = load<u32>(attributes, At.DW);
  const kw = load<u32>(attributes, At.KW);
  const sw = load<i32>(attributes, At.SW);
  const pw = load<i32>(attributes, At.PW);
  const end = load<u32>(attributes, Own.END);
  const pixel = <usize>load<u32>(attributes, At.C) * sizeof<T>();
  const line = <usize>w * pixel;
  const slice = <usize>h * line;
  const down = <usize>dh * line;
  const deep = <usize>dd * slice;
  const across = <usize>dw * pixel;
  const wide = pixel & ~63;
  const vector = pixel & ~15;
  const low = v128.splat<T>(lowest<T>());
  let row = load<u32>(attributes, Own.BEGIN);
  output += <usize>row * <usize>ow * pixel;
  for (; row < end; row++) {
    const b = row / (od * oh);
    const z = <i32>((row / oh) % od) * load<i32>(attributes, At.SD) - load<i32>(attributes, At.PD);
    const y = <i32>(row % oh) * load<i32>(attributes, At.SH) - load<i32>(attributes, At.PH);
    const i0 = firstTap(z, dd);
    const i1 = endTap(z, dd, load<u32>(attributes, At.KD), d);
    const j0 = firstTap(y, dh);
    const j1 = endTap(y, dh, load<u32>(attributes, At.KH), h);
    const first =
      x + <usize>b * <usize>d * slice + <usize>(<u32>z + i0 * dd) * slice + <usize>(<u32>y + j0 * dh) * line;
    for (let column: u32 = 0; column < ow; column++) {
      const s = <i32>column * sw - pw;
      const l0 = firstTap(s, dw);
      const l1 = endTap(s, dw, kw, w);
      const corner = first + <usize>(<u32>s + l0 * dw) * pixel;
      let channel: usize = 0;
      for (; channel < wide; channel += 64) {
        let a0 = low;
        let a1 = low;
        let a2 = low;
        let a3 = low;
        let pi = corner + channel;
        for (let i = i0; i < i1; i++) {
          let pj = pi;
          for (let j = j0; j < j1; j++) {
            let p = pj;
            for (let l = l0; l < l1; l++) {
              a0 = larger<T>(a0, v128.load(p));
              a1 = larger<T>(a1, v128.load(p, 16));
              a2 = larger<T>(a2, v128.load(p, 32));
              a3 = larger<T>(a3, v128.load(p, 48));
              p += across;
            }
            pj += down;
          }
          pi += deep;
        }
        v128.store(output, a0);
        v128.store(output, a1, 16);
        v128.store(output, a2, 32);
        v128.store(output, a3, 48);
        output += 64;
      }
      for (; channel < vector; channel += 16) {
        let a = low;
        let pi = corner + channel;
        for (let i = i0; i < i1; i++) {
          let pj = pi;
          for (let j = j0; j < j1; j++) {
            let p = pj;
            for (let l = l0; l < l1; l++) {
              a = larger<T>(a, v128.load(p));
              p += across;
            }
            pj += down;
          }
          pi += deep;
        }
        v128.store(output, a);
        output += 16;
      }
      for (; channel < pixel; channel += sizeof<T>()) {
        let a = lowest<T>();
        let pi = corner + channel;
        for (let i = i0; i < i1; i++) {
          let pj = pi;
          for (let j = j0; j < j1; j++) {
            let p = pj;
            for (let l = l0; l < l1; l++) {
              const value = load<T>(p);
              a = a < value ? value : a;
              p += across;
            }
            pj += down;
          }
          pi += deep;
        }
        store<T>(output, a);
        output += sizeof<T>();
      }
    }
  }
}
