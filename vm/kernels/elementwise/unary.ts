/** The loops of all operators of one operand: y[i] = op(x[i]) for begin <= i < end. Attributes: n, begin, end (u32), then the operator's own. */
import { canonical, canonical2, canonical4, canonical64 } from '../canonical';
import { erf64 } from '../math/erf64';
import { exp64 } from '../math/exp64';
import { acosh64, asinh64, atanh64, cosh64, sinh64, softplus64, tanh64 } from '../math/hyperbolic';
import { acos64, asin64, atan64 } from '../math/inverse-trigonometric';
import { log64 } from '../math/log64';
import { cos64, sin64, tan64 } from '../math/trigonometric';

/** Byte offsets within the attributes. */
const BEGIN: usize = 4;
const END: usize = 8;
/** Of an operator's own attributes. */
export const OWN: usize = 12;

/** Operations, constants wherever they are used, so that one branch of what follows is left of each. */
@inline export const ABS: i32 = 0;
@inline export const SIGN: i32 = 1;
@inline export const CEIL: i32 = 2;
@inline export const FLOOR: i32 = 3;
@inline export const ROUND: i32 = 4;
@inline export const SQRT: i32 = 5;
@inline export const LOG: i32 = 6;
@inline export const SIN: i32 = 7;
@inline export const COS: i32 = 8;
@inline export const TAN: i32 = 9;
@inline export const ASIN: i32 = 10;
@inline export const ACOS: i32 = 11;
@inline export const ATAN: i32 = 12;
@inline export const SINH: i32 = 13;
@inline export const COSH: i32 = 14;
@inline export const ASINH: i32 = 15;
@inline export const ACOSH: i32 = 16;
@inline export const ATANH: i32 = 17;
@inline export const SOFTPLUS: i32 = 18;
@inline export const EXP: i32 = 19;
@inline export const TANH: i32 = 20;
@inline export const ERF: i32 = 21;
@inline export const SIGMOID: i32 = 22;

/** Operations of floats that are the same in both types. */
@inline
function exact<T>(op: i32, x: T): T {
  if (op == ABS) return abs<T>(x);
  if (op == CEIL) return ceil<T>(x);
  if (op == FLOOR) return floor<T>(x);
  if (op == ROUND) return nearest<T>(x);
  if (op == SQRT) return sqrt<T>(x);
  // The sign: 0 and NaN stay.
  return x > 0 ? <T>1 : x < 0 ? <T>-1 : x;
}

@inline
function exactLanes<T>(op: i32, x: v128): v128 {
  if (op == ABS) return v128.abs<T>(x);
  if (op == CEIL) return v128.ceil<T>(x);
  if (op == FLOOR) return v128.floor<T>(x);
  if (op == ROUND) return v128.nearest<T>(x);
  if (op == SQRT) return v128.sqrt<T>(x);
  const zero = v128.splat<T>(0);
  const below = v128.bitselect(v128.splat<T>(-1), x, v128.lt<T>(x, zero));
  return v128.bitselect(v128.splat<T>(1), below, v128.gt<T>(x, zero));
}

/** An operation that WebAssembly has itself, on vectors. */
@inline
export function exactMap<T>(op: i32, output: usize, attributes: usize, x: usize): void {
  const begin = load<u32>(attributes, BEGIN);
  let n = load<u32>(attributes, END) - begin;
  const lanes: u32 = 16 / <u32>sizeof<T>();
  x += <usize>begin * sizeof<T>();
  output += <usize>begin * sizeof<T>();
  for (; n >= lanes; n -= lanes) {
    const y = exactLanes<T>(op, v128.load(x));
    v128.store(output, sizeof<T>() == 8 ? canonical2(y) : canonical4(y));
    x += 16;
    output += 16;
  }
  for (; n != 0; n--) {
    if (sizeof<T>() == 8) store<f64>(output, canonical64(exact<f64>(op, load<f64>(x))));
    else store<f32>(output, canonical(exact<f32>(op, load<f32>(x))));
    x += sizeof<T>();
    output += sizeof<T>();
  }
}

/** Functions in f64. */
@inline
function apply(op: i32, x: f64): f64 {
  if (op == LOG) return log64(x);
  if (op == SIN) return sin64(x);
  if (op == COS) return cos64(x);
  if (op == TAN) return tan64(x);
  if (op == ASIN) return asin64(x);
  if (op == ACOS) return acos64(x);
  if (op == ATAN) return atan64(x);
  if (op == SINH) return sinh64(x);
  if (op == COSH) return cosh64(x);
  if (op == ASINH) return asinh64(x);
  if (op == ACOSH) return acosh64(x);
  if (op == ATANH) return atanh64(x);
  if (op == SOFTPLUS) return softplus64(x);
  if (op == EXP) return exp64(x);
  if (op == TANH) return tanh64(x);
  if (op == ERF) return erf64(x);
  // The logistic function.
  return 1 / (1 + exp64(-x));
}

/** A function computed in f64, whose result is rounded to f32 if that is the type: once more, so nearly always to nearest. */
@inline
export function map<T>(op: i32, output: usize, attributes: usize, x: usize): void {
  const begin = load<u32>(attributes, BEGIN);
  x += <usize>begin * sizeof<T>();
  output += <usize>begin * sizeof<T>();
  for (let n = load<u32>(attributes, END) - begin; n != 0; n--) {
    const y = apply(op, <f64>load<T>(x));
    if (sizeof<T>() == 8) store<f64>(output, canonical64(y));
    else store<f32>(output, canonical(<f32>y));
    x += sizeof<T>();
    output += sizeof<T>();
  }
}
