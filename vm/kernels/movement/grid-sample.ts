import { canonical } from '../canonical';

/** Ways of putting places together, and what lies outside of the image: attributes of the kernel. */
const NEAREST: u32 = 1;
const CUBIC: u32 = 2;
const BORDER: u32 = 1;
const REFLECTION: u32 = 2;

/** x within low to high; low for NaN. */
@inline
function within(x: f32, low: f32, high: f32): f32 {
  return x > low ? (x < high ? x : high) : low;
}

/** Mirrors x at `low` and `high` until it lies between. */
function reflect(x: f32, low: f32, high: f32): f32 {
  const range = high - low;
  const isBelow = x < low;
  if (!isBelow && !(x > high)) return x;
  const beyond = isBelow ? low - x : x - high;
  const times = floor<f32>(beyond / range);
  const rest = beyond - times * range;
  const isEven = times * 0.5 == floor<f32>(times * 0.5);
  return isBelow == isEven ? low + rest : high - rest;
}

/** The element that place `at` of an axis of `size` shows; -1 if none. */
function elementAt(at: f32, size: u32, padding: u32, low: f32, high: f32): i32 {
  const last = <f32>(size - 1);
  if (at >= 0 && at <= last) return <i32>at;
  if (padding == BORDER) return <i32>within(at, 0, last);
  if (padding == REFLECTION) return <i32>within(reflect(at, low, high), 0, last);
  return -1;
}

/** From -1 .. 1 to places of an axis, with what lies beyond the border moved as the padding says. */
function placeOf(x: f32, size: u32, mode: u32, padding: u32, isAligned: bool, low: f32, high: f32): f32 {
  let place = isAligned ? (x + 1) * 0.5 * <f32>(size - 1) : ((x + 1) * <f32>size - 1) * 0.5;
  if (mode == NEAREST) place = nearest<f32>(place);
  if (place < low || place > high) {
    // Cubic weights are those of the place itself, as PyTorch has it; only elements are moved to the border.
    if (padding == BORDER && mode != CUBIC) place = within(place, 0, <f32>(size - 1));
    if (padding == REFLECTION) place = reflect(place, low, high);
  }
  return place;
}

/** Weight of the element at distance `d` for cubic convolution with a = -0.75 (Keys). */
function cubic(d: f32): f32 {
  const a: f32 = -0.75;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

/** Weight of tap `i` where the place is `d` behind the element at or before it. */
function weightOf(mode: u32, d: f32, i: u32): f32 {
  if (mode == NEAREST) return 1;
  if (mode == CUBIC) return cubic(abs<f32>(d + 1 - <f32>i));
  return i == 0 ? 1 - d : d;
}

/**
 * Elements that a place of an axis is put together from, and their weights: offsets of `step` each at `to`, -1 for none, weights 16
 * bytes behind them.
 */
function tapsOf(
  to: usize,
  place: f32,
  size: u32,
  step: u32,
  mode: u32,
  padding: u32,
  low: f32,
  high: f32,
): void {
  const before = floor<f32>(place);
  const first = mode == CUBIC ? before - 1 : before;
  const taps: u32 = mode == NEAREST ? 1 : mode == CUBIC ? 4 : 2;
  for (let i: u32 = 0; i < taps; i++) {
    const element = elementAt(first + <f32>i, size, padding, low, high);
    store<i32>(to, element < 0 ? -1 : element * step);
    store<f32>(to, canonical(weightOf(mode, place - before, i)), 16);
    to += 4;
  }
}

/**
 * Samples images or volumes at places that a grid names (ONNX's GridSample): y[b, c, p] = x[b, c] at column grid[b, p, 0], row
 * grid[b, p, 1] and, of a volume, plane grid[b, p, 2], where -1 and 1 are the borders (the middles of the outer elements if aligned).
 *
 * Attributes: batch, channels, depth (1 for images), height, width, n, dimensions (2 or 3), mode (0 linear, 1 nearest with ties to even,
 * 2 cubic with a = -0.75), padding (0 zeros, 1 border, 2 reflection), aligned (0 or 1), begin, end (u32): places, counted through batch
 * and n, that this call does. Inputs: x f32 [batch, channels, depth, height, width], grid f32 [batch, n, dimensions]. Output: f32 [batch,
 * channels, n]. Scratch: 96 bytes.
 *
 * Order: for each plane, for each of its rows, products (weight of the column * element) are summed from +0 from left to right; the
 * row's sum times the row's weight is added to the sum of the plane, and that times the plane's weight to the result. Weights of linear
 * sampling are 1 - d and d. NaN in the grid makes the result NaN unless the mode is nearest, where it names the first element.
 */
export function gridSample(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
  grid: usize,
): void {
  const channels = load<u32>(attributes, 4);
  const depth = load<u32>(attributes, 8);
  const height = load<u32>(attributes, 12);
  const width = load<u32>(attributes, 16);
  const n = load<u32>(attributes, 20);
  const dimensions = load<u32>(attributes, 24);
  const mode = load<u32>(attributes, 28);
  const padding = load<u32>(attributes, 32);
  const isAligned = load<u32>(attributes, 36) != 0;
  const begin = load<u32>(attributes, 40);
  const end = load<u32>(attributes, 44);
  const low: f32 = isAligned ? 0 : -0.5;
  const back = <f32>(depth - 1) - low;
  const bottom = <f32>(height - 1) - low;
  const right = <f32>(width - 1) - low;
  const plane = (height * width) << 2;
  const volume = (<usize>depth) * <usize>plane;
  const taps: usize = mode == NEAREST ? 4 : mode == CUBIC ? 16 : 8;
  const planes = scratch;
  const rows = scratch + 32;
  const columns = scratch + 64;
  const planeTaps: usize = dimensions == 3 ? taps : 4;
  // An image is its one plane.
  store<i32>(planes, 0);
  store<f32>(planes, 1, 16);
  for (let r = begin; r < end; r++) {
    const b = r / n;
    const at = grid + (((<usize>r) * <usize>dimensions) << 2);
    const u = placeOf(load<f32>(at), width, mode, padding, isAligned, low, right);
    const v = placeOf(load<f32>(at, 4), height, mode, padding, isAligned, low, bottom);
    tapsOf(columns, u, width, 4, mode, padding, low, right);
    tapsOf(rows, v, height, width << 2, mode, padding, low, bottom);
    if (dimensions == 3) {
      const w = placeOf(load<f32>(at, 8), depth, mode, padding, isAligned, low, back);
      tapsOf(planes, w, depth, plane, mode, padding, low, back);
    }
    let from = x + (<usize>(b * channels)) * volume;
    let y = output + ((<usize>(b * channels * n + (r - b * n))) << 2);
    for (let c: u32 = 0; c < channels; c++) {
      let result: f32 = 0;
      for (let k: usize = 0; k < planeTaps; k += 4) {
        const front = load<i32>(planes + k);
        let sum: f32 = 0;
        for (let i: usize = 0; i < taps; i += 4) {
          const row = load<i32>(rows + i);
          let line: f32 = 0;
          for (let j: usize = 0; j < taps; j += 4) {
            const column = load<i32>(columns + j);
            // Offsets are below 2^28, so the sign is that of any that is absent.
            const offset = front | row | column;
            const value: f32 = offset < 0 ? 0 : load<f32>(from + <usize>(front + row + column));
            line += load<f32>(columns + j, 16) * value;
          }
          sum += load<f32>(rows + i, 16) * line;
        }
        result += load<f32>(planes + k, 16) * sum;
      }
      store<f32>(y, canonical(result));
      from += volume;
      y += (<usize>n) << 2;
    }
  }
}
