/** Quantised TFLite operators written plainly from their published definitions, element by element. */
import {
  type Fixed,
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  softmaxRow,
} from './tflite-arithmetic.ts';

export interface Quantised {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly scales: readonly number[];
  readonly zero: number;
}

export interface Target {
  readonly scale: number;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

const clamp = (x: number, { high, low }: Target): number => Math.min(Math.max(x, low), high);
const rescale = (sum: bigint, fixed: Fixed, target: Target): number =>
  clamp(Number(multiplyByQuantizedMultiplier(BigInt.asIntN(32, sum), fixed)) + target.zero, target);

/** The multiplication of 64-bit sums: 16 bits of the multiplier, one rounding. */
function rescaleWide(sum: bigint, { multiplier, shift }: Fixed, target: Target): number {
  const reduced = multiplier < 0x7fff0000n ? (multiplier + (1n << 15n)) >> 16n : 0x7fffn;
  const total = BigInt(15 - shift);
  const value = (sum * reduced + (1n << (total - 1n))) >> total;
  return clamp(Number(value) + target.zero, target);
}

/** Over height and width; a mean's division is part of the multiplier. */
export function meanOrSum(x: Quantised, target: Target, isMean: boolean): number[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const n = height * width;
  let { multiplier, shift } = quantizeMultiplier(x.scales[0]! / target.scale);
  if (isMean) {
    const by = Math.min(n.toString(2).length - 1, 32, 31 + shift);
    multiplier = (multiplier << BigInt(by)) / BigInt(n);
    shift -= by;
  }
  return Array.from({ length: batch * channels }, (_, at) => {
    const [image, channel] = [Math.floor(at / channels), at % channels];
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x.values[(image * n + i) * channels + channel]! - x.zero;
    return rescale(BigInt(sum), { multiplier, shift }, target);
  });
}

export interface Window {
  readonly same: boolean;
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Outputs along one axis, and the place in the input of tap `t` of output `o`. */
function along(size: number, kernel: number, { same, stride, dilation }: Window, axis: 0 | 1) {
  const effective = (kernel - 1) * dilation[axis] + 1;
  const s = stride[axis];
  const out = same ? Math.floor((size + s - 1) / s) : Math.floor((size + s - effective) / s);
  const pad = same ? Math.floor(Math.max((out - 1) * s + effective - size, 0) / 2) : 0;
  return { out, place: (o: number, t: number) => o * s - pad + t * dilation[axis] };
}

/** A convolution, or a depthwise one: `taps` lists the weights of one output channel. */
export function convolution(
  x: Quantised,
  w: Quantised,
  bias: readonly number[] | undefined,
  window: Window,
  target: Target,
  { depthwise = false, singleScale = false, wide = false } = {},
): number[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const [first = 0, kernelH = 0, kernelW = 0, last = 0] = w.shape;
  const filters = depthwise ? last : first;
  const perGroup = depthwise ? 1 : last;
  const filtersOfGroup = depthwise ? last / channels : first / (channels / last);
  const v = along(height, kernelH, window, 0);
  const h = along(width, kernelW, window, 1);
  const result: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let oy = 0; oy < v.out; oy++) {
      for (let ox = 0; ox < h.out; ox++) {
        for (let f = 0; f < filters; f++) {
          let sum = BigInt(bias?.[f] ?? 0);
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const [iy, ix] = [v.place(oy, ky), h.place(ox, kx)];
              if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
              for (let i = 0; i < perGroup; i++) {
                const c = Math.floor(f / filtersOfGroup) * perGroup + i;
                const value = x.values[((n * height + iy) * width + ix) * channels + c]!;
                const at = depthwise
                  ? (ky * kernelW + kx) * filters + f
                  : ((f * kernelH + ky) * kernelW + kx) * perGroup + i;
                sum += BigInt((value - x.zero) * (w.values[at]! - w.zero));
              }
            }
          }
          const scale = w.scales[w.scales.length === 1 ? 0 : f]!;
          const product = singleScale ? Math.fround(x.scales[0]! * scale) : x.scales[0]! * scale;
          const fixed = quantizeMultiplier(product / target.scale);
          result.push(wide ? rescaleWide(sum, fixed, target) : rescale(sum, fixed, target));
        }
      }
    }
  }
  return result;
}

export function fullyConnected(
  x: Quantised,
  w: Quantised,
  bias: readonly number[] | undefined,
  target: Target,
): number[] {
  const [units = 0, depth = 0] = w.shape;
  const product = w.scales.length === 1 ? Math.fround(x.scales[0]! * w.scales[0]!) : undefined;
  return Array.from({ length: (x.values.length / depth) * units }, (_, at) => {
    const [row, unit] = [Math.floor(at / units), at % units];
    let sum = BigInt(bias?.[unit] ?? 0);
    for (let i = 0; i < depth; i++) {
      sum += BigInt((x.values[row * depth + i]! - x.zero) * (w.values[unit * depth + i]! - w.zero));
    }
    const real = (product ?? x.scales[0]! * w.scales[unit]!) / target.scale;
    return rescale(sum, quantizeMultiplier(real), target);
  });
}

/** Of operands of one shape. */
export function add(
  x: Quantised,
  y: Quantised,
  target: Target,
  sign: 1n | -1n = 1n,
  left = 20n,
): number[] {
  const twice = 2 * Math.max(x.scales[0]!, y.scales[0]!);
  const scaled = ({ scales, zero }: Quantised, value: number): bigint =>
    multiplyByQuantizedMultiplier(
      BigInt(value - zero) << left,
      quantizeMultiplier(scales[0]! / twice),
    );
  const last = quantizeMultiplier(twice / (2 ** Number(left) * target.scale));
  return x.values.map((value, i) =>
    rescale(scaled(x, value) + sign * scaled(y, y.values[i]!), last, target),
  );
}

export function multiply(x: Quantised, y: Quantised, target: Target): number[] {
  const real = Math.fround(Math.fround(x.scales[0]! * y.scales[0]!) / target.scale);
  return x.values.map((value, i) =>
    rescale(BigInt((value - x.zero) * (y.values[i]! - y.zero)), quantizeMultiplier(real), target),
  );
}

export function pool(
  x: Quantised,
  [kernelH, kernelW]: readonly [number, number],
  window: Window,
  target: Target,
  kind: 'average' | 'max',
): number[] {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const v = along(height, kernelH, window, 0);
  const h = along(width, kernelW, window, 1);
  const result: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (let oy = 0; oy < v.out; oy++) {
      for (let ox = 0; ox < h.out; ox++) {
        for (let c = 0; c < channels; c++) {
          const seen: number[] = [];
          for (let ky = 0; ky < kernelH; ky++) {
            for (let kx = 0; kx < kernelW; kx++) {
              const [iy, ix] = [v.place(oy, ky), h.place(ox, kx)];
              if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
              seen.push(x.values[((n * height + iy) * width + ix) * channels + c]!);
            }
          }
          const sum = seen.reduce((a, b) => a + b, 0);
          const half = Math.floor(seen.length / 2);
          const average = Math.trunc((sum > 0 ? sum + half : sum - half) / seen.length);
          result.push(clamp(kind === 'average' ? average : Math.max(...seen), target));
        }
      }
    }
  }
  return result;
}

export function softmax(x: Quantised, beta: number, { high, low }: Target): number[] {
  const columns = x.shape.at(-1)!;
  const rows = x.values.length / columns;
  return Array.from({ length: rows }, (_, i) =>
    softmaxRow(x.values.slice(i * columns, (i + 1) * columns), {
      beta,
      scale: x.scales[0]!,
      low,
      high,
    }),
  ).flat();
}
