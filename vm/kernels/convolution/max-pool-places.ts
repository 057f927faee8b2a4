import { endTap, firstTap } from './taps';
import { At } from './window';

namespace Own {
  export const IMAGE: usize = 80;
  export const CHANNEL: usize = 84;
  export const DEEP: usize = 88;
  export const DOWN: usize = 92;
  export const ACROSS: usize = 96;
  export const BEGIN: usize = 100;
  export const END: usize = 104;
}

/**
 * Where `maxPool` finds the largest elements: the place of the first one in each window, as b image + c channel + z deep + y down +
 * x across for the element at [b, z, y, x, c]; -1 where a window has no number above -infinity. ONNX numbers elements of
 * [n, c, d, h, w]. Computes the output rows begin <= (b od + z) oh + y < end; others stay as they are.
 *
 * Attributes: those of a window (window.ts), image, channel, deep, down, across, begin, end (u32). Input: x f32 [n, d, h, w, c].
 * Output: i64 [n, od, oh, ow, c].
 */
export function maxPoolPlaces(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const d = load<u32>(attributes, At.D);
  const h = load<u32>(attributes, At.H);
  const w = load<u32>(attributes, At.W);
  const c = load<u32>(attributes, At.C);
  const od = load<u32>(attributes, At.OD);
  const oh = load<u32>(attributes, At.OH);
  const ow = load<u32>(attributes, At.OW);
  const dd = load<u32>(attributes, At.DD);
  const dh = load<u32>(attributes, At.DH);
  const dw = load<u32>(attributes, At.DW);
  const deep = load<u32>(attributes, Own.DEEP);
  const down = load<u32>(attributes, Own.DOWN);
  const across = load<u32>(attributes, Own.ACROSS);
  const end = load<u32>(attributes, Own.END);
  let row = load<u32>(attributes, Own.BEGIN);
  output += (<usize>row * <usize>ow * <usize>c) << 3;
  for (; row < end; row++) {
    const b = row / (od * oh);
    const z = <i32>((row / oh) % od) * load<i32>(attributes, At.SD) - load<i32>(attributes, At.PD);
    const y = <i32>(row % oh) * load<i32>(attributes, At.SH) - load<i32>(attributes, At.PH);
    const i0 = firstTap(z, dd);
    const i1 = endTap(z, dd, load<u32>(attributes, At.KD), d);
    const j0 = firstTap(y, dh);
    const j1 = endTap(y, dh, load<u32>(attributes, At.KH), h);
    for (let column: u32 = 0; column < ow; column++) {
      const s = <i32>column * load<i32>(attributes, At.SW) - load<i32>(attributes, At.PW);
      const l0 = firstTap(s, dw);
      const l1 = endTap(s, dw, load<u32>(attributes, At.KW), w);
      for (let channel: u32 = 0; channel < c; channel++) {
        const base = b * load<u32>(attributes, Own.IMAGE) + channel * load<u32>(attributes, Own.CHANNEL);
        let most = <f32>-Infinity;
        let place: i64 = -1;
        for (let i = i0; i < i1; i++) {
          const pi = <u32>z + i * dd;
          for (let j = j0; j < j1; j++) {
            const pj = <u32>y + j * dh;
            for (let l = l0; l < l1; l++) {
              const pl = <u32>s + l * dw;
              const element = (((b * d + pi) * h + pj) * w + pl) * c + channel;
              const value = load<f32>(x + ((<usize>element) << 2));
              if (most < value) {
                most = value;
                place = <i64>(base + pi * deep + pj * down + pl * across);
              }
            }
          }
        }
        store<i64>(output, place);
        output += 8;
      }
    }
  }
}
