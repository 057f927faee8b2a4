import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attacks, griefing, honestNet, securedPerBond } from '../../economics/attacks.ts';
import { dearestProve, movesAt, readGas } from '../../economics/gas.ts';
import { PRICES } from '../../economics/report.ts';
import {
  CHALLENGE_MOVES,
  covered,
  DEFAULT_OFFER,
  ether,
  leastOffer,
  longestGame,
  MOST_MOVES,
  mostSelections,
  type Offer,
  places,
} from '../../economics/terms.ts';

const gas = readGas();
const { k } = DEFAULT_OFFER;

describe('the least terms at a price of gas', () => {
  test.each(PRICES)('do what they are for up to it: %i gwei', (price) => {
    const offer = leastOffer(gas, price, k);
    for (const limit of Object.values(covered(gas, offer))) {
      expect(limit).toBeGreaterThanOrEqual(price * (1 - 1e-9));
    }
    expect(places(offer)).toBeGreaterThanOrEqual(1);
    // What the registry asks for.
    expect(offer.challengeBond).toBeGreaterThanOrEqual(2 * MOST_MOVES * offer.repayment);
    expect(offer.claimBond).toBeGreaterThanOrEqual(8 * MOST_MOVES * offer.repayment * (1 - 1e-9));
  });

  test.each(PRICES)('leave no attack on an honest party profitable at %i gwei', (price) => {
    for (const attack of attacks(gas, leastOffer(gas, price, k), price)) {
      expect(attack.attackerLoses, attack.name).toBeGreaterThan(0);
      // Only a challenge that finds no repaid place ends an honest party below where it began, at far less than what the liar loses.
      if (attack.name.startsWith('the same, ')) expect(griefing(attack)).toBeLessThan(0.2);
      else expect(honestNet(attack), attack.name).toBeGreaterThanOrEqual(-1e-12);
    }
  });
});

test('the longest game at 16 parts has every move that limits allow, at more parts fewer', () => {
  expect(mostSelections(16)).toBe(MOST_MOVES - CHALLENGE_MOVES);
  expect([24, 32, 64].map(mostSelections)).toEqual([23, 21, 17]);
  const moves = movesAt(gas, 16);
  const { challenger, submitter } = longestGame(gas, 16);
  expect(challenger).toBe(moves.challenge + 26 * moves.select);
  expect(submitter).toBe(25 * moves.dissect + moves.descend + dearestProve(gas, moves));
  expect(challenger).toBeGreaterThan(moves.gameOfChallenger);
});

test('limits are those of the contracts', () => {
  const limits = readFileSync('contracts/src/Limits.sol', 'utf8');
  expect(limits).toContain(`CHALLENGE_MOVES = ${CHALLENGE_MOVES};`);
  expect(limits).toContain(`MOST_MOVES = CHALLENGE_MOVES + ${MOST_MOVES - CHALLENGE_MOVES};`);
});

describe('a liar that fells its own claim', () => {
  const by = (offer: Offer, name: RegExp) =>
    attacks(gas, offer, 25).find((attack) => name.test(attack.name))!;
  const filled = /filled with shams/;

  test('loses half the bond at least, whoever challenged', () => {
    for (const name of [/lost to oneself/, filled, /after the longest game/]) {
      expect(by(DEFAULT_OFFER, name).attackerLoses).toBeGreaterThan(DEFAULT_OFFER.claimBond / 2);
    }
  });

  test('pays more to crowd out a challenger the more places there are', () => {
    const many = { ...DEFAULT_OFFER, claimBond: 4 };
    expect(places(many)).toBe(4);
    const [one, four] = [by(DEFAULT_OFFER, filled), by(many, filled)];
    expect(four.attackerLoses - 2).toBeGreaterThan(one.attackerLoses - 0.5);
    expect(griefing(four)).toBeLessThan(griefing(one) / 4);
  });
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
