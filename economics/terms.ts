/** What an offer's bonds must be, from what moves cost. Amounts in ether, prices of gas in gwei. */
import { formatEther } from 'viem';
import { DEFAULT_TERMS } from '../chain/terms.ts';
import { dearestProve, type GasFigures, type MoveGas, movesAt } from './gas.ts';

/** contracts/src/Limits.sol: moves of one challenger in one game at most. */
export const MOST_MOVES = 30;
/** Shares of bonds (contracts/src/Games.sol, Claims.sol): one part in so many. */
export const CALLER_SHARE = 20;
export const CONCEDED_CLAIM_SHARE = 8;
export const CONCEDED_CHALLENGE_SHARE = 2;
export const REPAYMENT_SHARE = 8;

/** Ether that so much gas costs. */
export const ether = (gas: number, price: number): number => gas * price * 1e-9;

export interface Offer {
  readonly k: number;
  /** Seconds. */
  readonly window: number;
  readonly clock: number;
  readonly increment: number;
  readonly descentIncrement: number;
  readonly claimBond: number;
  readonly challengeBond: number;
  readonly repayment: number;
}

/** The terms that the page's numbers are for. */
export const DEFAULT_OFFER: Offer = {
  k: 16,
  window: DEFAULT_TERMS.window,
  clock: DEFAULT_TERMS.clock,
  increment: DEFAULT_TERMS.increment,
  descentIncrement: DEFAULT_TERMS.descentIncrement,
  claimBond: Number(formatEther(DEFAULT_TERMS.claimBond)),
  challengeBond: Number(formatEther(DEFAULT_TERMS.challengeBond)),
  repayment: Number(formatEther(DEFAULT_TERMS.repayment)),
};

/** Gas of the longest game that limits allow. */
export interface LongestGame {
  readonly challenger: number;
  readonly submitter: number;
}

/** 14 selections in the graph and 12 in the machine, of which the descent answers the first; then the dearest `prove`. */
export function longestGame(gas: GasFigures, moves: MoveGas): LongestGame {
  const selections = MOST_MOVES - 1;
  return {
    challenger: moves.challenge + selections * moves.select,
    submitter: (selections - 1) * moves.dissect + moves.descend + dearestProve(gas, moves),
  };
}

/** The price of gas, in gwei, up to which each amount does what it is for. */
export interface Covered {
  /** A moot game of one move: the challenge, and fetching it by `settle`. The hardest, since the challenge is the dearest move. */
  readonly oneMove: number;
  /** A moot game of as many moves as there can be. */
  readonly allMoves: number;
  /** What a submitter keeps of a bond whose challenger concedes before the last move of the longest game. */
  readonly longestGame: number;
  /** The same in a game about 10^9 steps. */
  readonly usualGame: number;
  /** What a winner gets at least, for the longest game and the dearest `prove`. */
  readonly winner: number;
}

/** Of a fallen claim's bond, what its winner gets at least: half is burned, an eighth repays others, and an eighth goes back to who
 * concedes (or a twentieth to the caller of a timeout). */
export const WINNER_PART = 1 - 1 / 2 - 1 / REPAYMENT_SHARE - 1 / CONCEDED_CLAIM_SHARE;

export function covered(gas: GasFigures, offer: Offer): Covered {
  const moves = movesAt(gas, offer.k);
  const longest = longestGame(gas, moves);
  const kept = offer.challengeBond / CONCEDED_CHALLENGE_SHARE;
  const price = (amount: number, used: number): number => (amount / used) * 1e9;
  return {
    oneMove: price(offer.repayment, moves.challenge + moves.settle),
    allMoves: price(offer.repayment * MOST_MOVES, longest.challenger + moves.settle),
    longestGame: price(kept, longest.submitter),
    usualGame: price(kept, moves.gameOfSubmitter + dearestProve(gas, moves)),
    winner: price(offer.claimBond * WINNER_PART, longest.challenger + dearestProve(gas, moves)),
  };
}

/** The least amounts that do all of it at a price. */
export function leastOffer(gas: GasFigures, price: number, k: number): Offer {
  const moves = movesAt(gas, k);
  const longest = longestGame(gas, moves);
  const repayment = ether(moves.challenge + moves.settle, price);
  const reserve = repayment * MOST_MOVES;
  const challengeBond = Math.max(
    CONCEDED_CHALLENGE_SHARE * ether(longest.submitter, price),
    // Registry's own bound.
    2 * reserve,
  );
  const winner = ether(longest.challenger + dearestProve(gas, moves), price) / WINNER_PART;
  return {
    ...DEFAULT_OFFER,
    k,
    repayment,
    challengeBond,
    claimBond: Math.max(REPAYMENT_SHARE * reserve, winner),
  };
}

/** Games whose moves a claim's bond is sure to repay at one time. */
export const places = (offer: Offer): number =>
  Math.floor(offer.claimBond / REPAYMENT_SHARE / (offer.repayment * MOST_MOVES) + 1e-9);
