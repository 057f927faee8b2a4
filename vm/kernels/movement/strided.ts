/**
 * Moves a box of elements: y[to + sum over a of i[a] * t[a]] = x[from + sum over a of i[a] * f[a]] for all index tuples i with
 * i[a] < size[a], the last axis innermost. Transposition, slices, broadcasts, concatenation and tiling are calls of it.
 *
 * Attributes: inputs, outputs (elements of x and y), from, to, size[6] (1 for axes that aren't used), f[6], t[6] (u32, in
 * elements; f is in two's complement: backwards from 2^31 on). Input: x of any type whose elements have the bytes of the name. Output: y of the same type; elements outside the
 * box stay as they are.
 */
import { strided } from './box';

export function strided1(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  strided<u8>(output, attributes, x);
}

export function strided2(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  strided<u16>(output, attributes, x);
}

export function strided4(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  strided<u32>(output, attributes, x);
}

export function strided8(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  strided<u64>(output, attributes, x);
}
