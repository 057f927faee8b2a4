import { canonical4 } from '../canonical';
import { activate4, next } from './activation';
import { addProduct } from './product';
import {
  ACTIVATIONS,
  BATCH,
  clear,
  clipped,
  copy,
  HIDDEN,
  OPTION,
  rowOf,
  steps,
  timeOf,
  widthOf,
} from './sequence';

/**
 * Gated recurrent unit (Cho et al. 2014; ONNX GRU), gates z, r, n:
 *   z = f(gates z + h Rz), r = f(gates r + h Rr),
 *   n = g(gates n + (r * h) Rn), or with `option` n = g(gates n + r * (bias + h Rn)),
 *   h' = (1 - z) * n + z * h.
 *
 * Attributes and outputs: sequence.ts; activation functions f, g; three gates, one state. Inputs: gates, r, bias f32 [width] (what Rn adds
 * before the reset; used with `option` alone), lengths, h f32 [batch, width]. Products are added in the order of product.ts.
 * Scratch: four rows.
 */
export function gru(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  gates: usize,
  r: usize,
  bias: usize,
  lengths: usize,
  h: usize,
): void {
  const batch = load<u32>(attributes, BATCH);
  const hidden = load<u32>(attributes, HIDDEN);
  const before = load<u32>(attributes, OPTION) != 0;
  const width = widthOf(attributes);
  const row = (<usize>width) << 2;
  const image = row * batch;
  const stride = 3 * row;
  const count = steps(attributes);
  const state = output + image * count;
  const f = attributes + ACTIVATIONS;
  const g = next(f);
  const one = f32x4.splat(1);
  const updates = scratch;
  const resets = scratch + row;
  const reset = scratch + 2 * row;
  const fresh = scratch + 3 * row;
  copy(state, h, image);
  for (let s: u32 = 0; s < count; s++) {
    const time = timeOf(attributes, s);
    let y = output + image * rowOf(attributes, s);
    let x = gates + image * 3 * time;
    let own = state;
    for (let i: u32 = 0; i < batch; i++) {
      if (<i32>time < load<i32>(lengths + ((<usize>i) << 2))) {
        addProduct(scratch, x, own, r, hidden, 2 * width, stride);
        for (let j: usize = 0; j < row; j += 16) {
          v128.store(updates + j, canonical4(activate4(f, clipped(attributes, v128.load(updates + j)))));
          const c = activate4(f, clipped(attributes, v128.load(resets + j)));
          v128.store(resets + j, canonical4(c));
          v128.store(reset + j, canonical4(f32x4.mul(c, v128.load(own + j))));
        }
        if (before) {
          addProduct(fresh, bias, own, r + 2 * row, hidden, width, stride);
          for (let j: usize = 0; j < row; j += 16) {
            const n = f32x4.mul(v128.load(resets + j), v128.load(fresh + j));
            v128.store(fresh + j, canonical4(f32x4.add(v128.load(x + 2 * row + j), n)));
          }
        } else {
          addProduct(fresh, x + 2 * row, reset, r + 2 * row, hidden, width, stride);
        }
        for (let j: usize = 0; j < row; j += 16) {
          const n = activate4(g, clipped(attributes, v128.load(fresh + j)));
          const z = v128.load(updates + j);
          const old = f32x4.mul(z, v128.load(own + j));
          v128.store(own + j, canonical4(f32x4.add(f32x4.mul(f32x4.sub(one, z), n), old)));
        }
        copy(y, own, row);
      } else {
        clear(y, row);
      }
      y += row;
      x += stride;
      own += row;
    }
  }
}
