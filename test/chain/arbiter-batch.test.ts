import { expect, test } from 'vitest';
import { createArbiterBatch } from '../../scripts/lib/arbiter-batch.ts';
import { BY_NAME } from '../../vm/opcodes.ts';
import { buildWitness } from '../../vm/witness.ts';
import { casesOf } from '../support/step-cases.ts';

test('a batch of steps: what the arbiter finds wrong is reported by the step, what repeats is executed once', async () => {
  // Chunks of one step or two: what comes from several must be put together.
  const batch = createArbiterBatch({ directory: 'test', chunkBytes: 4096, threads: 2 });
  const step = casesOf(BY_NAME.get('i32.add')!).map((one) => ({
    codeRoot: one.before.code.root(),
    position: one.before.position,
    previous: one.before.hash(),
    next: one.after.hash(),
    witness: buildWitness(one.before),
  }))[0]!;
  const wrong = Uint8Array.from(step.next, (byte, i) => (i === 31 ? byte ^ 1 : byte));
  batch.add(step);
  batch.add(step);
  batch.add({ ...step, next: wrong });
  batch.add({ ...step, witness: step.witness.subarray(1) });
  batch.add({ ...step, codeRoot: wrong });
  await batch.ready();
  const { added, duplicates, executed, failed, failures } = await batch.finish();
  expect({ added, duplicates, executed, failed }).toEqual({
    added: 5,
    duplicates: 1,
    executed: 4,
    failed: 3,
  });
  expect(failures.map(({ index, reverted }) => ({ index, reverted }))).toEqual([
    { index: 2, reverted: false },
    { index: 3, reverted: true },
    { index: 4, reverted: true },
  ]);
  expect(failures[0]?.next).toEqual(step.next);
  expect(failures[0]?.previous).toEqual(step.previous);
}, 300_000);
