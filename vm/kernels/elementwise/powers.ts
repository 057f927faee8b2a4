/**
 * y = a^b (pow64; integers wrap), the rest of a / b with the sign of b (mod, of integers; by 0 it is 0) or of a (fmod, of floats), with
 * broadcasting.
 *
 * Attributes and shapes: see `pairs`. Inputs: a, b. Output: row-major over the four axes, all of one type.
 */
import { FMOD, MOD, POW, pairs } from './pairs';

export function modI32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i32>(MOD, y, attributes, a, b);
}

export function modU32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u32>(MOD, y, attributes, a, b);
}

export function modI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(MOD, y, attributes, a, b);
}

export function modU64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<u64>(MOD, y, attributes, a, b);
}

export function fmodF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(FMOD, y, attributes, a, b);
}

export function fmodF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(FMOD, y, attributes, a, b);
}

export function powF32(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f32>(POW, y, attributes, a, b);
}

export function powF64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<f64>(POW, y, attributes, a, b);
}

export function powI64(iteration: u32, y: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  pairs<i64>(POW, y, attributes, a, b);
}
