/**
 * y = a == b, a < b, a <= b with broadcasting; a NaN is equal to nothing and less than nothing.
 *
 * Attributes and shapes: see `pairs`. Inputs: a, b of one type. Output: bool, row-major over the four axes.
 */
import { EQUAL, LESS, LESS_OR_EQUAL, pairs } from './pairs';

export function equalF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(EQUAL, y, attributes, a, b);
}

export function equalF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(EQUAL, y, attributes, a, b);
}

export function equalI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(EQUAL, y, attributes, a, b);
}

export function equalI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(EQUAL, y, attributes, a, b);
}

export function lessF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(LESS, y, attributes, a, b);
}

export function lessF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(LESS, y, attributes, a, b);
}

export function lessI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(LESS, y, attributes, a, b);
}

export function lessU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(LESS, y, attributes, a, b);
}

export function lessI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(LESS, y, attributes, a, b);
}

export function lessU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(LESS, y, attributes, a, b);
}

export function lessOrEqualF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(LESS_OR_EQUAL, y, attributes, a, b);
}

export function lessOrEqualF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(LESS_OR_EQUAL, y, attributes, a, b);
}

export function lessOrEqualI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(LESS_OR_EQUAL, y, attributes, a, b);
}

export function lessOrEqualU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(LESS_OR_EQUAL, y, attributes, a, b);
}

export function lessOrEqualI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(LESS_OR_EQUAL, y, attributes, a, b);
}

export function lessOrEqualU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(LESS_OR_EQUAL, y, attributes, a, b);
}
