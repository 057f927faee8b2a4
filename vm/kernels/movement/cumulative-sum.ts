/**
 * Sums along an axis: y[o, j, i] = x[o, 0, i] + ... + x[o, j, i], or up to x[o, j - 1, i] if it is exclusive (the first is +0 then),
 * or from the end if it is reversed. Integers wrap.
 *
 * Attributes: outer, n, inner, exclusive, reverse (u32). Input: x [outer, n, inner] of the type of the name. Output: of the same.
 *
 * Order: each sum is the one before it plus one element.
 */
import { canonicalOf } from './canonical-of';

@inline
function cumulativeSum<T>(output: usize, attributes: usize, x: usize): void {
  const outer = load<u32>(attributes);
  const n = load<u32>(attributes, 4);
  const inner = load<u32>(attributes, 8);
  const isExclusive = load<u32>(attributes, 12) != 0;
  const isReversed = load<u32>(attributes, 16) != 0;
  const row = (<usize>inner) * sizeof<T>();
  const block = (<usize>n) * row;
  const step = isReversed ? <usize>0 - row : row;
  // From the element that is added to the sum that it is added for.
  const lag = isExclusive ? step : 0;
  for (let o: u32 = 0; o < outer; o++) {
    let at = isReversed ? block - row : 0;
    for (let i: usize = 0; i < row; i += sizeof<T>()) {
      store<T>(output + at + i, isExclusive ? <T>0 : canonicalOf<T>(load<T>(x + at + i)));
    }
    for (let j: u32 = 1; j < n; j++) {
      const before = output + at;
      at += step;
      for (let i: usize = 0; i < row; i += sizeof<T>()) {
        const sum = <T>(load<T>(before + i) + load<T>(x + at - lag + i));
        store<T>(output + at + i, canonicalOf<T>(sum));
      }
    }
    x += block;
    output += block;
  }
}

export function cumulativeSumF32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  cumulativeSum<f32>(output, attributes, x);
}

export function cumulativeSumF64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  cumulativeSum<f64>(output, attributes, x);
}

export function cumulativeSumI32(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  cumulativeSum<i32>(output, attributes, x);
}

export function cumulativeSumI64(iteration: u32, output: usize, scratch: usize, attributes: usize, x: usize): void {
  cumulativeSum<i64>(output, attributes, x);
}
