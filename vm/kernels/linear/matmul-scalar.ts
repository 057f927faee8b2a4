/**
 * `matmul` for other types, one output after the other. Integers wrap.
 *
 * Attributes: those of two factors (factors.ts). Inputs: A [elementsA], B [elementsB]. Output: [s0, s1, s2, m, n]; all of one type.
 *
 * Order: each output starts from 0 and adds the products for p = 0, 1, ..., k - 1, each product rounded before it is added.
 */
import { At, matrixAt } from './factors';

@inline
function products<T>(output: usize, attributes: usize, a: usize, b: usize): void {
  const m = load<u32>(attributes, At.M);
  const k = load<u32>(attributes, At.K);
  const n = load<u32>(attributes, At.N);
  const ar = <usize>load<u32>(attributes, At.AR) * sizeof<T>();
  const ac = <usize>load<u32>(attributes, At.AC) * sizeof<T>();
  const br = <usize>load<u32>(attributes, At.BR) * sizeof<T>();
  const bc = <usize>load<u32>(attributes, At.BC) * sizeof<T>();
  const end = load<u32>(attributes, At.END);
  let row = load<u32>(attributes, At.BEGIN);
  output += <usize>row * <usize>n * sizeof<T>();
  for (; row < end; row++) {
    const matrix = row / m;
    const left = a + <usize>matrixAt(attributes, At.A0, matrix) * sizeof<T>() + <usize>(row - matrix * m) * ar;
    let right = b + <usize>matrixAt(attributes, At.B0, matrix) * sizeof<T>();
    for (let j: u32 = 0; j < n; j++) {
      let sum: T = 0;
      let p = left;
      let q = right;
      for (let i: u32 = 0; i < k; i++) {
        sum += load<T>(p) * load<T>(q);
        p += ac;
        q += br;
      }
      if (isFloat<T>()) sum = select<T>(sum, <T>NaN, sum == sum);
      store<T>(output, sum);
      output += sizeof<T>();
      right += bc;
    }
  }
}

export function matmulI32(iteration: u32, output: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  products<i32>(output, attributes, a, b);
}

export function matmulI64(iteration: u32, output: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  products<i64>(output, attributes, a, b);
}

export function matmulF64(iteration: u32, output: usize, scratch: usize, attributes: usize, a: usize, b: usize): void {
  products<f64>(output, attributes, a, b);
}
