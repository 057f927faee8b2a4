import { describe, expect, test } from 'vitest';
import {
  type Attention,
  dearestRun,
  leastPenalty,
  leastReward,
  NO_DOUBT,
  running,
  settled,
  silence,
} from '../../economics/equilibrium.ts';
import { type Setting, simulate } from '../../economics/simulate.ts';

const attention: Attention = { odds: 0.25, reward: 1, penalty: 4, answer: 0.1 };
const costs = [0.5, 0.7, 0.9, 1.1, 1.3];
const base: Setting = {
  attention,
  costs,
  prize: 10,
  temptation: { gain: 100, loss: 50 },
  mayLeave: false,
  rounds: 8000,
  seed: 7,
};

describe('the least penalty', () => {
  const doubts = [NO_DOUBT, { prior: 0.05, prize: 3, others: 0.6 }];
  test.each(doubts)('makes running worth as much as silence: %o', (doubt) => {
    const cost = 1.2;
    const penalty = leastPenalty({ ...attention, penalty: 0 }, cost, doubt);
    expect(penalty).toBeGreaterThan(0);
    const at = { ...attention, penalty };
    expect(running(at, cost, doubt)).toBeCloseTo(silence(at, doubt), 12);
    expect(running({ ...at, penalty: penalty * 1.01 }, cost, doubt)).toBeGreaterThan(
      silence({ ...at, penalty: penalty * 1.01 }, doubt),
    );
  });

  test('is none where the reward alone pays', () => {
    expect(leastPenalty({ ...attention, reward: 10 }, 1)).toBe(0);
  });

  test('is lower where claims may be false and nobody else looks', () => {
    const doubt = { prior: 0.1, prize: 2, others: 0 };
    expect(leastPenalty(attention, 1.2, doubt)).toBeLessThan(leastPenalty(attention, 1.2));
  });
});

test('the least reward makes running worth as much as leaving', () => {
  const doubt = { prior: 0.05, prize: 3, others: 0.6 };
  const doubted = leastReward(attention, 1.2, doubt);
  expect(running({ ...attention, reward: doubted }, 1.2, doubt)).toBeCloseTo(0, 12);
  const reward = leastReward(attention, 1.2);
  expect(running({ ...attention, reward }, 1.2)).toBeCloseTo(0, 12);
  expect(dearestRun({ ...attention, reward }, true)).toBeCloseTo(1.2, 12);
});

describe('populations that learn', () => {
  test('without attention challenges, false claims stand', () => {
    const seen = simulate({ ...base, attention: { odds: 0.25, reward: 0, penalty: 0, answer: 0 } });
    expect(seen.stand).toBeGreaterThan(0.005);
  });

  test('with a penalty for everybody, all run and no false claim stands', () => {
    const penalty = 1.5 * leastPenalty(attention, 1.3);
    const seen = simulate({ ...base, attention: { ...attention, penalty } });
    expect(seen.run).toBeGreaterThan(0.95);
    expect(seen.stand).toBe(0);
  });

  test.each([1, 2, 3])('run as theory says between the thresholds (seed %i)', (seed) => {
    // Pays runs of up to 0.8.
    const at = { ...attention, penalty: 2.3 };
    expect(dearestRun(at, false)).toBeCloseTo(0.8, 12);
    const seen = simulate({ ...base, attention: at, seed });
    const theory = settled(at, costs, base.prize, base.temptation);
    expect(theory).toEqual({ run: 0.4, lies: 0, stand: 0 });
    expect(Math.abs(seen.run - theory.run)).toBeLessThan(0.08);
    expect(seen.stand).toBeLessThan(0.001);
  });

  test('who may leave does so rather than be silent', () => {
    const seen = simulate({ ...base, mayLeave: true });
    expect(seen.away).toBeGreaterThan(0.5);
    expect(seen.silent).toBeLessThan(0.02);
  });

  test('a seed decides everything', () => {
    expect(simulate(base)).toEqual(simulate(base));
    expect(simulate(base)).not.toEqual(simulate({ ...base, seed: 8 }));
  });
});
