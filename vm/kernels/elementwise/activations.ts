/**
 * Functions of f32 that networks spend time on, on four lanes. docs/functions.md has their largest errors.
 *
 * Attributes: n, begin, end (u32): of n elements those from begin to end are computed; then parameters (f32). Input: x f32 [n]. Output: f32 [n].
 */
import { canonical4 } from '../canonical';
import { erf4, erfcx4, smallErf4 } from '../math/erf';
import { exp4, expOfSum4 } from '../math/exp';
import { expm14 } from '../math/expm1';
import { sigmoid4 } from '../math/sigmoid';
import { softplus4 } from '../math/softplus';
import { tanh4 } from '../math/tanh';
import { OWN } from './unary';

@inline const EXP: i32 = 0;
@inline const TANH: i32 = 1;
@inline const ERF: i32 = 2;
@inline const SIGMOID: i32 = 3;
@inline const GELU: i32 = 4;
@inline const GELU_TANH: i32 = 5;
@inline const MISH: i32 = 6;
@inline const ELU: i32 = 7;
@inline const LEAKY: i32 = 8;
@inline const CLAMP: i32 = 9;
@inline const HARD_SIGMOID: i32 = 10;
@inline const HARD_SWISH: i32 = 11;
@inline const SWISH: i32 = 12;
@inline const SOFTPLUS: i32 = 13;

/** e^(-x^2 / 2). x is a number of 12 bits, whose square is exact, and a rest. */
@inline
function bell4(x: v128): v128 {
  // Beyond 15 the result is 0, and the product stays finite.
  const c = f32x4.min(f32x4.max(x, f32x4.splat(-15)), f32x4.splat(15));
  const scaled = f32x4.mul(c, f32x4.splat(4097));
  const high = f32x4.sub(scaled, f32x4.sub(scaled, c));
  const half = f32x4.splat(-0.5);
  const low = f32x4.mul(f32x4.sub(c, high), f32x4.add(c, high));
  return expOfSum4(f32x4.mul(half, f32x4.mul(high, high)), f32x4.mul(half, low));
}

/** x (1 + erf(x / sqrt 2)) / 2; below x = -sqrt(1 / 2) as x e^(-x^2 / 2) erfcx(-x / sqrt 2) / 2, which doesn't cancel. */
@inline
function gelu4(x: v128): v128 {
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  const u = f32x4.mul(x, f32x4.splat(0.70710678));
  const a = f32x4.abs(u);
  const tail = f32x4.mul(bell4(x), erfcx4(a));
  // 1 + erf u
  const sign = f32x4.lt(u, f32x4.splat(0));
  const large = v128.bitselect(tail, f32x4.sub(f32x4.splat(2), tail), sign);
  const small = f32x4.add(one, smallErf4(u));
  const sum = v128.bitselect(small, large, f32x4.lt(a, half));
  // x is largest negative where e^(-x^2 / 2) is 0, and minus infinity times 0 is no number.
  const bounded = f32x4.max(x, f32x4.splat(-3.4028235e38));
  return f32x4.mul(f32x4.mul(half, bounded), sum);
}

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 = x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)). */
@inline
function geluTanh4(x: v128): v128 {
  // Beyond 20 it is x or 0, and x^3 stays finite.
  const c = f32x4.min(f32x4.max(x, f32x4.splat(-20)), f32x4.splat(20));
  const cube = f32x4.mul(f32x4.mul(c, c), f32x4.mul(c, f32x4.splat(0.044715)));
  const u = f32x4.mul(f32x4.splat(1.5957691), f32x4.add(c, cube));
  return f32x4.mul(f32x4.max(x, f32x4.splat(-3.4028235e38)), sigmoid4(u));
}

/** x tanh(log(1 + e^x)) = x m / (m + 2) with m = e (e + 2), e = e^x; from 20 on x. */
@inline
function mish4(x: v128): v128 {
  const e = exp4(f32x4.min(x, f32x4.splat(20)));
  const two = f32x4.splat(2);
  const m = f32x4.mul(e, f32x4.add(e, two));
  const bounded = f32x4.max(x, f32x4.splat(-3.4028235e38));
  return f32x4.mul(bounded, f32x4.div(m, f32x4.add(m, two)));
}

