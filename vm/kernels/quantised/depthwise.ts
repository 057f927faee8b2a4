import { finish } from './finish';
import {
  BEGIN,
  CHANNELS,
  DILATION_H,
  DILATION_W,
  END,
  FILTERS,
  HEIGHT,
  KERNEL_H,
  KERNEL_W,
  OUT_HEIGHT,
  OUT_WIDTH,
  PAD_LEFT,
  PAD_TOP,
  SIGNED,
  STRIDE_H,
  STRIDE_W,
  WIDTH,
  ZERO,
} from './patches';
import { FIXED, panelBytes, SCALED, SUMS } from './requantise';

/** Writes the address of each tap's pixel; `outside` if it lies outside the image or there is no such tap. */
function taps(to: usize, attributes: usize, x: usize, position: u32, outside: usize): void {
  const height = load<i32>(attributes, HEIGHT);
  const width = load<i32>(attributes, WIDTH);
  const channels = load<u32>(attributes, CHANNELS);
  const outWidth = load<u32>(attributes, OUT_WIDTH);
  const outHeight = load<u32>(attributes, OUT_HEIGHT);
  const kernelH = load<u32>(attributes, KERNEL_H);
  const kernelW = load<u32>(attributes, KERNEL_W);
  const line = position / outWidth;
  const top = <i32>((line % outHeight) * load<u32>(attributes, STRIDE_H)) - load<i32>(attributes, PAD_TOP);
  const left = <i32>((position % outWidth) * load<u32>(attributes, STRIDE_W)) - load<i32>(attributes, PAD_LEFT);
  const image = <i32>(line / outHeight) * height;
  let iy = top;
  for (let ky: u32 = 0; ky < kernelH; ky++) {
    let ix = left;
    for (let kx: u32 = 0; kx < kernelW; kx++) {
      const inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
      store<u32>(to, inside ? <u32>x + <u32>((image + iy) * width + ix) * channels : <u32>outside);
      to += 4;
      ix += load<i32>(attributes, DILATION_W);
    }
    iy += load<i32>(attributes, DILATION_H);
  }
  store<u32>(to, <u32>outside);
}

/** Elements of output channels j to j + 7, or of the `columns` that there are, as i16; the rest is 0. */
function some(pixel: usize, j: u32, columns: u32, multiplier: u32, signed: bool): v128 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < min<u32>(columns, 8); i++) {
    bytes |= (<u64>load<u8>(pixel + (j + i) / multiplier)) << ((<u64>i) << 3);
  }
  const vector = i64x2.splat(bytes);
  return signed ? i16x8.extend_low_i8x16_s(vector) : i16x8.extend_low_i8x16_u(vector);
}

/** Pairs of neighbouring lanes of two vectors, of their first halves or of their second ones. */
@inline
function firstPairs(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function lastPairs(u: v128, v: v128): v128 {
  return v128.shuffle<i16>(u, v, 4, 12, 5, 13, 6, 14, 7, 15);
}

function depthwise(
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
  mode: u32,
): void {
  const filters = load<u32>(attributes, FILTERS);
  const channels = load<u32>(attributes, CHANNELS);
  const multiplier = filters / channels;
  const count = load<u32>(attributes, KERNEL_H) * load<u32>(attributes, KERNEL_W);
  const pairs = (count + 1) >> 1;
  const end = load<u32>(attributes, END);
  const signed = load<u32>(attributes, SIGNED) != 0;
  const width: usize = mode == SUMS ? 4 : 1;
  const panelSize = panelBytes(mode);
  // What lies outside the image is a pixel of zeros behind the list of taps.
  const outside = scratch + ((<usize>count + 1) << 2);
  for (let c: u32 = 0; c < channels; c++) store<u8>(outside + c, <u8>load<i32>(attributes, ZERO));
  let position = load<u32>(attributes, BEGIN);
  let y = output + <usize>position * filters * width;
  for (; position < end; position++) {
    taps(scratch, attributes, x, position, outside);
    const last = scratch + ((<usize>pairs) << 3);
    let filter = w;
    let panel = columns;
    for (let j: u32 = 0; j < filters; j += 8) {
      const left = filters - j;
      let a = i32x4.splat(0);
      let b = i32x4.splat(0);
      if (multiplier == 1 && left >= 8 && signed) {
        for (let tap = scratch; tap < last; tap += 8) {
          const u = v128.load8x8_s(<usize>load<u32>(tap) + j);
          const v = v128.load8x8_s(<usize>load<u32>(tap, 4) + j);
          a = i32x4.add(a, i32x4.dot_i16x8_s(firstPairs(u, v), v128.load(filter)));
          b = i32x4.add(b, i32x4.dot_i16x8_s(lastPairs(u, v), v128.load(filter, 16)));
          filter += 32;
        }
      } else if (multiplier == 1 && left >= 8) {
        for (let tap = scratch; tap < last; tap += 8) {
          const u = v128.load8x8_u(<usize>load<u32>(tap) + j);
          const v = v128.load8x8_u(<usize>load<u32>(tap, 4) + j);
          a = i32x4.add(a, i32x4.dot_i16x8_s(firstPairs(u, v), v128.load(filter)));
          b = i32x4.add(b, i32x4.dot_i16x8_s(lastPairs(u, v), v128.load(filter, 16)));
          filter += 32;
        }
      } else {
        for (let tap = scratch; tap < last; tap += 8) {
          const u = some(load<u32>(tap), j, left, multiplier, signed);
          const v = some(load<u32>(tap, 4), j, left, multiplier, signed);
          a = i32x4.add(a, i32x4.dot_i16x8_s(firstPairs(u, v), v128.load(filter)));
          b = i32x4.add(b, i32x4.dot_i16x8_s(lastPairs(u, v), v128.load(filter, 16)));
          filter += 32;
        }
      }
      finish(y, a, b, 0, panel, mode, attributes, left);
      panel += panelSize;
      y += width * min<u32>(left, 8);
    }
  }
}

/**
 * Depthwise convolution of 8-bit images, channels last: output channel f is made of channel f / (filters / channels) alone, the sum over
 * the taps of (x - zero) * w; the bias holds -zero * w.
 *
 * Attributes: those of patches.ts; channels = stride, filters = out stride a multiple of it, nothing but whole pixels. Inputs:
 * x [batch, height, width, channels] of 1-byte elements; filters i16 without their zero, as `packDepthwise` in
 * models/compile/lower/quantised makes them; the columns' numbers (requantise.ts). Output: [batch, out height, out width, filters],
 * of which positions `begin` to `end` are written. Names as of the convolutions.
 */
export function depthwiseSums8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  depthwise(output, scratch, attributes, x, w, columns, SUMS);
}

export function depthwiseFixed8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  depthwise(output, scratch, attributes, x, w, columns, FIXED);
}

export function depthwiseScaled8(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  depthwise(output, scratch, attributes, x, w, columns, SCALED);
}
