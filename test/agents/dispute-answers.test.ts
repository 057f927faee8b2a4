import { describe, expect, test } from 'vitest';
import {
  type DisputeState,
  type GameFacts,
  initialDispute,
  nextLook,
  REPEAT_AFTER_MS,
  reduceDispute,
} from '../../durable-objects/dispute.reducer.ts';

const NOW = 1_000_000;
const facts: GameFacts = {
  ...{ gameId: '0x91', position: 'p', turn: 0, deadline: NOW + 60_000, since: NOW },
  ...{ resolved: false, moot: false, answered: false, isLastStep: false },
};

function actions(role: DisputeState['role'], change: Partial<GameFacts>, now = NOW) {
  const event = { type: 'chain', role, facts: { ...facts, ...change } } as const;
  const { effects, state } = reduceDispute(initialDispute, event, now);
  return { actions: effects.map(({ action }) => action), next: nextLook(state, now, 100) };
}

describe('a position that the submitter has answered in another game', () => {
  test('is answered by the submitter at once, without computing anything', () => {
    expect(actions('submitter', { answered: true }).actions).toEqual(['repeat']);
  });

  test('is answered by the challenger if the submitter takes its time', () => {
    const early = actions('challenger', { answered: true });
    expect(early).toEqual({ actions: [], next: NOW + REPEAT_AFTER_MS });
    const late = actions('challenger', { answered: true }, NOW + REPEAT_AFTER_MS);
    expect(late.actions).toEqual(['repeat']);
  });

  test('is none of the business of others', () => {
    expect(actions('none', { answered: true }, NOW + REPEAT_AFTER_MS).actions).toEqual([]);
  });
});

describe('a game whose claim fell otherwise', () => {
  test('is settled by its challenger, whosever move it was', () => {
    for (const turn of [0, 1] as const) {
      expect(actions('challenger', { moot: true, turn }).actions).toEqual(['settle']);
    }
  });

  test('is over for its submitter, even after its clock', () => {
    expect(actions('submitter', { moot: true }, NOW + 100_000)).toEqual({
      actions: [],
      next: undefined,
    });
  });
});

test('a clock that has run out is reported by the other side, not moved on', () => {
  const late = facts.deadline + 5_000;
  expect(actions('challenger', {}, late).actions).toEqual(['timeout']);
  expect(actions('challenger', { turn: 1 }, late).actions).toEqual(['move']);
});
