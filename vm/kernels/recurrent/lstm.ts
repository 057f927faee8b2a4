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
 * Long short-term memory (Hochreiter and Schmidhuber 1997; ONNX LSTM), gates i, o, f, c:
 *   i = f(gates i + h Ri + Pi * c), f = f(gates f + h Rf + Pf * c), or 1 - i with `option`,
 *   c' = f * c + i * g(gates c + h Rc), o = f(gates o + h Ro + Po * c'), h' = o * h(c').
 *
 * Attributes and outputs: sequence.ts; activation functions f, g, h; four gates, two states, h then c. Inputs: gates, r, peepholes f32
 * [3, width] (Pi, Po, Pf), lengths, h f32 [batch, width], c f32 [batch, width]. Products are added in the order of product.ts, the
 * peephole's last. Scratch: four rows.
 */
export function lstm(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  gates: usize,
  r: usize,
  peepholes: usize,
  lengths: usize,
  h: usize,
  c: usize,
): void {
  const batch = load<u32>(attributes, BATCH);
  const hidden = load<u32>(attributes, HIDDEN);
  const isCoupled = load<u32>(attributes, OPTION) != 0;
  const width = widthOf(attributes);
  const row = (<usize>width) << 2;
  const image = row * batch;
  const stride = 4 * row;
  const count = steps(attributes);
  const state = output + image * count;
  const f = attributes + ACTIVATIONS;
  const g = next(f);
  const squash = next(g);
  const one = f32x4.splat(1);
  copy(state, h, image);
  copy(state + image, c, image);
  for (let s: u32 = 0; s < count; s++) {
    const time = timeOf(attributes, s);
    let y = output + image * rowOf(attributes, s);
    let x = gates + image * 4 * time;
    let own = state;
    for (let b: u32 = 0; b < batch; b++) {
      if (<i32>time < load<i32>(lengths + ((<usize>b) << 2))) {
        addProduct(scratch, x, own, r, hidden, 4 * width, stride);
        for (let j: usize = 0; j < row; j += 16) {
          const q = scratch + j;
          const p = peepholes + j;
          const cell = own + image + j;
          const old = v128.load(cell);
          const i = activate4(f, clipped(attributes, f32x4.add(v128.load(q), f32x4.mul(v128.load(p), old))));
          let keep = f32x4.sub(one, i);
          if (!isCoupled) {
            const sum = f32x4.add(v128.load(q + 2 * row), f32x4.mul(v128.load(p + 2 * row), old));
            keep = activate4(f, clipped(attributes, sum));
          }
          const fresh = activate4(g, clipped(attributes, v128.load(q + 3 * row)));
          const value = canonical4(f32x4.add(f32x4.mul(keep, old), f32x4.mul(i, fresh)));
          const sum = f32x4.add(v128.load(q + row), f32x4.mul(v128.load(p + row), value));
          const o = activate4(f, clipped(attributes, sum));
          v128.store(cell, value);
          v128.store(own + j, canonical4(f32x4.mul(o, activate4(squash, value))));
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
