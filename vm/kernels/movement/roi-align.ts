import { canonical } from '../canonical';
import { indexAt } from './indices';

/** Samples of a bin along an axis: `given`, or as many as the bin is long, rounded up. A whole number, infinite for an infinite bin. */
@inline
function samplesOf(given: u32, length: f32): f32 {
  if (given != 0) return <f32>given;
  return length > 0 ? ceil<f32>(length) : 0;
}

/** The first of `samples` samples from `base` that may be inside, where samples before -1 count nothing. */
@inline
function firstOf(given: u32, base: f32, length: f32, samples: f32): f32 {
  const first = floor<f32>(((-1 - base) * samples) / length) - 1;
  return given == 0 && first > 0 ? (first < samples ? first : samples) : 0;
}

/** How many from the first on may be inside an image of `size`: samples that aren't given are at least half an element apart. */
@inline
function countOf(given: u32, first: f32, samples: f32, size: u32): u32 {
  const most: u32 = given != 0 ? given : 2 * size + 8;
  const left = samples - first;
  return left < <f32>most ? (left > 0 ? <u32>left : 0) : most;
}

/**
 * Averages (or largest values) of bins of regions of images, sampled linearly (ONNX's RoiAlign; He et al., Mask R-CNN).
 *
 * Attributes: batch, channels, height, width, rois, rows, columns (bins), samples (0: as many as a bin is long, rounded up), scale (the bits of an f32), half (1: coordinates shift by a half; 0: a
 * region is at least 1 long), mode (0 average, 1 maximum), wide (1 if images are named by i64 rather than i32), begin, end
 * (u32): regions that this call does. Inputs: x f32
 * [batch, channels, height, width], region f32 [rois, 4] (left, top, right, bottom), image [rois]. Output: f32 [rois, channels, rows,
 * columns]. A region of an image that isn't there is 0, as are samples more than 1 outside of the image.
 *
 * Order: samples of a bin row by row, from +0; each is ((w00 * x00 + w01 * x01) + w10 * x10) + w11 * x11 with w the products of the
 * linear weights of row and column; the average divides by the number of samples. The maximum is taken over these products, as
 * ONNX's reference does, and is 0 where there are none.
 */
export function roiAlign(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  regions: usize,
  images: usize,
): void {
  const batch = load<u32>(attributes);
  const channels = load<u32>(attributes, 4);
  const height = load<u32>(attributes, 8);
  const width = load<u32>(attributes, 12);
  const rows = load<u32>(attributes, 20);
  const columns = load<u32>(attributes, 24);
  const samples = load<u32>(attributes, 28);
  const scale = load<f32>(attributes, 32);
  const isHalf = load<u32>(attributes, 36) != 0;
  const isMax = load<u32>(attributes, 40) != 0;
  const isWide = load<u32>(attributes, 44) != 0;
  const begin = load<u32>(attributes, 48);
  const end = load<u32>(attributes, 52);
  const shift: f32 = isHalf ? 0.5 : 0;
  const image = ((<usize>height) * <usize>width) << 2;
  let y = output + (((<usize>(begin * channels)) * <usize>(rows * columns)) << 2);
  for (let r = <usize>begin; r < <usize>end; r++) {
    const which = indexAt(images, r, isWide, batch);
    const left = load<f32>(regions + (r << 4)) * scale - shift;
    const top = load<f32>(regions + (r << 4), 4) * scale - shift;
    let long = load<f32>(regions + (r << 4), 8) * scale - shift - left;
    let high = load<f32>(regions + (r << 4), 12) * scale - shift - top;
    if (!isHalf) {
      long = max<f32>(long, 1);
      high = max<f32>(high, 1);
    }
    const binHeight = high / <f32>rows;
    const binWidth = long / <f32>columns;
    const down = samplesOf(samples, binHeight);
    const across = samplesOf(samples, binWidth);
    const count = max<f32>(down * across, 1);
    const first: u32 = which < batch ? which * channels : 0;
    for (let c: u32 = 0; c < channels; c++) {
      const from = x + (<usize>(first + c)) * image;
      for (let i: u32 = 0; i < rows; i++) {
        for (let j: u32 = 0; j < columns; j++) {
          const baseV: f32 = top + <f32>i * binHeight;
          const baseU: f32 = left + <f32>j * binWidth;
          const firstV = firstOf(samples, baseV, binHeight, down);
          const firstU = firstOf(samples, baseU, binWidth, across);
          const insideV = which < batch ? countOf(samples, firstV, down, height) : 0;
          const insideU = countOf(samples, firstU, across, width);
          let sum: f32 = 0;
          // Samples that are passed over are zeros, which a maximum has to see.
          let isFirst = <f32>insideV == down && <f32>insideU == across;
          for (let p: u32 = 0; p < insideV; p++) {
            const v: f32 = baseV + ((firstV + <f32>p + 0.5) * binHeight) / down;
            for (let q: u32 = 0; q < insideU; q++) {
              const u: f32 = baseU + ((firstU + <f32>q + 0.5) * binWidth) / across;
              const isInside = v >= -1 && v <= <f32>height && u >= -1 && u <= <f32>width;
              if (!isInside) {
                if (isMax) sum = isFirst ? 0 : max<f32>(sum, 0);
                isFirst = false;
                continue;
              }
              let v0: f32 = max<f32>(v, 0);
              let u0: f32 = max<f32>(u, 0);
              const row = min<u32>(<u32>v0, height - 1);
              const column = min<u32>(<u32>u0, width - 1);
              const below = min<u32>(row + 1, height - 1);
              const right = min<u32>(column + 1, width - 1);
              if (row == height - 1) v0 = <f32>row;
              if (column == width - 1) u0 = <f32>column;
              const dv: f32 = v0 - <f32>row;
              const du: f32 = u0 - <f32>column;
              const a: f32 = (1 - dv) * (1 - du) * load<f32>(from + ((<usize>(row * width + column)) << 2));
              const b: f32 = (1 - dv) * du * load<f32>(from + ((<usize>(row * width + right)) << 2));
              const d: f32 = dv * (1 - du) * load<f32>(from + ((<usize>(below * width + column)) << 2));
              const e: f32 = dv * du * load<f32>(from + ((<usize>(below * width + right)) << 2));
              if (isMax) {
                const best: f32 = max<f32>(max<f32>(max<f32>(a, b), d), e);
                sum = isFirst ? best : max<f32>(sum, best);
                isFirst = false;
              } else {
                sum += a + b + d + e;
              }
            }
          }
          store<f32>(y, canonical(isMax ? sum : sum / count));
          y += 4;
        }
      }
    }
  }
}
