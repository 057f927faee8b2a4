import { describe, expect, test } from 'vitest';
import { attacks, griefing, honestNet, securedPerBond } from '../../economics/attacks.ts';
import { dearestProve, movesAt, readGas } from '../../economics/gas.ts';
import { PRICES } from '../../economics/report.ts';
import {
  covered,
  DEFAULT_OFFER,
  ether,
  leastOffer,
  longestGame,
  MOST_MOVES,
  places,
} from '../../economics/terms.ts';

const gas = readGas();

describe('the least terms at a price of gas', () => {
  test.each(PRICES)('do what they are for up to it: %i gwei', (price) => {
    const offer = leastOffer(gas, price, 16);
    for (const limit of Object.values(covered(gas, offer))) {
      expect(limit).toBeGreaterThanOrEqual(price * (1 - 1e-9));
    }
    expect(places(offer)).toBeGreaterThanOrEqual(1);
    // What the registry asks for.
    expect(offer.challengeBond).toBeGreaterThanOrEqual(2 * MOST_MOVES * offer.repayment);
    expect(offer.claimBond).toBeGreaterThanOrEqual(8 * MOST_MOVES * offer.repayment * (1 - 1e-9));
  });

  test.each(PRICES)('leave no attack on an honest party profitable at %i gwei', (price) => {
    for (const attack of attacks(gas, leastOffer(gas, price, 16), price)) {
      expect(attack.attackerLoses, attack.name).toBeGreaterThan(0);
      // Two kinds end an honest party below where it began: a challenge that finds no repaid place, at far less than what the liar
      // loses, and an answer to a demand that comes second, at less.
      if (attack.name.includes('just before')) expect(griefing(attack)).toBeLessThan(1);
      else if (attack.name.startsWith('the same, ')) expect(griefing(attack)).toBeLessThan(0.2);
      else expect(honestNet(attack), attack.name).toBeGreaterThanOrEqual(-1e-12);
    }
  });
});

test('a longest game has every move that limits allow', () => {
  const moves = movesAt(gas, 16);
  const { challenger, submitter } = longestGame(gas, moves);
  expect(challenger).toBe(moves.challenge + 26 * moves.select);
  expect(submitter).toBe(25 * moves.dissect + moves.descend + dearestProve(gas, moves));
  expect(challenger).toBeGreaterThan(moves.gameOfChallenger);
});

test('a claim that a liar expects to survive half the time secures half its bond', () => {
  expect(securedPerBond(0.5)).toBe(0.5);
});

test('gas is paid in ether', () => {
  expect(ether(1_000_000, 25)).toBeCloseTo(0.025, 12);
});

test('figures are asked for by a k that was measured', () => {
  expect(() => movesAt(gas, 17)).toThrow(/no gas figures for k = 17/);
  expect(movesAt(gas, DEFAULT_OFFER.k).challenge).toBeGreaterThan(21_000);
});
