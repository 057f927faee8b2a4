@inline
function element<T>(from: usize, signed: bool): i32 {
  if (sizeof<T>() == 2) return <i32>load<i16>(from);
  return signed ? <i32>load<i8>(from) : <i32>load<u8>(from);
}

/**
 * Pooling of 8-bit images, channels last: the average or the largest element of the window's part inside the image.
 *
 * Attributes: batch, height, width, channels, outHeight, outWidth, kernelH, kernelW, strideH, strideW, padTop, padLeft, begin, end
 * (output positions), signed (1: i8, 0: u8), low, high (i32 bits). Input: x [batch, height, width, channels] of 1-byte elements, or i16.
 * Output: [batch, outHeight, outWidth, channels], of which positions `begin` to `end` are written.
 *
 * The average is TensorFlow Lite's (reference_integer_ops::AveragePool): sum / count in whole numbers, ties away from zero. Windows
 * have elements inside the image; if one has none its average is 0. Results are kept between low and high.
 */
@inline
function pool<T>(output: usize, attributes: usize, x: usize, isMaximum: bool): void {
  const height = load<i32>(attributes, 4);
  const width = load<i32>(attributes, 8);
  const channels = load<u32>(attributes, 12);
  const outHeight = load<u32>(attributes, 16);
  const outWidth = load<u32>(attributes, 20);
  const kernelH = load<i32>(attributes, 24);
  const kernelW = load<i32>(attributes, 28);
  const end = load<u32>(attributes, 52);
  const signed = load<u32>(attributes, 56) != 0;
  const low = load<i32>(attributes, 60);
  const high = load<i32>(attributes, 64);
  let position = load<u32>(attributes, 48);
  let y = output + <usize>position * channels * sizeof<T>();
  for (; position < end; position++) {
    const line = position / outWidth;
    const top = <i32>((line % outHeight) * load<u32>(attributes, 32)) - load<i32>(attributes, 40);
    const left = <i32>((position % outWidth) * load<u32>(attributes, 36)) - load<i32>(attributes, 44);
    const y0 = max<i32>(top, 0);
    const y1 = min<i32>(top + kernelH, height);
    const x0 = max<i32>(left, 0);
    const x1 = min<i32>(left + kernelW, width);
    const image = x + <usize>(line / outHeight) * height * width * channels * sizeof<T>();
    const count = max<i32>(y1 - y0, 0) * max<i32>(x1 - x0, 0);
    for (let c: u32 = 0; c < channels; c++) {
      let sum: i32 = 0;
      let most = i32.MIN_VALUE;
      for (let iy = y0; iy < y1; iy++) {
        let from = image + (<usize>(iy * width + x0) * channels + c) * sizeof<T>();
        for (let ix = x0; ix < x1; ix++) {
          const value = element<T>(from, signed);
          sum += value;
          most = max<i32>(most, value);
          from += channels * sizeof<T>();
        }
      }
      let value = most;
      if (!isMaximum) {
        const half = count >> 1;
        value = count == 0 ? 0 : (sum > 0 ? sum + half : sum - half) / count;
      }
      store<T>(y, <T>min<i32>(max<i32>(value, low), high));
      y += sizeof<T>();
    }
  }
}

export function averagePool8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  pool<u8>(output, attributes, x, false);
}

export function maxPool8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  pool<u8>(output, attributes, x, true);
}

export function averagePool16(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  pool<u16>(output, attributes, x, false);
}

export function maxPool16(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  pool<u16>(output, attributes, x, true);
}
