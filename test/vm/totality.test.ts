import { describe, expect, test } from 'vitest';
import { OPCODES } from '../../vm/opcodes.ts';
import { Explorer, type Rule, type Step } from '../support/totality/explorer.ts';
import { interpreterModule } from '../support/wasm.ts';

/** The first steps of a seed; the explorer throws at the first one on which the implementations disagree. */
function explore(seed: number, count: number, options: { deep?: boolean } = {}): Step[] {
  const steps: Step[] = [];
  for (const step of new Explorer(interpreterModule(), seed).steps(options)) {
    steps.push(step);
    if (steps.length === count) break;
  }
  return steps;
}

const tally = (steps: readonly Step[], rule: Rule): number =>
  steps.filter((step) => step.rule === rule).length;

describe('every state has one next state, the same in interpreter, witness checker and reference machine', () => {
  test.each([1, 2])(
    'random words, states and programs, seed %i',
    (seed) => {
      const steps = explore(seed, 2500);
      // Otherwise the sample would say nothing about a rule.
      for (const rule of [1, 2, 3, 4, 5, 6, 7, 8] as const) {
        expect(tally(steps, rule), `steps decided by rule ${rule}`).toBeGreaterThan(2);
      }
      expect(tally(steps, 8)).toBeGreaterThan(1000);
      const executed = new Set(steps.filter(({ rule }) => rule === 8).map(({ opcode }) => opcode));
      expect(executed.size / OPCODES.length).toBeGreaterThan(0.8);
    },
    180_000,
  );

  test('the same seed gives the same steps', () => {
    const text = (steps: readonly Step[]): string[] =>
      steps.map(({ previous, next, witness }) =>
        [previous, next, witness].map((bytes) => Buffer.from(bytes).toString('hex')).join(),
      );
    expect(text(explore(7, 50))).toEqual(text(explore(7, 50)));
    expect(text(explore(8, 50))).not.toEqual(text(explore(7, 50)));
  });
});
