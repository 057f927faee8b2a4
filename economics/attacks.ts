/** What attacks cost who makes them and whom they are aimed at. Amounts in ether, prices of gas in gwei. */
import { dearestProve, type GasFigures, movesAt } from './gas.ts';
import {
  CHALLENGE_MOVES,
  CONCEDED_CHALLENGE_SHARE,
  ether,
  longestGame,
  MOST_MOVES,
  mostSelections,
  type Offer,
  places,
  WINNER_PART,
} from './terms.ts';

export interface Attack {
  readonly name: string;
  /** What the attacker ends below where it began, gas included. */
  readonly attackerLoses: number;
  /** What the honest party pays for gas. */
  readonly honestPays: number;
  /** What it gets beyond its own bond. */
  readonly honestGets: number;
}

export const honestNet = ({ honestGets, honestPays }: Attack): number => honestGets - honestPays;

/** Ether that the honest party loses for each that the attacker does; 0 if it loses nothing. */
export const griefing = (attack: Attack): number =>
  Math.max(0, -honestNet(attack)) / attack.attackerLoses;

/** The honest party moves whenever it must, and nobody is censored. */
export function attacks(gas: GasFigures, offer: Offer, price: number): Attack[] {
  const moves = movesAt(gas, offer.k);
  const longest = longestGame(gas, offer.k);
  const paid = (used: number): number => ether(used, price);
  const halfBond = offer.challengeBond / CONCEDED_CHALLENGE_SHARE;
  const reserve = offer.repayment * MOST_MOVES;
  const repaid = offer.repayment * CHALLENGE_MOVES;
  // Challenger and submitter are one: the bond less what is burned comes back to it, but for what is set aside for others.
  const selfFall = offer.claimBond / 2;
  const own = paid(moves.claim + moves.challenge + moves.concede);
  const challenged = paid(moves.challenge + moves.settle);
  // Shams in every repaid place. One of them is lost to in the end, and nothing is set aside for the winner's own game.
  const shams = places(offer) - 1;
  const crowding = selfFall + own + shams * (reserve - repaid + challenged);
  return [
    {
      name: 'a challenge conceded at once',
      attackerLoses: halfBond + paid(moves.challenge + moves.concede),
      honestPays: 0,
      honestGets: halfBond,
    },
    {
      name: 'a challenge conceded before the last move, 10^9 steps',
      attackerLoses: halfBond + paid(moves.gameOfChallenger + moves.concede),
      honestPays: paid(moves.gameOfSubmitter),
      honestGets: halfBond,
    },
    {
      name: 'the same in the longest game',
      attackerLoses: halfBond + paid(longest.challenger + moves.concede),
      honestPays: paid(longest.submitter - dearestProve(gas, moves)),
      honestGets: halfBond,
    },
    {
      name: 'a challenge played to the end, longest game',
      attackerLoses: offer.challengeBond + paid(longest.challenger),
      honestPays: paid(longest.submitter),
      honestGets: offer.challengeBond,
    },
    {
      name: 'a false claim, defended to the end',
      attackerLoses: offer.claimBond + paid(moves.claim + longest.submitter),
      honestPays: paid(longest.challenger + dearestProve(gas, moves)),
      honestGets: offer.claimBond * WINNER_PART,
    },
    {
      name: 'a false claim lost to oneself after one honest challenge',
      attackerLoses: selfFall + reserve + own,
      honestPays: challenged,
      honestGets: repaid,
    },
    {
      name: 'the same, its repaid places filled with shams',
      attackerLoses: crowding,
      honestPays: challenged,
      honestGets: 0,
    },
    {
      name: 'the same, after the longest game',
      attackerLoses: crowding + paid(longest.submitter - dearestProve(gas, moves)),
      honestPays: paid(longest.challenger + moves.settle),
      honestGets: 0,
    },
    {
      name: 'a demand for 16 KiB of a true claim',
      attackerLoses: offer.challengeBond + paid(moves.demandInput),
      honestPays: paid(moves.showInput),
      honestGets: offer.challengeBond,
    },
  ];
}

/** Seconds by which one sham challenge can delay a claim beyond its window: what its player may think in all. */
export const longestDelay = (offer: Offer): number =>
  offer.clock + mostSelections(offer.k) * offer.increment + offer.descentIncrement;

/** Ether that such a delay costs. More games at the same time delay no longer. */
export function delayCost(gas: GasFigures, offer: Offer, price: number): number {
  return (
    offer.challengeBond / CONCEDED_CHALLENGE_SHARE +
    ether(longestGame(gas, offer.k).challenger + movesAt(gas, offer.k).concede, price)
  );
}

/** Value that a claim may secure, in its bonds, if a false one goes unchallenged with this probability: less than what it costs the
 * liar on average, who fells it itself as soon as somebody challenges. */
export const securedPerBond = (unchallenged: number): number =>
  (1 - unchallenged) / unchallenged / 2;
