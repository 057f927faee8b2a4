import { describe, expect, test } from 'vitest';
import {
  type ClaimEffect,
  type ClaimFacts,
  type ClaimState,
  initialClaim,
  reduceClaim,
} from '../../durable-objects/claim.reducer.ts';

const NOW = 1_000_000;
const facts: ClaimFacts = {
  ...{ claimId: '0xc1', status: 'open', runs: 1, known: 1, windowEnds: NOW + 60_000 },
  ...{ open: 0, demands: [], challenged: false, payable: { pinpoint: 0n, demands: 0n } },
};

/** What a claim comes to after the chain shows these facts and the checks these results. */
function see(
  role: ClaimState['role'],
  change: Partial<ClaimFacts>,
  results: readonly ('agrees' | 'differs' | 'unable')[] = [],
  now = NOW,
): { state: ClaimState; effects: readonly ClaimEffect[] } {
  const seen = { type: 'chain', role, facts: { ...facts, ...change } } as const;
  let step = reduceClaim(initialClaim, seen, now);
  for (const [index, result] of results.entries()) {
    expect(step.effects).toEqual([{ kind: 'run', index }]);
    const event =
      result === 'unable'
        ? ({ type: 'unable', index, reason: 'no request' } as const)
        : ({ type: 'ran', index, end: '0xe', agrees: result === 'agrees' } as const);
    step = reduceClaim(step.state, event, now);
  }
  return step;
}
const actions = (effects: readonly ClaimEffect[]) =>
  effects.map((effect) => (effect.kind === 'run' ? effect : effect.action));

describe('a verifier', () => {
  test('checks all runs of a claim and accepts it if all agree', () => {
    const { effects, state } = see('challenger', { runs: 3, known: 3 }, Array(3).fill('agrees'));
    expect([state.check.kind, effects]).toEqual(['agrees', []]);
  });

  test('challenges the first run that differs, whatever it could not check before', () => {
    const { effects } = see('challenger', { runs: 3 }, ['agrees', 'unable', 'differs']);
    expect(actions(effects)).toEqual([{ kind: 'challenge', index: 2 }]);
  });

  test('says of a claim with one run unchecked that it could not check it, and tries again when more is shown', () => {
    const { effects, state } = see('challenger', { runs: 2, known: 1 }, ['agrees', 'unable']);
    expect([state.check, effects]).toEqual([{ kind: 'unable', reason: 'no request' }, []]);
    const more = {
      type: 'chain',
      role: 'challenger',
      facts: { ...facts, runs: 2, known: 2 },
    } as const;
    expect(reduceClaim(state, more, NOW).effects).toEqual([{ kind: 'run', index: 0 }]);
    const same = { ...more, facts: { ...more.facts, known: 1 } };
    expect(reduceClaim(state, same, NOW).effects).toEqual([]);
  });

  test('challenges neither twice nor after the window', () => {
    expect(see('challenger', { challenged: true }, ['differs']).effects).toEqual([]);
    const late = see('challenger', { windowEnds: NOW }, [], NOW);
    expect(late.effects).toEqual([]);
  });
});

describe('a submitter', () => {
  test('answers the most urgent demand first, before all else', () => {
    const { effects } = see('submitter', { demands: ['0xd1', '0xd2'], open: 2 });
    expect(actions(effects)).toEqual([{ kind: 'answer', demandId: '0xd1' }]);
    expect(effects).toMatchObject([{ kind: 'submit', want: '0xc1:answer:0xd1' }]);
  });

  test.each([
    ['while a game or demand is open', { open: 1 }, 60_000 + 5_000, []],
    ['before the window has passed', {}, 59_000, []],
    ['when nothing is left', {}, 60_000 + 5_000, [{ kind: 'finalize' }]],
  ])('finalises %s', (_, change, after, wanted) => {
    expect(actions(see('submitter', change, [], NOW + after).effects)).toEqual(wanted);
  });

  test('withdraws from both contracts, one after the other', () => {
    const payable = { pinpoint: 5n, demands: 7n };
    const first = see('submitter', { status: 'finalized', payable });
    expect(actions(first.effects)).toEqual([{ kind: 'withdraw' }]);
    const second = see('submitter', { status: 'finalized', payable: { ...payable, pinpoint: 0n } });
    expect(actions(second.effects)).toEqual([{ kind: 'withdrawDemands' }]);
  });
});
