import { expect, test } from 'vitest';
import { readBundle, writeBundle } from '../../models/bundle.ts';
import { fromHash, toHash } from '../../models/hash.ts';
import { ModelError } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { loadDigitClassifier } from '../../scripts/lib/models.ts';
import { verifyStep } from '../../vm/verify.ts';

const digits = readDigits('test');
const model = await loadDigitClassifier();

test('at least 97 of 100 of the test images are right', async () => {
  let right = 0;
  for (let i = 0; i < digits.count; i++) {
    const { outputs } = await model.run([digits.image(i)]);
    if ((outputs[1] as Uint8Array)[0] === digits.label(i)) right++;
  }
  expect(digits.count).toBe(10_000);
  expect(right).toBeGreaterThanOrEqual(9700);
});

test('native kernels and the machine leave the same roots at every operator', async () => {
  for (const index of [0, 7, 4711]) {
    const trace = await model.trace([digits.image(index)]);
    for (let g = 0; g < model.graph.program.length; g++) {
      const run = await trace.machine(g);
      const descent = await trace.descent(g);
      const halted = new Uint8Array(33);
      halted[0] = 2;
      halted.set(fromHash(descent.outputRoot), 1);
      const { keccak256 } = await import('../../models/hash.ts');
      expect(run.end, `operator ${g}`).toBe(toHash(keccak256(halted)));
    }
  }
});

test('steps of every operator have witnesses from hash to hash', async () => {
  const trace = await model.trace([digits.image(1)]);
  const codeRoot = fromHash(model.registration.image.codeRoot);
  for (let g = 0; g < model.graph.program.length; g++) {
    const run = await trace.machine(g);
    for (let i = 0; i < 8; i++) {
      const position = Math.floor(((run.length - 1) * i) / 7);
      const step = verifyStep(codeRoot, position, await run.witness(position));
      const [previous, next] = await run.hashes([position, position + 1]);
      expect(toHash(step.previous)).toBe(previous);
      expect(toHash(step.next)).toBe(next);
    }
  }
});

test('two traces of one model do not disturb each other', async () => {
  const [x, y] = [digits.image(2), digits.image(3)];
  const alone = [await model.trace([x]), await model.trace([y])];
  const positions = [0, 1, 2, 3, 4, 5, 6, 7];
  const wanted = [await alone[0]!.graphHashes(positions), await alone[1]!.graphHashes(positions)];
  const [first, second] = [await model.trace([x]), await model.trace([y])];
  const together = await Promise.all([
    first.graphHashes(positions),
    second.graphHashes(positions),
    model.run([digits.image(4)]),
  ]);
  expect(together.slice(0, 2)).toEqual(wanted);
  const machines = await Promise.all([first.machine(1), second.machine(1), first.descent(3)]);
  expect(machines[0].end).not.toBe(machines[1].end);
});

test.each([
  [[new Uint8Array(783)], /783 bytes/],
  [[], /0 inputs/],
  [[new Uint8Array(784), new Uint8Array(1)], /2 inputs/],
])('inputs that are not the model’s are refused', async (inputs, message) => {
  await expect(model.run(inputs)).rejects.toThrow(message);
  await expect(model.trace(inputs)).rejects.toThrow(ModelError);
});

test('iterations beyond the maximum are refused', async () => {
  const inputs = [digits.image(0)];
  await expect(model.run(inputs, { iterations: 2 })).rejects.toThrow(/2 iterations/);
});

test('a model file is canonical and every cut of it is refused', () => {
  const file = writeBundle(model.graph);
  expect(Buffer.compare(writeBundle(readBundle(file)), file)).toBe(0);
  for (const length of [0, 8, 15, 16, 100, file.length - 1]) {
    expect(() => readBundle(file.subarray(0, length)), `${length}`).toThrow(ModelError);
  }
  const longer = new Uint8Array(file.length + 1);
  longer.set(file);
  expect(() => readBundle(longer)).toThrow(ModelError);
});
