import { multiplyFixed } from './fixed';

/**
 * MultiplyByQuantizedMultiplier of TensorFlow Lite on 64 bits: the multiplier's upper 16 bits, one rounding with ties up. shift from
 * -31 to 30.
 */
function multiplyWide(x: i64, multiplier: i32, shift: i32): i32 {
  const reduced: i64 = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
  const total: i64 = 15 - shift;
  // A scale of 2^15 and more leaves nothing to round.
  if (total <= 0) return <i32>((x * reduced) << -total);
  return <i32>((x * reduced + ((<i64>1) << (total - 1))) >> total);
}

/** Sum of products of i16 and i8 elements. */
function dot(x: usize, w: usize, count: u32): i64 {
  let total: i64 = 0;
  while (count >= 8) {
    // 255 sums of two products, each 2^22 at most, stay within 32 bits.
    const vectors = min<u32>(count >> 3, 255);
    let sums = i32x4.splat(0);
    for (let i: u32 = 0; i < vectors; i++) {
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(x), v128.load8x8_s(w)));
      x += 16;
      w += 8;
    }
    total += <i64>i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
    total += <i64>i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
    count -= vectors << 3;
  }
  for (; count != 0; count--) {
    total += <i64>(<i32>load<i16>(x) * <i32>load<i8>(w));
    x += 2;
    w++;
  }
  return total;
}

/**
 * Convolution of 16-bit images, channels last, with 8-bit filters, both around 0, as TensorFlow Lite has it (16x8): sums of 64 bits,
 * or of 32 (`wide` 0), then its fixed-point multiplication. A fully connected layer is one over an image of one line; a depthwise
 * convolution has as many groups as channels.
 *
 * Attributes: batch, height, width, channels, outHeight, outWidth, filters, groups, kernelH, kernelW, strideH, strideW, dilationH,
 * dilationW, padTop, padLeft, begin, end (output positions), wide, low, high (i32 bits). Inputs: x i16 [batch, height, width, channels],
 * w i8 [filters, kernelH, kernelW, channels / groups], columns i32 [filters, 4]: bias (low and high half), multiplier, shift. Output:
 * i16 [batch, outHeight, outWidth, filters], of which positions `begin` to `end` are written.
 */
export function conv16(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  w: usize,
  columns: usize,
): void {
  const height = load<i32>(attributes, 4);
  const width = load<i32>(attributes, 8);
  const channels = load<u32>(attributes, 12);
  const outHeight = load<u32>(attributes, 16);
  const outWidth = load<u32>(attributes, 20);
  const filters = load<u32>(attributes, 24);
  const groups = load<u32>(attributes, 28);
  const kernelH = load<u32>(attributes, 32);
  const kernelW = load<u32>(attributes, 36);
  const end = load<u32>(attributes, 68);
  const wide = load<u32>(attributes, 72) != 0;
  const low = load<i32>(attributes, 76);
  const high = load<i32>(attributes, 80);
  const depth = channels / groups;
  const perGroup = filters / groups;
  let position = load<u32>(attributes, 64);
  let y = output + ((<usize>position * filters) << 1);
  for (; position < end; position++) {
    const line = position / outWidth;
    const top = <i32>((line % outHeight) * load<u32>(attributes, 40)) - load<i32>(attributes, 56);
    const left = <i32>((position % outWidth) * load<u32>(attributes, 44)) - load<i32>(attributes, 60);
    const image = <i32>(line / outHeight) * height;
    let filter = w;
    let column = columns;
    for (let f: u32 = 0; f < filters; f++) {
      const first = (f / perGroup) * depth;
      let sum = <i64>load<u32>(column) | ((<i64>load<i32>(column, 4)) << 32);
      let iy = top;
      for (let ky: u32 = 0; ky < kernelH; ky++) {
        let ix = left;
        for (let kx: u32 = 0; kx < kernelW; kx++) {
          if (iy >= 0 && iy < height && ix >= 0 && ix < width) {
            const pixel = <usize>((image + iy) * width + ix) * channels + first;
            sum += dot(x + (pixel << 1), filter, depth);
          }
          filter += depth;
          ix += load<i32>(attributes, 52);
        }
        iy += load<i32>(attributes, 48);
      }
      const multiplier = load<i32>(column, 8);
      const shift = min<i32>(max<i32>(load<i32>(column, 12), -31), 30);
      const value = wide
        ? multiplyWide(sum, multiplier, shift)
        : multiplyFixed(<i32>sum, multiplier, shift);
      store<i16>(y, <i16>min<i32>(max<i32>(value, low), high));
      column += 16;
      y += 2;
    }
  }
}

/**
 * Sum or difference of i16 elements on scales of their own (reference_integer_ops::Add of 16 bits): both with 15 more bits, brought to
 * one scale, then to the output's. Zeros are 0.
 *
 * Attributes: n, multiplier and shift of x, of y, of the sum (i32 bits), negative (1: y is subtracted), low, high. Inputs: x and y i16
 * [n]. Output: i16 [n].
 */
export function add16(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, y: usize): void {
  const n = load<u32>(attributes);
  const negative = load<u32>(attributes, 28) != 0;
  const low = load<i32>(attributes, 32);
  const high = load<i32>(attributes, 36);
  const xShift = min<i32>(max<i32>(load<i32>(attributes, 8), -31), 30);
  const yShift = min<i32>(max<i32>(load<i32>(attributes, 16), -31), 30);
  const shift = min<i32>(max<i32>(load<i32>(attributes, 24), -31), 30);
  for (let i: u32 = 0; i < n; i++) {
    const a = multiplyFixed((<i32>load<i16>(x)) << 15, load<i32>(attributes, 4), xShift);
    const b = multiplyFixed((<i32>load<i16>(y)) << 15, load<i32>(attributes, 12), yShift);
    const value = multiplyFixed(negative ? a - b : a + b, load<i32>(attributes, 20), shift);
    store<i16>(output, <i16>min<i32>(max<i32>(value, low), high));
    x += 2;
    y += 2;
    output += 2;
  }
}

/**
 * Products of i16 elements, whose zeros are 0, by TensorFlow Lite's fixed-point multiplication.
 *
 * Attributes: n, multiplier, shift, low, high (i32 bits). Inputs: x and y i16 [n]. Output: i16 [n].
 */
export function mul16(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize, y: usize): void {
  const n = load<u32>(attributes);
  const multiplier = load<i32>(attributes, 4);
  const shift = min<i32>(max<i32>(load<i32>(attributes, 8), -31), 30);
  const low = load<i32>(attributes, 12);
  const high = load<i32>(attributes, 16);
  for (let i: u32 = 0; i < n; i++) {
    const value = multiplyFixed(<i32>load<i16>(x) * <i32>load<i16>(y), multiplier, shift);
    store<i16>(output, <i16>min<i32>(max<i32>(value, low), high));
    x += 2;
    y += 2;
    output += 2;
  }
}
