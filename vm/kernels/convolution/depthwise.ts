import { canonical4 } from '../canonical';
import { completeRows, MOST_ROWS } from '../linear/block';
import { storeLanes } from '../linear/tile';
import { pad } from './pad';
import { At, extent, isInside } from './window';

namespace Own {
  export const BEGIN: usize = 80;
  export const END: usize = 84;
  export const LO: usize = 88;
  export const HI: usize = 92;
}

@inline
function bounded(x: v128, lo: f32, hi: f32): v128 {
  if (lo != <f32>-Infinity || hi != <f32>Infinity) {
    x = f32x4.min(f32x4.max(x, f32x4.splat(lo)), f32x4.splat(hi));
  }
  return canonical4(x);
}

@inline
function offsetOf(offsets: usize, i: usize): usize {
  return load<u32>(offsets + (i << 2));
}

/** All channels of four pixels, whose offsets in x are at `offsets`; `height` of them are stored. */
function pixels(
  y: usize,
  height: u32,
  channels: usize,
  x: usize,
  offsets: usize,
  taps: usize,
  tapsEnd: usize,
  w: usize,
  bias: usize,
  lo: f32,
  hi: f32,
): void {
  let x0 = x + offsetOf(offsets, 0);
  let x1 = x + offsetOf(offsets, 1);
  let x2 = x + offsetOf(offsets, 2);
  let x3 = x + offsetOf(offsets, 3);
  const pixel = channels << 2;
  const end = y + pixel;
  const wide = y + (pixel & ~31);
  const vector = y + (pixel & ~15);
  for (; y != wide; y += 32) {
    let a0 = v128.load(bias);
    let b0 = v128.load(bias, 16);
    let a1 = a0;
    let b1 = b0;
    let a2 = a0;
    let b2 = b0;
    let a3 = a0;
    let b3 = b0;
    let q = w;
    for (let t = taps; t != tapsEnd; t += 4) {
      const tap: usize = load<u32>(t);
      const u = v128.load(q);
      const v = v128.load(q, 16);
      const p0 = x0 + tap;
      const p1 = x1 + tap;
      const p2 = x2 + tap;
      const p3 = x3 + tap;
      a0 = f32x4.add(a0, f32x4.mul(u, v128.load(p0)));
      b0 = f32x4.add(b0, f32x4.mul(v, v128.load(p0, 16)));
      a1 = f32x4.add(a1, f32x4.mul(u, v128.load(p1)));
      b1 = f32x4.add(b1, f32x4.mul(v, v128.load(p1, 16)));
      a2 = f32x4.add(a2, f32x4.mul(u, v128.load(p2)));
      b2 = f32x4.add(b2, f32x4.mul(v, v128.load(p2, 16)));
      a3 = f32x4.add(a3, f32x4.mul(u, v128.load(p3)));
      b3 = f32x4.add(b3, f32x4.mul(v, v128.load(p3, 16)));
      q += pixel;
    }
    let z = y;
    v128.store(z, bounded(a0, lo, hi));
    v128.store(z, bounded(b0, lo, hi), 16);
    if (height > 1) {
      z += pixel;
      v128.store(z, bounded(a1, lo, hi));
      v128.store(z, bounded(b1, lo, hi), 16);
    }
    if (height > 2) {
      z += pixel;
      v128.store(z, bounded(a2, lo, hi));
      v128.store(z, bounded(b2, lo, hi), 16);
    }
    if (height > 3) {
      z += pixel;
      v128.store(z, bounded(a3, lo, hi));
      v128.store(z, bounded(b3, lo, hi), 16);
    }
    x0 += 32;
    x1 += 32;
    x2 += 32;
    x3 += 32;
    w += 32;
    bias += 32;
  }
  while (y != end) {
    const isVector = y < vector;
    let a0 = isVector ? v128.load(bias) : v128.load32_zero(bias);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let q = w;
    for (let t = taps; t != tapsEnd; t += 4) {
      const tap: usize = load<u32>(t);
      const p0 = x0 + tap;
      const p1 = x1 + tap;
      const p2 = x2 + tap;
      const p3 = x3 + tap;
      if (isVector) {
        const u = v128.load(q);
        a0 = f32x4.add(a0, f32x4.mul(u, v128.load(p0)));
        a1 = f32x4.add(a1, f32x4.mul(u, v128.load(p1)));
        a2 = f32x4.add(a2, f32x4.mul(u, v128.load(p2)));
        a3 = f32x4.add(a3, f32x4.mul(u, v128.load(p3)));
      } else {
        const u = v128.load32_zero(q);
        a0 = f32x4.add(a0, f32x4.mul(u, v128.load32_zero(p0)));
        a1 = f32x4.add(a1, f32x4.mul(u, v128.load32_zero(p1)));
        a2 = f32x4.add(a2, f32x4.mul(u, v128.load32_zero(p2)));
        a3 = f32x4.add(a3, f32x4.mul(u, v128.load32_zero(p3)));
      }
      q += pixel;
    }
    const count: u32 = isVector ? 4 : 1;
    storeLanes(y, bounded(a0, lo, hi), count);
    if (height > 1) storeLanes(y + pixel, bounded(a1, lo, hi), count);
    if (height > 2) storeLanes(y + 2 * pixel, bounded(a2, lo, hi), count);
    if (height > 3) storeLanes(y + 3 * pixel, bounded(a3, lo, hi), count);
    const step = (<usize>count) << 2;
    x0 += step;
    x1 += step;
    x2 += step;
    x3 += step;
    w += step;
    bias += step;
    y += step;
  }
}

