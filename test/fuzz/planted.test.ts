/** The fuzzer itself: a machine with one wrong instruction is found out, and what shows it is made small. */
import { expect, test } from 'vitest';
import { build, judge, type Subject } from '../../scripts/fuzz/compare.ts';
import { decodedOpcode, instructionCount } from '../../scripts/fuzz/guest.ts';
import { replaceOpcode } from '../../scripts/fuzz/plant.ts';
import { Random } from '../../scripts/fuzz/random.ts';
import { reduce } from '../../scripts/fuzz/reduce.ts';
import { generate, subjectOf } from '../../scripts/fuzz/subjects.ts';
import { createDecks } from '../../scripts/fuzz/sweep.ts';
import { createMachine } from '../../vm/machine.ts';
import { BY_NAME, type Opcode } from '../../vm/opcodes.ts';
import { interpreterModule } from '../support/wasm.ts';

/** Instructions of the reduced module, those included that call the function and look at its result. */
const SMALL = 40;
const MODULES = 60;

test.each([
  ['f32x4.min', 'f32x4.max'],
  ['i64.extend16_s', 'i64.extend8_s'],
])(
  'a machine that executes %s as %s is found out',
  async (from, to) => {
    const machine = createMachine(interpreterModule(), { maxMemoryBytes: 2 ** 28 });
    const change = replaceOpcode(from, to);
    const fails = async (subject: Subject): Promise<boolean> =>
      (await judge(build(subject), { machine, change })).mismatches.length > 0;
    const decks = createDecks();
    let found: Subject | undefined;
    for (let seed = 0; seed < MODULES && !found; seed++) {
      const subject = subjectOf(
        generate('sweep', new Random(seed), decks, true),
        new Random(seed),
        3,
      );
      if (subject && (await fails(subject))) found = subject;
    }
    if (!found) throw new Error(`no module of ${MODULES} shows it`);
    const small = await reduce(found, { fails, milliseconds: 250_000 });
    expect(await fails(small)).toBe(true);
    // Without the fault nothing is left to find.
    expect((await judge(build(small), { machine })).mismatches).toEqual([]);
    expect(instructionCount(small.guest)).toBeLessThan(SMALL);
    const all = small.guest.functions.flatMap(({ body }) => body.map(({ opcode }) => opcode));
    expect(all).toContain(decodedOpcode(BY_NAME.get(from) as Opcode));
  },
  300_000,
);
