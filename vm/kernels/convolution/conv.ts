import { BIAS_TAIL, block, blockRows, completeRows, MOST_ROWS } from '../linear/block';
import { PANEL } from '../linear/tile';
import { pad } from './pad';
import { At, extent, isInside } from './window';

namespace Own {
  export const CO: usize = 80;
  export const GROUPS: usize = 84;
  export const BEGIN: usize = 88;
  export const END: usize = 92;
  export const LO: usize = 96;
  export const HI: usize = 100;
}

/**
 * Convolution over up to three spatial axes, channels last: y[b, z, y, x, o] = min(max(bias[o] + sum over i, j, l, c of
 * x[b, z sd + i dd - pd, y sh + j dh - ph, x sw + l dw - pw, g cg + c] * w[o, i, j, l, c], lo), hi), where cg = c / groups and g is the group
 * of o. Computes the output rows begin <= (b od + z) oh + y < end; others stay as they are.
 *
 * Attributes: those of a window (window.ts), co, groups, begin, end (u32), lo, hi (bits of f32). Inputs: x f32 [n, d, h, w, c], w f32
 * [groups, ceil(co / groups / 8), kd, kh, kw, cg, 8], the last axis output channels of a group, bias f32 [co]. Output: f32
 * [n, od, oh, ow, co]. Scratch: a tail of the bias, offsets of taps and pixels, and one image with its padding.
 *
 * Padding is zeros, which are multiplied and added like all other elements.
 *
 * Order: each output starts from its bias and adds the products for i, j, l, c, the last innermost, each product rounded before it is
 * added. Lanes and tiles run across outputs.
 */
export function conv(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
): void {
  convolve(output, scratch, attributes, x, w, bias, 0);
}

/** The same with r f32 [n, od, oh, ow, co], a fourth input, added to the sums before they are bounded: min(max(... + r, lo), hi). */
export function convAdd(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
  r: usize,
): void {
  convolve(output, scratch, attributes, x, w, bias, r - output);
}

function convolve(
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
  addend: usize,
): void {
  const c = load<u32>(attributes, At.C);
  const ow = load<u32>(attributes, At.OW);
  const oh = load<u32>(attributes, At.OH);
  const kd = load<u32>(attributes, At.KD);
  const kh = load<u32>(attributes, At.KH);
  const kw = load<u32>(attributes, At.KW);
  const sw = load<u32>(attributes, At.SW);
  const dd = load<u32>(attributes, At.DD);
  const dh = load<u32>(attributes, At.DH);
  const dw = load<u32>(attributes, At.DW);
  const co = load<u32>(attributes, Own.CO);
  const groups = load<u32>(attributes, Own.GROUPS);
  const end = load<u32>(attributes, Own.END);
  const lo = load<f32>(attributes, Own.LO);
  const hi = load<f32>(attributes, Own.HI);
  const cg = c / groups;
  const og = co / groups;
  const images = load<u32>(attributes, At.OD) * oh;

  let depth = load<u32>(attributes, At.D);
  let height = load<u32>(attributes, At.H);
  let width = load<u32>(attributes, At.W);
  const pixel = (<usize>c) << 2;
  const image = <usize>(depth * height * width) * pixel;
  const seenDepth = extent(load<u32>(attributes, At.OD), load<u32>(attributes, At.SD), kd, dd);
  const seenHeight = extent(oh, load<u32>(attributes, At.SH), kh, dh);
  const seenWidth = extent(ow, sw, kw, dw);
  const pd = load<i32>(attributes, At.PD);
  const ph = load<i32>(attributes, At.PH);
  const pw = load<i32>(attributes, At.PW);
  const isPadded =
    !isInside(pd, seenDepth, depth) || !isInside(ph, seenHeight, height) || !isInside(pw, seenWidth, width);
  let first: usize = 0;
  if (isPadded) {
    depth = seenDepth;
    height = seenHeight;
    width = seenWidth;
  } else {
    first = (((<usize>-pd) * height + <usize>-ph) * width + <usize>-pw) * pixel;
  }
  const line = <usize>width * pixel;
  const slice = <usize>height * line;

  // Along a line without dilation, the elements of a window lie one after the other.
  const isDense = dw == 1 && groups == 1;
  const run = isDense ? kw * c : cg;
  const across: u32 = isDense ? 1 : kw;
  const taps = scratch + BIAS_TAIL;
  let tapsEnd = taps;
  for (let i: u32 = 0; i < kd; i++) {
    for (let j: u32 = 0; j < kh; j++) {
      for (let l: u32 = 0; l < across; l++) {
        const tap = <usize>(i * dd) * slice + <usize>(j * dh) * line + <usize>(l * dw) * pixel;
        store<u32>(tapsEnd, <u32>tap);
        tapsEnd += 4;
      }
    }
  }
  const offsets = (tapsEnd + 15) & ~15;
  const padded = offsets + ((<usize>MOST_ROWS) << 2);
  const depthOfSums = kd * kh * kw * cg;
  const group = <usize>((og + PANEL - 1) / PANEL) * ((<usize>depthOfSums * PANEL) << 2);
  const most = blockRows(depthOfSums);
  const stride = (<usize>co) << 2;
  const down = <usize>load<u32>(attributes, At.SH) * line;
  const deep = <usize>load<u32>(attributes, At.SD) * slice;
  const right = <usize>sw * pixel;

  let at = load<u32>(attributes, Own.BEGIN);
  output += <usize>at * <usize>ow * stride;
  while (at < end) {
    const b = at / images;
    const rowEnd = min<u32>(end - b * images, images);
    let row = at - b * images;
    at += rowEnd - row;
    let from = x + <usize>b * image + first;
    if (isPadded) {
      pad(padded, depth, height, width, from, attributes);
      from = padded;
    }
    // Pixels of a block may lie in several rows, so that small images fill it too.
    let column: u32 = 0;
    let offset = <usize>(row / oh) * deep + <usize>(row % oh) * down;
    while (row < rowEnd) {
      let count: u32 = 0;
      while (count < most && row < rowEnd) {
        store<u32>(offsets + ((<usize>count) << 2), <u32>offset);
        count++;
        column++;
        offset += right;
        if (column == ow) {
          column = 0;
          row++;
          offset = <usize>(row / oh) * deep + <usize>(row % oh) * down;
        }
      }
      completeRows(offsets, count);
      for (let g: u32 = 0; g < groups; g++) {
        const channel = (<usize>(g * og)) << 2;
        const source = from + ((<usize>(g * cg)) << 2);
        const weights = w + <usize>g * group;
        block(output + channel, stride, count, og, source, offsets, taps, tapsEnd, run, weights, bias + channel, scratch, addend, lo, hi);
      }
      output += <usize>count * stride;
    }
  }
}