/**
 * Convolution of each channel with a window of its own, channels last: y[b, z, y, x, c] = min(max(bias[c] + sum over i, j, l of
 * x[b, z sd + i dd - pd, y sh + j dh - ph, x sw + l dw - pw, c] * w[i, j, l, c], lo), hi). Computes the output rows
 * begin <= (b od + z) oh + y < end; others stay as they are.
 *
 * Attributes: those of a window (window.ts), begin, end (u32), lo, hi (bits of f32). Inputs: x f32 [n, d, h, w, c], w f32 [kd, kh, kw, c],
 * bias f32 [c]. Output: f32 [n, od, oh, ow, c]. Scratch: offsets of taps and pixels, and one image with its padding.
 *
 * Padding is zeros, which are multiplied and added like all other elements.
 *
 * Order: each output starts from its bias and adds the products for i, j, l, the last innermost, each product rounded before it is added.
 */
export function depthwise(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  bias: usize,
): void {
  const c = load<u32>(attributes, At.C);
  const oh = load<u32>(attributes, At.OH);
  const ow = load<u32>(attributes, At.OW);
  const kd = load<u32>(attributes, At.KD);
  const kh = load<u32>(attributes, At.KH);
  const kw = load<u32>(attributes, At.KW);
  const dd = load<u32>(attributes, At.DD);
  const dh = load<u32>(attributes, At.DH);
  const dw = load<u32>(attributes, At.DW);
  const sw = load<u32>(attributes, At.SW);
  const pd = load<i32>(attributes, At.PD);
  const ph = load<i32>(attributes, At.PH);
  const pw = load<i32>(attributes, At.PW);
  const end = load<u32>(attributes, Own.END);
  const lo = load<f32>(attributes, Own.LO);
  const hi = load<f32>(attributes, Own.HI);
  const pixel = (<usize>c) << 2;
  let depth = load<u32>(attributes, At.D);
  let height = load<u32>(attributes, At.H);
  let width = load<u32>(attributes, At.W);
  const image = <usize>(depth * height * width) * pixel;
  const seenDepth = extent(load<u32>(attributes, At.OD), load<u32>(attributes, At.SD), kd, dd);
  const seenHeight = extent(oh, load<u32>(attributes, At.SH), kh, dh);
  const seenWidth = extent(ow, sw, kw, dw);
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
  let tapsEnd = scratch;
  for (let i: u32 = 0; i < kd; i++) {
    for (let j: u32 = 0; j < kh; j++) {
      for (let l: u32 = 0; l < kw; l++) {
        const tap = <usize>(i * dd) * slice + <usize>(j * dh) * line + <usize>(l * dw) * pixel;
        store<u32>(tapsEnd, <u32>tap);
        tapsEnd += 4;
      }
    }
  }
  const offsets = (tapsEnd + 15) & ~15;
  const padded = offsets + ((<usize>MOST_ROWS) << 2);
  const down = <usize>load<u32>(attributes, At.SH) * line;
  const deep = <usize>load<u32>(attributes, At.SD) * slice;
  const right = <usize>sw * pixel;
  const images = load<u32>(attributes, At.OD) * oh;
  let row = load<u32>(attributes, Own.BEGIN);
  output += <usize>row * <usize>ow * pixel;
  let from: usize = 0;
  let current: u32 = -1;
  for (; row < end; row++) {
    const b = row / images;
    if (b != current) {
      current = b;
      from = x + <usize>b * image + first;
      if (isPadded) {
        pad(padded, depth, height, width, from, attributes);
        from = padded;
      }
    }
    let offset = <usize>((row - b * images) / oh) * deep + <usize>(row % oh) * down;
    for (let column: u32 = 0; column < ow; column += 4) {
      const count = min<u32>(ow - column, 4);
      for (let i: u32 = 0; i < count; i++) {
        store<u32>(offsets + ((<usize>i) << 2), <u32>offset);
        offset += right;
      }
      completeRows(offsets, count);
      pixels(output, count, c, from, offsets, scratch, tapsEnd, w, bias, lo, hi);
      output += <usize>count * pixel;
    }
  }
}
