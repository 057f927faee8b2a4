/**
 * y = condition ? a : b, with broadcasting of all three.
 *
 * Attributes: elements of condition, a and b, begin, end, sizes of the four axes, strides of the condition, of a, of b (u32, in elements). Inputs:
 * condition bool, a and b of any type whose elements have the bytes of the name. Output: likewise, row-major over the four axes; written are
 * the rows from begin to end.
 */

/** Byte offsets within the attributes. */
const BEGIN: usize = 12;
const END: usize = 16;
const SIZE: usize = 20;
const C: usize = 36;
const A: usize = 52;
const B: usize = 68;

@inline
function at(attributes: usize, field: usize, axis: usize): usize {
  return <usize>load<u32>(attributes + field + (axis << 2));
}

@inline
function where<T>(y: usize, attributes: usize, c: usize, a: usize, b: usize): void {
  const n1 = at(attributes, SIZE, 1);
  const n2 = at(attributes, SIZE, 2);
  const n3 = at(attributes, SIZE, 3);
  const sc = at(attributes, C, 3);
  const sa = at(attributes, A, 3) * sizeof<T>();
  const sb = at(attributes, B, 3) * sizeof<T>();
  const begin = <usize>load<u32>(attributes, BEGIN);
  const end = <usize>load<u32>(attributes, END);
  y += begin * n1 * n2 * n3 * sizeof<T>();
  for (let i0 = begin; i0 < end; i0++) {
    for (let i1: usize = 0; i1 < n1; i1++) {
      for (let i2: usize = 0; i2 < n2; i2++) {
        let c3 = c + i0 * at(attributes, C, 0) + i1 * at(attributes, C, 1) + i2 * at(attributes, C, 2);
        let a3 = a + (i0 * at(attributes, A, 0) + i1 * at(attributes, A, 1) + i2 * at(attributes, A, 2)) * sizeof<T>();
        let b3 = b + (i0 * at(attributes, B, 0) + i1 * at(attributes, B, 1) + i2 * at(attributes, B, 2)) * sizeof<T>();
        for (let n = n3; n != 0; n--) {
          store<T>(y, load<T>(load<u8>(c3) != 0 ? a3 : b3));
          y += sizeof<T>();
          c3 += sc;
          a3 += sa;
          b3 += sb;
        }
      }
    }
  }
}

export function where1(iteration: u32, y: usize, scratch: usize, attributes: usize, c: usize, a: usize, b: usize): void {
  where<u8>(y, attributes, c, a, b);
}

export function where2(iteration: u32, y: usize, scratch: usize, attributes: usize, c: usize, a: usize, b: usize): void {
  where<u16>(y, attributes, c, a, b);
}

export function where4(iteration: u32, y: usize, scratch: usize, attributes: usize, c: usize, a: usize, b: usize): void {
  where<u32>(y, attributes, c, a, b);
}

export function where8(iteration: u32, y: usize, scratch: usize, attributes: usize, c: usize, a: usize, b: usize): void {
  where<u64>(y, attributes, c, a, b);
}
