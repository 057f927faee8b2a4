/**
 * Largest element of each window, channels last: y[b, z, y, x, c] = max over i, j, l of x[b, z sd + i dd - pd, y sh + j dh - ph,
 * x sw + l dw - pw, c]. Padding is no element, and NaN is smaller than all numbers: a window without any number gives -infinity, of
 * integers the least. Of equal elements (+0 and -0) the first counts. Computes the output rows begin <= (b od + z) oh + y < end; others
 * stay as they are.
 *
 * Attributes: those of a window (window.ts), begin, end (u32). Input: x [n, d, h, w, c], of f32, f64, i8 or u8. Output:
 * [n, od, oh, ow, c] of the same type.
 */
import { largest } from './largest';

export function maxPool(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  largest<f32>(output, attributes, x);
}

export function maxPoolF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  largest<f64>(output, attributes, x);
}

export function maxPoolI8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  largest<i8>(output, attributes, x);
}

export function maxPoolU8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  largest<u8>(output, attributes, x);
}
