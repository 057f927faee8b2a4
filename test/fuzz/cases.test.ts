/** Every kept case, as the fuzzer found and reduced it: V8 and the machine agree, and every kind of step is proven. */
import { expect, test } from 'vitest';
import { readCases } from '../../scripts/fuzz/cases.ts';
import { judge, wrongStep } from '../../scripts/fuzz/compare.ts';
import { createMachine } from '../../vm/machine.ts';
import { interpreterModule } from '../support/wasm.ts';

test.each(readCases().map((kept) => [kept.name, kept.about, kept] as const))(
  '%s: %s',
  async (_name, _about, kept) => {
    const machine = createMachine(interpreterModule(), { maxMemoryBytes: 2 ** 28 });
    const { mismatches, undecided, guestMachine } = await judge(kept, { machine });
    expect(mismatches).toEqual([]);
    expect(undecided).toBe(0);
    for (const run of kept.runs) expect(wrongStep(guestMachine, run)).toBeUndefined();
  },
);
