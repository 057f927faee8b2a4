import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importFile } from '../../models/import/index.ts';
import { runNatively } from '../support/run-network.ts';

const FOLDER = '../shared/testdata/models/abalone-tfjs';
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: ${FOLDER} is not there`);

/** The three layers in f64, straight from the file: kernels [in, out] and biases, one after another. */
function predicted(weights: Float32Array, input: readonly number[]): number[] {
  let at = 0;
  const dense = (x: readonly number[], units: number, f: (v: number) => number): number[] => {
    const kernel = weights.subarray(at, at + x.length * units);
    const bias = weights.subarray(at + kernel.length, at + kernel.length + units);
    at += kernel.length + units;
    return Array.from(bias, (b, i) =>
      f(x.reduce((sum, value, k) => sum + value * kernel[k * units + i]!, b)),
    );
  };
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  return dense(dense(dense(input, 50, sigmoid), 50, sigmoid), 1, (v) => v);
}

describe.skipIf(!isThere)('the abalone network of TensorFlow.js', () => {
  const files = ['model.json', 'weights.bin'].map((name): [string, Uint8Array] => [
    `abalone/${name}`,
    isThere ? new Uint8Array(readFileSync(`${FOLDER}/${name}`)) : new Uint8Array(0),
  ]);

  test('tells the age that its weights tell', async () => {
    const { format, network } = importFile(new Map(files));
    expect(format).toBe('TensorFlow.js');
    const weights = new Float32Array(files[1]![1].slice().buffer);
    for (const input of [
      [1, 0.455, 0.365, 0.095, 0.514, 0.2245, 0.101, 0.15],
      [0, 0.53, 0.42, 0.135, 0.677, 0.2565, 0.1415, 0.21],
      [-3, 2, -1, 4, 0, 0.5, 8, -2],
    ]) {
      const x = Float32Array.from(input);
      const [age] = await runNatively(network, [x]);
      expect(Math.abs(age! - predicted(weights, [...x])[0]!)).toBeLessThan(1e-4);
    }
  });
});
