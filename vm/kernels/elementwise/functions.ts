/**
 * Elementary functions of f32 and f64, computed in f64 as the files of vm/kernels/math say; docs/functions.md has their largest errors. Where a
 * function isn't defined it is NaN.
 *
 * Attributes: n, begin, end (u32): of n elements those from begin to end are computed. Input: x [n]. Output: [n].
 */
import { ACOS, ACOSH, ASIN, ASINH, ATAN, ATANH, COS, COSH, ERF, EXP, LOG, SIGMOID, SIN, SINH, SOFTPLUS, TAN, TANH, map } from './unary';

export function logF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(LOG, y, attributes, x);
}

export function logF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(LOG, y, attributes, x);
}

export function sinF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(SIN, y, attributes, x);
}

export function sinF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(SIN, y, attributes, x);
}

export function cosF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(COS, y, attributes, x);
}

export function cosF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(COS, y, attributes, x);
}

export function tanF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(TAN, y, attributes, x);
}

export function tanF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(TAN, y, attributes, x);
}

export function asinF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ASIN, y, attributes, x);
}

export function asinF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ASIN, y, attributes, x);
}

export function acosF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ACOS, y, attributes, x);
}

export function acosF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ACOS, y, attributes, x);
}

export function atanF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ATAN, y, attributes, x);
}

export function atanF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ATAN, y, attributes, x);
}

export function sinhF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(SINH, y, attributes, x);
}

export function sinhF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(SINH, y, attributes, x);
}

export function coshF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(COSH, y, attributes, x);
}

export function coshF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(COSH, y, attributes, x);
}

export function asinhF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ASINH, y, attributes, x);
}

export function asinhF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ASINH, y, attributes, x);
}

export function acoshF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ACOSH, y, attributes, x);
}

export function acoshF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ACOSH, y, attributes, x);
}

export function atanhF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f32>(ATANH, y, attributes, x);
}

export function atanhF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ATANH, y, attributes, x);
}

export function softplusF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(SOFTPLUS, y, attributes, x);
}

export function expF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(EXP, y, attributes, x);
}

export function tanhF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(TANH, y, attributes, x);
}

export function erfF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(ERF, y, attributes, x);
}

export function sigmoidF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  map<f64>(SIGMOID, y, attributes, x);
}
