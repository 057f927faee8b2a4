/** A short piece of `npm run fuzz`, the same on every run: V8 and the machine on random modules, single steps verified. */
import { expect, test } from 'vitest';
import { OPCODE_COUNT } from '../../scripts/fuzz/coverage.ts';
import { ModuleFuzzer } from '../../scripts/fuzz/modules.ts';
import { interpreterModule } from '../support/wasm.ts';

const MODULES = 40;

test('random modules end alike in V8 and in the machine, and their steps are proven', async () => {
  const fuzzer = new ModuleFuzzer({
    seed: 20_000,
    interpreter: interpreterModule(),
    third: undefined,
    batch: undefined,
    samples: 21,
    arbiterSamples: 0,
    bulk: true,
    binaryen: false,
    folder: 'build/fuzz/slice',
  });
  await fuzzer.run(() => fuzzer.total >= MODULES || fuzzer.failures.length > 0);
  expect(fuzzer.failures).toEqual([]);
  expect([...fuzzer.refused]).toEqual([]);
  // Modules that all trapped at once, or that did the same things, would test little.
  const { ends, coverage, sampled } = fuzzer;
  expect(ends.done).toBeGreaterThan(2 * ends.trap);
  expect(ends.trap).toBeGreaterThan(10);
  expect(fuzzer.traps.size).toBeGreaterThan(1);
  expect(coverage.count(coverage.executed)).toBeGreaterThan(0.95 * OPCODE_COUNT);
  expect(coverage.count(coverage.sampled)).toBeGreaterThan(0.7 * OPCODE_COUNT);
  expect(sampled).toBeGreaterThan(300);
});
