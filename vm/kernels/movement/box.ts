/** The loops of `strided`, for one width of elements. */

/** Byte offsets within the attributes. */
const FROM: usize = 8;
const TO: usize = 12;
const SIZE: usize = 16;
const FROM_STRIDE: usize = 40;
const TO_STRIDE: usize = 64;

// @ts-ignore: decorator
@inline
function size(attributes: usize, axis: usize): u32 {
  return load<u32>(attributes + (axis << 2), SIZE);
}

// @ts-ignore: decorator
@inline
function fromStride<T>(attributes: usize, axis: usize): usize {
  return (<usize>load<u32>(attributes + (axis << 2), FROM_STRIDE)) * sizeof<T>();
}

// @ts-ignore: decorator
@inline
function toStride<T>(attributes: usize, axis: usize): usize {
  return (<usize>load<u32>(attributes + (axis << 2), TO_STRIDE)) * sizeof<T>();
}

// @ts-ignore: decorator
@inline
export function strided<T>(output: usize, attributes: usize, x: usize): void {
  let x0 = x + (<usize>load<u32>(attributes, FROM)) * sizeof<T>();
  let y0 = output + (<usize>load<u32>(attributes, TO)) * sizeof<T>();
  const f4 = fromStride<T>(attributes, 4);
  const t4 = toStride<T>(attributes, 4);
  const f5 = fromStride<T>(attributes, 5);
  const t5 = toStride<T>(attributes, 5);
  const n5 = size(attributes, 5);
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
          for (let i4 = size(attributes, 4); i4 != 0; i4--) {
            let x5 = x4;
            let y5 = y4;
            let i5 = n5;
            if (f5 == sizeof<T>() && t5 == sizeof<T>()) {
              for (; i5 >= <u32>(16 / sizeof<T>()); i5 -= <u32>(16 / sizeof<T>())) {
                v128.store(y5, v128.load(x5));
                x5 += 16;
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
