import { expect, test } from 'vitest';
import { verifyStep } from '../../vm/verify.ts';
import { buildWitness } from '../../vm/witness.ts';
import { boundaryCases } from '../support/boundary-cases.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('steps at the ends of slots, code and memory are proved by their witnesses', () => {
  const cases = boundaryCases();
  expect(cases.length).toBeGreaterThan(300);
  for (const { name, before, after } of cases) {
    const { previous, next } = verifyStep(
      before.code.root(),
      before.position,
      buildWitness(before),
    );
    expect(`${name}: ${hex(previous)}`).toBe(`${name}: ${hex(before.hash())}`);
    expect(`${name}: ${hex(next)}`).toBe(`${name}: ${hex(after.hash())}`);
  }
});
