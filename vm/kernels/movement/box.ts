/**
 * The loops of `strided`, for one width of elements. A stride is a u32 whose product with the width wraps, so 2^32 - 1 goes one
 * element back.
 */

/** Byte offsets within the attributes. */
const FROM: usize = 8;
const TO: usize = 12;
const SIZE: usize = 16;
const FROM_STRIDE: usize = 40;
const TO_STRIDE: usize = 64;

@inline
function size(attributes: usize, axis: usize): u32 {
  return load<u32>(attributes + (axis << 2), SIZE);
}

@inline
function fromStride<T>(attributes: usize, axis: usize): usize {
  return (<usize>load<u32>(attributes + (axis << 2), FROM_STRIDE)) * sizeof<T>();
}

@inline
function toStride<T>(attributes: usize, axis: usize): usize {
  return (<usize>load<u32>(attributes + (axis << 2), TO_STRIDE)) * sizeof<T>();
}

/** Columns of the source that are transposed together: a cache line of words. */
const TILE: u32 = 16;

/** Transposes four rows of four words: row i goes to y + i * t. */
@inline
function transpose4(x: usize, f: usize, y: usize, t: usize): void {
  const a = v128.load(x);
  const b = v128.load(x + f);
  const c = v128.load(x + 2 * f);
  const d = v128.load(x + 3 * f);
  const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const CD = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<u64>(ab, cd, 0, 2));
  v128.store(y + t, v128.shuffle<u64>(ab, cd, 1, 3));
  v128.store(y + 2 * t, v128.shuffle<u64>(AB, CD, 0, 2));
  v128.store(y + 3 * t, v128.shuffle<u64>(AB, CD, 1, 3));
}

/** y[i * t + j] = x[j * f + i] for i < n, j < m, by tiles, so that no line of the cache is fetched for one element. */
function transposed<T>(x: usize, y: usize, n: u32, m: u32, f: usize, t: usize): void {
  for (let i: u32 = 0; i < n; i += TILE) {
    const rows = min<u32>(TILE, n - i);
    let x0 = x;
    let y0 = y;
    let j: u32 = 0;
    if (sizeof<T>() == 4) {
      const whole = rows & ~3;
      for (; m - j >= 4; j += 4) {
        for (let k: usize = 0; k < <usize>whole; k += 4) transpose4(x0 + (k << 2), f, y0 + k * t, t);
        for (let k = <usize>whole; k < <usize>rows; k++) {
          for (let l: usize = 0; l < 4; l++) store<T>(y0 + k * t + (l << 2), load<T>(x0 + l * f + (k << 2)));
        }
        x0 += 4 * f;
        y0 += 16;
      }
    }
    for (; j < m; j++) {
      for (let k: usize = 0; k < <usize>rows; k++) store<T>(y0 + k * t, load<T>(x0 + k * sizeof<T>()));
      x0 += f;
      y0 += sizeof<T>();
    }
    x += TILE * sizeof<T>();
    y += TILE * t;
  }
}

@inline
export function strided<T>(output: usize, attributes: usize, x: usize): void {
  let x0 = x + (<usize>load<u32>(attributes, FROM)) * sizeof<T>();
  let y0 = output + (<usize>load<u32>(attributes, TO)) * sizeof<T>();
  const f4 = fromStride<T>(attributes, 4);
  const t4 = toStride<T>(attributes, 4);
  const f5 = fromStride<T>(attributes, 5);
  const t5 = toStride<T>(attributes, 5);
  const n4 = size(attributes, 4);
  const n5 = size(attributes, 5);
  const isTransposition = n4 >= 4 && n5 >= 4 && f4 == sizeof<T>() && t5 == sizeof<T>() && f5 != sizeof<T>();
  for (let i0 = size(attributes, 0); i0 != 0; i0--) {
    let x1 = x0;
    let y1 = y0;
    for (let i1 = size(attributes, 1); i1 != 0; i1--) {
      let x2 = x1;
      let y2 = y1;
      for (let i2 = size(attributes, 2); i2 != 0; i2--) {
        let x3 = x2;
        let y3 = y2;
        for (let i3 = size(attributes, 3); i3 != 0; i3--) {
          let x4 = x3;
          let y4 = y3;
          if (isTransposition) transposed<T>(x4, y4, n4, n5, f5, t4);
          for (let i4 = isTransposition ? 0 : n4; i4 != 0; i4--) {
            let x5 = x4;
            let y5 = y4;
            let i5 = n5;
            if (f5 == sizeof<T>() && t5 == sizeof<T>()) {
              for (; i5 >= <u32>(16 / sizeof<T>()); i5 -= <u32>(16 / sizeof<T>())) {
                v128.store(y5, v128.load(x5));
                x5 += 16;
                y5 += 16;
              }
            } else if (f5 == 0 && t5 == sizeof<T>() && i5 >= <u32>(16 / sizeof<T>())) {
              const value = v128.splat<T>(load<T>(x5));
              for (; i5 >= <u32>(16 / sizeof<T>()); i5 -= <u32>(16 / sizeof<T>())) {
                v128.store(y5, value);
                y5 += 16;
              }
            }
            for (; i5 != 0; i5--) {
              store<T>(y5, load<T>(x5));
              x5 += f5;
              y5 += t5;
            }
            x4 += f4;
            y4 += t4;
          }
          x3 += fromStride<T>(attributes, 3);
          y3 += toStride<T>(attributes, 3);
        }
        x2 += fromStride<T>(attributes, 2);
        y2 += toStride<T>(attributes, 2);
      }
      x1 += fromStride<T>(attributes, 1);
      y1 += toStride<T>(attributes, 1);
    }
    x0 += fromStride<T>(attributes, 0);
    y0 += toStride<T>(attributes, 0);
  }
}
