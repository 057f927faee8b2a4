/**
 * |x|, the sign, rounding up, down and to nearest (ties to even), and the square root, of f32 and f64: exactly rounded by definition. NaN stays
 * NaN, the sign of 0 stays.
 *
 * Attributes: n, begin, end (u32): of n elements those from begin to end are computed. Input: x [n]. Output: [n].
 */
import { ABS, CEIL, FLOOR, ROUND, SIGN, SQRT, exactMap } from './unary';

export function absF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(ABS, y, attributes, x);
}

export function absF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(ABS, y, attributes, x);
}

export function signF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(SIGN, y, attributes, x);
}

export function signF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(SIGN, y, attributes, x);
}

export function ceilF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(CEIL, y, attributes, x);
}

export function ceilF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(CEIL, y, attributes, x);
}

export function floorF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(FLOOR, y, attributes, x);
}

export function floorF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(FLOOR, y, attributes, x);
}

export function roundF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(ROUND, y, attributes, x);
}

export function roundF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(ROUND, y, attributes, x);
}

export function sqrtF32(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f32>(SQRT, y, attributes, x);
}

export function sqrtF64(iteration: u32, y: usize, scratch: usize, attributes: usize, x: usize): void {
  exactMap<f64>(SQRT, y, attributes, x);
}
