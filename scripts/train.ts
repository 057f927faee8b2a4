/** Trains the digit classifier and writes models/mnist/model.bin; the same run always gives the same bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { writeBundle } from '../models/bundle.ts';
import { createExecutor } from '../models/executor.ts';
import type { Graph } from '../models/graph.ts';
import { IMAGE_BYTES, readDigits } from '../models/mnist/digits.ts';
import { CLASSES, HIDDEN, perceptronGraph, type Weights } from '../models/mnist/perceptron.ts';

const FILE = 'models/mnist/model.bin';
const SEED = 20_231_201;
const EPOCHS = 8;
const RATE = 0.02;
/** The rate of an epoch is this times the one before. */
const DECAY = 0.6;

/** Mulberry32: 32 bits from a 32-bit state. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return (x ^ (x >>> 14)) >>> 0;
  };
}

/** Uniform in [-bound, bound), bound = sqrt(6 / fan in): He's initialisation. */
function initial(length: number, fanIn: number, random: () => number): Float32Array {
  const bound = Math.sqrt(6 / fanIn);
  return Float32Array.from({ length }, () => (random() / 2 ** 31 - 1) * bound);
}

/** Stochastic gradient descent on cross-entropy, one image a step; sums in f64, weights in f32. */
function train(log: (line: string) => void): Weights {
  const digits = readDigits('train');
  const random = generator(SEED);
  const w1 = initial(IMAGE_BYTES * HIDDEN, IMAGE_BYTES, random);
  const w2 = initial(HIDDEN * CLASSES, HIDDEN, random);
  const b1 = new Float32Array(HIDDEN);
  const b2 = new Float32Array(CLASSES);
  const order = Uint32Array.from({ length: digits.count }, (_, i) => i);
  const hidden = new Float64Array(HIDDEN);
  const error1 = new Float64Array(HIDDEN);
  const error2 = new Float64Array(CLASSES);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = RATE * DECAY ** epoch;
    for (let i = order.length - 1; i > 0; i--) {
      const j = random() % (i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    let loss = 0;
    for (const sample of order) {
      const image = digits.image(sample);
      hidden.set(b1);
      for (let p = 0; p < IMAGE_BYTES; p++) {
        // Four of five pixels are background and change nothing.
        if (image[p] === 0) continue;
        const x = image[p]! / 255;
        for (let j = 0; j < HIDDEN; j++) hidden[j]! += x * w1[p * HIDDEN + j]!;
      }
      for (let j = 0; j < HIDDEN; j++) if (hidden[j]! < 0) hidden[j] = 0;
      error2.set(b2);
      for (let j = 0; j < HIDDEN; j++) {
        for (let c = 0; c < CLASSES; c++) error2[c]! += hidden[j]! * w2[j * CLASSES + c]!;
      }
      const top = Math.max(...error2);
      let sum = 0;
      for (let c = 0; c < CLASSES; c++) {
        error2[c] = Math.exp(error2[c]! - top);
        sum += error2[c]!;
      }
      const label = digits.label(sample);
      for (let c = 0; c < CLASSES; c++) error2[c]! /= sum;
      loss -= Math.log(error2[label]!);
      error2[label]! -= 1;
      for (let j = 0; j < HIDDEN; j++) {
        let back = 0;
        if (hidden[j]! > 0) {
          for (let c = 0; c < CLASSES; c++) {
            back += error2[c]! * w2[j * CLASSES + c]!;
            w2[j * CLASSES + c]! -= rate * error2[c]! * hidden[j]!;
          }
        }
        error1[j] = back;
        b1[j]! -= rate * back;
      }
      for (let c = 0; c < CLASSES; c++) b2[c]! -= rate * error2[c]!;
      for (let p = 0; p < IMAGE_BYTES; p++) {
        if (image[p] === 0) continue;
        const x = (rate * image[p]!) / 255;
        for (let j = 0; j < HIDDEN; j++) w1[p * HIDDEN + j]! -= x * error1[j]!;
      }
    }
    log(`epoch ${epoch + 1} of ${EPOCHS}: loss ${(loss / digits.count).toFixed(4)}`);
  }
  return { w1, b1, w2, b2 };
}

// The workers' types know no compilation from bytes, which Node has.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

/** Right answers among the 10,000 test images, by the kernels themselves. */
function accuracy(graph: Graph): { right: number; count: number } {
  const digits = readDigits('test');
  const kernels = new Module(readFileSync('build/wasm/kernels.wasm'));
  const executor = createExecutor(graph, kernels);
  const digit = graph.slots.find(({ name }) => name === 'class')!.slot;
  let right = 0;
  for (let i = 0; i < digits.count; i++) {
    executor.load({}, [digits.image(i)]);
    for (const call of graph.program) if (call.kind === 'call') executor.call(call, 0);
    if (executor.bytes(digit)[0] === digits.label(i)) right++;
  }
  return { right, count: digits.count };
}

const options = new Command('train')
  .description('trains the digit classifier on MNIST (about a minute)')
  .option('--check', 'write nothing; fail if training does not give the committed file')
  .option('--json', 'print one line of JSON at the end')
  .parse()
  .opts<{ check?: boolean; json?: boolean }>();

const started = Date.now();
const log = options.json ? () => {} : console.log;
const graph = perceptronGraph(train(log));
const file = writeBundle(graph);
const { right, count } = accuracy(graph);
const result = {
  file: FILE,
  bytes: file.length,
  accuracy: right / count,
  ms: Date.now() - started,
};
if (options.check) {
  if (!readFileSync(FILE).equals(file)) {
    console.error(`${FILE} is not what training gives: run npm run train and commit the file`);
    process.exit(1);
  }
} else writeFileSync(FILE, file);
if (options.json) console.log(JSON.stringify(result));
else {
  const percent = ((100 * right) / count).toFixed(2);
  console.log(
    `${FILE}: ${file.length} bytes, ${right} of ${count} test images right (${percent} %)`,
  );
}