@inline
function apply(op: i32, x: v128, p: v128, q: v128, r: v128): v128 {
  const zero = f32x4.splat(0);
  if (op == EXP) return exp4(x);
  if (op == TANH) return tanh4(x);
  if (op == ERF) return erf4(x);
  if (op == SIGMOID) return sigmoid4(x);
  if (op == GELU) return gelu4(x);
  if (op == GELU_TANH) return geluTanh4(x);
  if (op == MISH) return mish4(x);
  if (op == SOFTPLUS) return softplus4(x);
  if (op == ELU) {
    const below = f32x4.mul(p, expm14(f32x4.mul(q, f32x4.min(x, zero))));
    return f32x4.mul(r, v128.bitselect(x, below, f32x4.gt(x, zero)));
  }
  if (op == LEAKY) return v128.bitselect(f32x4.mul(x, p), x, f32x4.lt(x, zero));
  if (op == CLAMP) return f32x4.min(f32x4.max(x, p), q);
  if (op == SWISH) {
    const bounded = f32x4.max(x, f32x4.splat(-3.4028235e38));
    return f32x4.mul(bounded, sigmoid4(f32x4.mul(p, x)));
  }
  const line = f32x4.add(f32x4.mul(x, p), q);
  const hard = f32x4.max(zero, f32x4.min(f32x4.splat(1), line));
  return op == HARD_SIGMOID ? hard : f32x4.mul(x, hard);
}

@inline
function map(op: i32, parameters: i32, output: usize, attributes: usize, x: usize): void {
  const begin = load<u32>(attributes, 4);
  let n = load<u32>(attributes, 8) - begin;
  x += (<usize>begin) << 2;
  output += (<usize>begin) << 2;
  const p = f32x4.splat(parameters > 0 ? load<f32>(attributes, OWN) : 0);
  const q = f32x4.splat(parameters > 1 ? load<f32>(attributes, OWN + 4) : 0);
  const r = f32x4.splat(parameters > 2 ? load<f32>(attributes, OWN + 8) : 0);
  for (; n >= 4; n -= 4) {
    v128.store(output, canonical4(apply(op, v128.load(x), p, q, r)));
    x += 16;
    output += 16;
  }
  for (; n != 0; n--) {
    v128.store_lane<f32>(output, canonical4(apply(op, v128.load32_splat(x), p, q, r)), 0);
    x += 4;
    output += 4;
  }
}

/** e^x. */
export function expF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(EXP, 0, y, attributes, x);
}

/** The hyperbolic tangent. */
export function tanhF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(TANH, 0, y, attributes, x);
}

/** The error function. */
export function erfF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(ERF, 0, y, attributes, x);
}

/** 1 / (1 + e^-x). */
export function sigmoidF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(SIGMOID, 0, y, attributes, x);
}

/** x (1 + erf(x / sqrt 2)) / 2. */
export function geluF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(GELU, 0, y, attributes, x);
}

/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
export function geluTanhF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(GELU_TANH, 0, y, attributes, x);
}

/** x tanh(log(1 + e^x)). */
export function mishF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(MISH, 0, y, attributes, x);
}

/** gamma x above 0, gamma alpha (e^(scale x) - 1) below: Elu, Selu and Celu. Parameters: alpha, scale, gamma; scale isn't negative. */
export function eluF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(ELU, 3, y, attributes, x);
}

/** x, and below 0 alpha x. Parameter: alpha. */
export function leakyReluF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(LEAKY, 1, y, attributes, x);
}

/** min(max(x, low), high); NaN stays. Parameters: low, high. */
export function clampF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(CLAMP, 2, y, attributes, x);
}

/** max(0, min(1, alpha x + beta)). Parameters: alpha, beta. */
export function hardSigmoidF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(HARD_SIGMOID, 2, y, attributes, x);
}

/** x max(0, min(1, alpha x + beta)). Parameters: alpha, beta. */
export function hardSwishF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(HARD_SWISH, 2, y, attributes, x);
}

/** x sigmoid(alpha x). Parameter: alpha. */
export function swishF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(SWISH, 1, y, attributes, x);
}

/** log(1 + e^x). */
export function softplusF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map(SOFTPLUS, 0, y, attributes, x);
}
