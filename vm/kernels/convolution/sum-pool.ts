import { sums } from './sums';

/**
 * Sum or mean of each window, channels last: y[b, z, y, x, c] = (sum over i, j, l of x[b, z sd + i dd - pd, y sh + j dh - ph,
 * x sw + l dw - pw, c]) / count. Padding is no element. Computes the output rows begin <= (b od + z) oh + y < end; others stay as they are.
 *
 * Attributes: those of a window (window.ts), division, ed, eh, ew, begin, end (u32). The count is 1 for division 0, the number of elements
 * in the window for 1, and for 2 the taps of the window before the elements ed, eh, ew: where the padding behind ends. Input: x f32
 * [n, d, h, w, c]. Output: f32 [n, od, oh, ow, c].
 *
 * Order: each output starts from 0 and adds the elements for i, j, l, the last innermost, and is divided at the end; 0 / 0 is NaN.
 */
export function sumPool(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  sums(output, attributes, x, 0);
}

/** The same with |x| in place of x. */
export function l1Pool(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  sums(output, attributes, x, 1);
}

/** The same with x * x in place of x, each square rounded before it is added, and the square root of the result. */
export function l2Pool(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  sums(output, attributes, x, 2);
}
