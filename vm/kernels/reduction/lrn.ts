import { canonical, canonical4 } from '../canonical';
import { pow64 } from '../math/pow64';

/** Numbers of `power`. */
const SQUARE_ROOT: u32 = 0;
const THREE_QUARTERS: u32 = 1;
const ONE: u32 = 2;

/**
 * Local response normalisation (Krizhevsky et al. 2012; ONNX LRN): y[o, c, i] = x[o, c, i] / s^p with s = bias + factor * sum of x[o, d, i]^2 over the channels d from c - before to c + after that there are.
 *
 * Attributes: outer, channels, inner, before, after, factor (bits of a f32: alpha / size), bias (bits of a f32), power (0: p = 1/2, 1: 3/4,
 * 2: 1, 3: beta), beta (bits of a f32). Input: x f32 [outer, channels, inner]. Output: f32 like x.
 *
 * Order: the sum starts from +0 and runs in the order of the channels. s^(3/4) is sqrt(s) * sqrt(sqrt(s)); s^beta is
 * computed in f64 and rounded.
 */
export function lrn(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  const channels = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const before = load<u32>(attributes, 12);
  const after = load<u32>(attributes, 16);
  const factor = load<f32>(attributes, 20);
  const bias = load<f32>(attributes, 24);
  const power = load<u32>(attributes, 28);
  const beta = <f64>load<f32>(attributes, 32);
  const stride = (<usize>inner) << 2;
  const factor4 = f32x4.splat(factor);
  const bias4 = f32x4.splat(bias);
  for (let o = load<u32>(attributes); o != 0; o--) {
    for (let c: u32 = 0; c < channels; ) {
      const low = min<u32>(before, c);
      const high = min<u32>(after, channels - 1 - c);
      // Channels that lie side by side are lanes where all four have whole windows.
      const isInside = inner == 1 && low == before && channels - c >= 4 && channels - c - 4 >= after;
      let i = inner;
      for (; i >= 4 || isInside; i -= 4) {
        const sum = sumOfLanes(x - low * stride, low + high + 1, stride);
        const s = f32x4.add(bias4, f32x4.mul(factor4, sum));
        v128.store(output, canonical4(f32x4.div(v128.load(x), raised4(s, power, beta))));
        x += 16;
        output += 16;
        if (isInside) break;
      }
      if (isInside) {
        c += 4;
        continue;
      }
      for (; i != 0; i--) {
        let sum: f32 = 0;
        let p = x - low * stride;
        for (let n = low + high + 1; n != 0; n--) {
          const value = load<f32>(p);
          sum += value * value;
          p += stride;
        }
        store<f32>(output, canonical(load<f32>(x) / raised(bias + factor * sum, power, beta)));
        x += 4;
        output += 4;
      }
      c++;
    }
  }
}

@inline
function sumOfLanes(p: usize, n: u32, stride: usize): v128 {
  let sum = f32x4.splat(0);
  for (; n != 0; n--) {
    const value = v128.load(p);
    sum = f32x4.add(sum, f32x4.mul(value, value));
    p += stride;
  }
  return sum;
}

@inline
function raised4(s: v128, power: u32, beta: f64): v128 {
  const root = f32x4.sqrt(s);
  if (power == THREE_QUARTERS) return f32x4.mul(root, f32x4.sqrt(root));
  if (power == SQUARE_ROOT) return root;
  return power == ONE ? s : lanesRaised(s, beta);
}

function lanesRaised(s: v128, beta: f64): v128 {
  const a = toPower(f32x4.extract_lane(s, 0), beta);
  const b = toPower(f32x4.extract_lane(s, 1), beta);
  const c = toPower(f32x4.extract_lane(s, 2), beta);
  const d = toPower(f32x4.extract_lane(s, 3), beta);
  const y = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(a), 1, b), 2, c);
  return f32x4.replace_lane(y, 3, d);
}

function toPower(s: f32, beta: f64): f32 {
  return <f32>pow64(<f64>s, beta);
}

@inline
function raised(s: f32, power: u32, beta: f64): f32 {
  const root = sqrt<f32>(s);
  if (power == THREE_QUARTERS) return root * sqrt<f32>(root);
  if (power == SQUARE_ROOT) return root;
  return power == ONE ? s : toPower(s, beta);
}
