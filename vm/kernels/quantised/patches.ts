/**
 * What a convolution multiplies its filters with: one row of products for each output position, its elements extended to i16,
 * so that `i32x4.dot_i16x8_s` multiplies and adds pairs of them exactly. A matrix product is a convolution over an image of one line.
 */

/** Byte offsets within the attributes of a convolution. All are u32; `signed` to `high` hold i32 bits. */
export const BATCH: usize = 0;
export const HEIGHT: usize = 4;
export const WIDTH: usize = 8;
/** Channels that a filter sees, those of a pixel, and the first of the former among the latter. */
export const CHANNELS: usize = 12;
export const STRIDE: usize = 16;
export const FIRST: usize = 20;
export const OUT_HEIGHT: usize = 24;
export const OUT_WIDTH: usize = 28;
/** Filters, channels of an output pixel, and the first of the former among the latter. */
export const FILTERS: usize = 32;
export const OUT_STRIDE: usize = 36;
export const OUT_FIRST: usize = 40;
export const KERNEL_H: usize = 44;
export const KERNEL_W: usize = 48;
export const STRIDE_H: usize = 52;
export const STRIDE_W: usize = 56;
export const DILATION_H: usize = 60;
export const DILATION_W: usize = 64;
export const PAD_TOP: usize = 68;
export const PAD_LEFT: usize = 72;
/** Output positions of this call, counted through the batch. */
export const BEGIN: usize = 76;
export const END: usize = 80;
/** Positions whose rows are extended before filters are gone through: a multiple of 4. */
export const BLOCK: usize = 84;
/** 1 if the elements are i8, 0 if u8. */
export const SIGNED: usize = 88;
/** The element that stands for 0 and fills what lies outside the image. */
export const ZERO: usize = 92;
/** Of the output: what stands for 0, and the smallest and largest element. */
export const OUT_ZERO: usize = 96;
export const LOW: usize = 100;
export const HIGH: usize = 104;

@inline
function extend(to: usize, from: usize, count: u32, signed: bool): void {
  const wide = count & ~7;
  let i: u32 = 0;
  if (signed) {
    for (; i < wide; i += 8) {
      v128.store(to, v128.load8x8_s(from));
      to += 16;
      from += 8;
    }
    for (; i < count; i++) {
      store<i16>(to, <i16>load<i8>(from));
      to += 2;
      from++;
    }
  } else {
    for (; i < wide; i += 8) {
      v128.store(to, v128.load8x8_u(from));
      to += 16;
      from += 8;
    }
    for (; i < count; i++) {
      store<i16>(to, <i16>load<u8>(from));
      to += 2;
      from++;
    }
  }
}

@inline
function fill(to: usize, count: u32, value: i16): void {
  for (; count >= 8; count -= 8) {
    v128.store(to, i16x8.splat(value));
    to += 16;
  }
  for (; count != 0; count--) {
    store<i16>(to, value);
    to += 2;
  }
}

/** Pairs of elements of a row that are multiplied. */
export function rowPairs(attributes: usize): u32 {
  const k =
    load<u32>(attributes, KERNEL_H) * load<u32>(attributes, KERNEL_W) * load<u32>(attributes, CHANNELS);
  return (k + 1) >> 1;
}

/** Elements of a row, rounded up to whole vectors; what is behind the products is 0. */
export function rowElements(attributes: usize): u32 {
  const k =
    load<u32>(attributes, KERNEL_H) * load<u32>(attributes, KERNEL_W) * load<u32>(attributes, CHANNELS);
  return (k + 7) & ~7;
}

/** Writes the rows of output positions `position` and `rows - 1` after it to `to`. */
export function patches(to: usize, attributes: usize, x: usize, position: u32, rows: u32): void {
  const height = load<i32>(attributes, HEIGHT);
  const width = load<i32>(attributes, WIDTH);
  const channels = load<u32>(attributes, CHANNELS);
  const stride = load<u32>(attributes, STRIDE);
  const outWidth = load<u32>(attributes, OUT_WIDTH);
  const outHeight = load<u32>(attributes, OUT_HEIGHT);
  const kernelH = load<u32>(attributes, KERNEL_H);
  const kernelW = load<u32>(attributes, KERNEL_W);
  const dilationH = load<i32>(attributes, DILATION_H);
  const dilationW = load<i32>(attributes, DILATION_W);
  const signed = load<u32>(attributes, SIGNED) != 0;
  const zero = <i16>load<i32>(attributes, ZERO);
  const kernelElements = kernelW * channels;
  // Taps next to each other are one run of bytes where the filter sees whole pixels.
  const isDense = dilationW == 1 && stride == channels;
  const rowBytes = (<usize>rowElements(attributes)) << 1;
  const imageBytes = <usize>height * width * stride;
  const strideH = load<i32>(attributes, STRIDE_H);
  const strideW = load<i32>(attributes, STRIDE_W);
  const padLeft = load<i32>(attributes, PAD_LEFT);
  const padTop = load<i32>(attributes, PAD_TOP);
  const line = position / outWidth;
  let ox = position % outWidth;
  let oy = line % outHeight;
  let image = x + <usize>(line / outHeight) * imageBytes + load<u32>(attributes, FIRST);
  for (let r: u32 = 0; r < rows; r++) {
    const left = <i32>ox * strideW - padLeft;
    const end = to + rowBytes;
    let iy = <i32>oy * strideH - padTop;
    const before = min<i32>(max<i32>(-left, 0), kernelW);
    const after = max<i32>(min<i32>(width - left, kernelW), before);
    const isWhole = before == 0 && after == <i32>kernelW;
    for (let ky: u32 = 0; ky < kernelH; ky++) {
      if (iy < 0 || iy >= height) {
        fill(to, kernelElements, zero);
      } else {
        const from = image + <usize>iy * width * stride;
        if (isDense && isWhole) {
          extend(to, from + <usize>left * channels, kernelElements, signed);
        } else if (isDense) {
          fill(to, <u32>before * channels, zero);
          extend(
            to + ((<usize>before * channels) << 1),
            from + <usize>(left + before) * channels,
            <u32>(after - before) * channels,
            signed,
          );
          fill(to + ((<usize>after * channels) << 1), (kernelW - <u32>after) * channels, zero);
        } else {
          let ix = left;
          let at = to;
          for (let kx: u32 = 0; kx < kernelW; kx++) {
            if (ix < 0 || ix >= width) fill(at, channels, zero);
            else extend(at, from + <usize>ix * stride, channels, signed);
            at += (<usize>channels) << 1;
            ix += dilationW;
          }
        }
      }
      to += kernelElements << 1;
      iy += dilationH;
    }
    for (; to < end; to += 2) store<i16>(to, 0);
    ox++;
    if (ox == outWidth) {
      ox = 0;
      oy++;
      if (oy == outHeight) {
        oy = 0;
        image += imageBytes;
      }
    }
  }
}

/** Sum of the elements of a row. */
export function rowSum(row: usize, elements: u32): i32 {
  const ones = i16x8.splat(1);
  let sum = i32x4.splat(0);
  for (const end = row + ((<usize>elements) << 1); row < end; row += 16) {
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(row), ones));
  }
  return (
    i32x4.extract_lane(sum, 0) +
    i32x4.extract_lane(sum, 1) +
    i32x4.extract_lane(sum, 2) +
    i32x4.extract_lane(sum, 3)
  );
}
