/**
 * y = a & b, a | b, a ^ b, a << b, a >> b (zeros come in; as many places as a has, or more, leave 0) with broadcasting.
 *
 * Attributes and shapes: see `pairs`. Inputs: a, b of integers of the bits in the name. Output: likewise, row-major over the four axes.
 */
import { AND, OR, SHIFT_LEFT, SHIFT_RIGHT, XOR, pairs } from './pairs';

export function andI8(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i8>(AND, y, attributes, a, b);
}

export function andI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(AND, y, attributes, a, b);
}

export function andI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(AND, y, attributes, a, b);
}

export function orI8(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i8>(OR, y, attributes, a, b);
}

export function orI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(OR, y, attributes, a, b);
}

export function orI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(OR, y, attributes, a, b);
}

export function xorI8(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i8>(XOR, y, attributes, a, b);
}

export function xorI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(XOR, y, attributes, a, b);
}

export function xorI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(XOR, y, attributes, a, b);
}

export function shiftLeftI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(SHIFT_LEFT, y, attributes, a, b);
}

export function shiftLeftI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(SHIFT_LEFT, y, attributes, a, b);
}

export function shiftRightI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(SHIFT_RIGHT, y, attributes, a, b);
}

export function shiftRightI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(SHIFT_RIGHT, y, attributes, a, b);
}
