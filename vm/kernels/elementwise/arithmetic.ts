/**
 * y = a + b, a - b, a * b, a / b, min(a, b), max(a, b), and prelu: a, or a * b where a is negative; with broadcasting, for f32, f64 and integers of 32 and 64 bits. Integers wrap (so one
 * kernel adds signed and unsigned ones), division truncates, and by 0 gives 0; NaN passes through min and max, -0 is below +0.
 *
 * Attributes and shapes: see `pairs`. Inputs: a, b. Output: row-major over the four axes, all of one type.
 */
import { ADD, DIV, MAX, MIN, MUL, PRELU, pairs, SUB } from './pairs';

export function addF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(ADD, y, attributes, a, b);
}

export function addF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(ADD, y, attributes, a, b);
}

export function addI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(ADD, y, attributes, a, b);
}

export function addI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(ADD, y, attributes, a, b);
}

export function subF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(SUB, y, attributes, a, b);
}

export function subF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(SUB, y, attributes, a, b);
}

export function subI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(SUB, y, attributes, a, b);
}

export function subI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(SUB, y, attributes, a, b);
}

export function mulF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(MUL, y, attributes, a, b);
}

export function mulF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(MUL, y, attributes, a, b);
}

export function mulI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(MUL, y, attributes, a, b);
}

export function mulI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(MUL, y, attributes, a, b);
}

export function divF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(DIV, y, attributes, a, b);
}

export function divF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(DIV, y, attributes, a, b);
}

export function divI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(DIV, y, attributes, a, b);
}

export function divU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(DIV, y, attributes, a, b);
}

export function divI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(DIV, y, attributes, a, b);
}

export function divU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(DIV, y, attributes, a, b);
}

export function minF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(MIN, y, attributes, a, b);
}

export function minF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(MIN, y, attributes, a, b);
}

export function minI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(MIN, y, attributes, a, b);
}

export function minU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(MIN, y, attributes, a, b);
}

export function minI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(MIN, y, attributes, a, b);
}

export function minU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(MIN, y, attributes, a, b);
}

export function maxF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(MAX, y, attributes, a, b);
}

export function maxF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(MAX, y, attributes, a, b);
}

export function maxI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(MAX, y, attributes, a, b);
}

export function maxU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(MAX, y, attributes, a, b);
}

export function maxI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(MAX, y, attributes, a, b);
}

export function maxU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(MAX, y, attributes, a, b);
}

export function preluF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(PRELU, y, attributes, a, b);
}
