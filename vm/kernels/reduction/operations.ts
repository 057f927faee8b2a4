/** What `reduce` does with the elements of a set: how one contributes, how two contributions join, how the result is finished. */
import { put } from './store';

export const SUM: u32 = 0;
export const PRODUCT: u32 = 1;
export const MAX: u32 = 2;
export const MIN: u32 = 3;
/** Sum of squares. */
export const SQUARES: u32 = 4;
/** Sum of absolute values. */
export const ABSOLUTES: u32 = 5;
/** The sum divided by the number of elements; floats only. */
export const MEAN: u32 = 6;
/** Square root of the sum of squares; floats only. */
export const NORM: u32 = 7;

@inline
export function contribution<T extends number>(operation: u32, x: T): T {
  if (operation == SQUARES || operation == NORM) return (x * x) as T;
  if (operation == ABSOLUTES) {
    // To the compiler floats aren't signed.
    if (isSigned<T>() || isFloat<T>()) return abs<T>(x);
    return x;
  }
  return x;
}

@inline
export function join<T extends number>(operation: u32, x: T, y: T): T {
  if (operation == PRODUCT) return (x * y) as T;
  if (operation == MAX) return max<T>(x, y);
  if (operation == MIN) return min<T>(x, y);
  return (x + y) as T;
}

@inline
export function contribution4(operation: u32, x: v128): v128 {
  if (operation == SQUARES || operation == NORM) return f32x4.mul(x, x);
  if (operation == ABSOLUTES) return f32x4.abs(x);
  return x;
}

@inline
export function join4(operation: u32, x: v128, y: v128): v128 {
  if (operation == PRODUCT) return f32x4.mul(x, y);
  if (operation == MAX) return f32x4.max(x, y);
  if (operation == MIN) return f32x4.min(x, y);
  return f32x4.add(x, y);
}

@inline
function root<T extends number>(x: T): T {
  if (isFloat<T>()) return sqrt<T>(x);
  return x;
}

/** Stores the result of a set of n elements. */
@inline
export function finish<T extends number>(operation: u32, at: usize, x: T, n: u32): void {
  if (operation == MEAN) put<T>(at, (x / (n as T)) as T);
  else if (operation == NORM) put<T>(at, root<T>(x));
  else put<T>(at, x);
}
