/** The graph of the digit classifier: 784-128-10. */
import { createGraph, type Graph } from '../graph.ts';
import { IMAGE_BYTES } from './digits.ts';

export const HIDDEN = 128;
export const CLASSES = 10;

/** f32, row-major: w1 [784, 128], b1 [128], w2 [128, 10], b2 [10]. */
export interface Weights {
  readonly w1: Float32Array;
  readonly b1: Float32Array;
  readonly w2: Float32Array;
  readonly b2: Float32Array;
}

/** Little-endian bytes, whatever this machine's order is. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return bytes;
}

/** Outputs: probabilities f32 [1, 10] and class i32 [1]. */
export function perceptronGraph({ w1, b1, w2, b2 }: Weights): Graph {
  const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
  const graph = createGraph('mnist-784-128-10');
  const image = graph.input('image', { dtype: 'u8', shape: [28, 28] });
  const probabilities = graph.output('probabilities', f32(1, CLASSES));
  const digit = graph.output('class', { dtype: 'i32', shape: [1] });
  const weights1 = graph.constant('w1', f32(IMAGE_BYTES, HIDDEN), bytesOf(w1));
  const bias1 = graph.constant('b1', f32(HIDDEN), bytesOf(b1));
  const weights2 = graph.constant('w2', f32(HIDDEN, CLASSES), bytesOf(w2));
  const bias2 = graph.constant('b2', f32(CLASSES), bytesOf(b2));
  const pixels = graph.temporary('pixels', f32(1, IMAGE_BYTES));
  const sums = graph.temporary('sums', f32(1, HIDDEN));
  const hidden = graph.temporary('hidden', f32(1, HIDDEN));
  const logits = graph.temporary('logits', f32(1, CLASSES));
  graph.call('normalise', [image], pixels, [IMAGE_BYTES]);
  graph.call('dense', [pixels, weights1, bias1], sums, [1, IMAGE_BYTES, HIDDEN]);
  graph.call('relu', [sums], hidden, [HIDDEN]);
  graph.call('dense', [hidden, weights2, bias2], logits, [1, HIDDEN, CLASSES]);
  graph.call('softmax', [logits], probabilities, [1, CLASSES]);
  graph.call('argmax', [logits], digit, [1, CLASSES]);
  return graph.build();
}
