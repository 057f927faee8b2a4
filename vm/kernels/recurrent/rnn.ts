import { canonical4 } from '../canonical';
import { activate4 } from './activation';
import { addProduct } from './product';
import { ACTIVATIONS, BATCH, clear, clipped, copy, HIDDEN, rowOf, steps, timeOf, widthOf } from './sequence';

/**
 * Simple recurrent network (ONNX RNN): h' = f(gates + h R), the products added in the order of the rows of R (product.ts).
 *
 * Attributes and outputs: sequence.ts; one activation function f, one gate, one state. Inputs: gates, r, lengths, h f32 [batch, width].
 */
export function rnn(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  gates: usize,
  r: usize,
  lengths: usize,
  h: usize,
): void {
  const batch = load<u32>(attributes, BATCH);
  const hidden = load<u32>(attributes, HIDDEN);
  const width = widthOf(attributes);
  const row = (<usize>width) << 2;
  const image = row * batch;
  const count = steps(attributes);
  const state = output + image * count;
  copy(state, h, image);
  for (let s: u32 = 0; s < count; s++) {
    const time = timeOf(attributes, s);
    let y = output + image * rowOf(attributes, s);
    let x = gates + image * time;
    let own = state;
    for (let i: u32 = 0; i < batch; i++) {
      if (<i32>time < load<i32>(lengths + ((<usize>i) << 2))) {
        addProduct(scratch, x, own, r, hidden, width, row);
        for (let j: usize = 0; j < row; j += 16) {
          const value = activate4(attributes + ACTIVATIONS, clipped(attributes, v128.load(scratch + j)));
          v128.store(own + j, canonical4(value));
        }
        copy(y, own, row);
      } else {
        clear(y, row);
      }
      y += row;
      x += row;
      own += row;
    }
  }
}
