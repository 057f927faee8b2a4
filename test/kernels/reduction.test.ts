/** Errors of kernels that sum or divide, against f64. */
import { expect, test } from 'vitest';
import { createEvaluator } from '../../models/compile/evaluate.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { kernelsWasm } from '../support/wasm.ts';

const evaluator = createEvaluator(compileWasm(kernelsWasm()));

function run(kernel: string, x: Float32Array, attributes: readonly number[]): Float32Array {
  const output = new Uint8Array(4 * x.length);
  evaluator.run(kernel, [new Uint8Array(x.buffer)], attributes, output);
  return new Float32Array(output.buffer);
}

/** Rows of numbers between 0 and -`depth`, as softmax sees them. */
const COLUMNS = 64;
const ROWS = 512;
const logits = (depth: number): Float32Array =>
  Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => depth * (Math.sin(i * i * 1.7) - 1));

/** e^x / sum and its logarithm, in f64. */
function reference(x: Float32Array): { y: number; log: number }[] {
  return Array.from({ length: ROWS }, (_, i) => {
    const row = [...x.subarray(i * COLUMNS, (i + 1) * COLUMNS)];
    const sum = row.reduce((all, value) => all + Math.exp(value), 0);
    return row.map((value) => ({ y: Math.exp(value) / sum, log: value - Math.log(sum) }));
  }).flat();
}

/** The rounded difference to the largest is off by half an ulp of itself, and its exponential by as much more. */
test.each([0.5, 4, 20])(
  'softmax of numbers down to minus twice %s is within 4 ulp and that',
  (depth) => {
    const x = logits(depth);
    const expected = reference(x);
    run('softmaxRows', x, [ROWS, COLUMNS, 0, ROWS]).forEach((value, i) => {
      expect(Math.abs(value / expected[i]!.y - 1), `element ${i}`).toBeLessThan(
        (4 + depth) * 2 ** -23,
      );
    });
    run('logSoftmaxRows', x, [ROWS, COLUMNS, 0, ROWS]).forEach((value, i) => {
      const bound = 4 * 2 ** -24 * Math.max(1, Math.abs(expected[i]!.log));
      expect(Math.abs(value - expected[i]!.log), `element ${i}`).toBeLessThan(bound);
    });
  },
);

test('what lies more than 87 below the largest is 0, and minus infinities too', () => {
  const x = Float32Array.of(0, -86.9, -87.1, Number.NEGATIVE_INFINITY, 0);
  const [first, small, ...zeros] = run('softmaxRows', x, [1, 5, 0, 1]);
  expect(first).toBe(0.5);
  expect(small! / (Math.exp(-86.9) / 2) - 1).toBeLessThan(1e-5);
  expect(small).toBeGreaterThan(0);
  expect(zeros).toEqual([0, 0, 0.5]);
});

test.each([
  ['a NaN', Float32Array.of(1, Number.NaN, 3, 4, 5, 6, 7, 8, 9)],
  ['an infinity', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, Number.POSITIVE_INFINITY)],
  ['nothing but minus infinities', new Float32Array(9).fill(Number.NEGATIVE_INFINITY)],
])('a row with %s is no number throughout', (_, x) => {
  const y = run('softmaxRows', x, [1, 9, 0, 1]);
  expect(new Uint32Array(y.buffer)).toEqual(new Uint32Array(9).fill(0x7fc00000));
});
