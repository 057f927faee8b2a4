/** What an offer's bonds must be, from what moves cost. Amounts in ether, prices of gas in gwei. */
import { formatEther } from 'viem';
import { DEFAULT_PARAMETERS } from '../chain/deploy.ts';
import { DEFAULT_TERMS } from '../chain/terms.ts';
import { dearestProve, type GasFigures, movesAt } from './gas.ts';

/** contracts/src/Limits.sol: what a challenge counts among its challenger's moves, and how many moves a game can have at most. */
export const CHALLENGE_MOVES = 4;
export const MOST_MOVES = CHALLENGE_MOVES + 26;
/** Steps of the longest graph, its last one included, and of the machine's longest run. */
const LONGEST_GRAPH = 2 ** 52 + 1;
const LONGEST_RUN = 2 ** 48;
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
  k: Number(DEFAULT_PARAMETERS.k),
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

/** Selections until one of so many steps is left. */
function selectionsIn(steps: number, k: number): number {
  let selections = 0;
  for (let left = steps; left > 1; left = Math.ceil(left / k)) selections++;
  return selections;
}

/** Selections of the longest game, in the graph and in the machine. */
export const mostSelections = (k: number): number =>
  selectionsIn(LONGEST_GRAPH, k) + selectionsIn(LONGEST_RUN, k);

/** Every selection is of a dissection, one of which comes with the descent; then the dearest `prove`. */
export function longestGame(gas: GasFigures, k: number): LongestGame {
  const moves = movesAt(gas, k);
  const selections = mostSelections(k);
  return {
    challenger: moves.challenge + selections * moves.select,
    submitter: (selections - 1) * moves.dissect + moves.descend + dearestProve(gas, moves),
  };
}

/** The price of gas, in gwei, up to which each amount does what it is for. */
export interface Covered {
  /** A challenge, and fetching what it is repaid with by `settle`. */
  readonly challenge: number;
  readonly selection: number;
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
  const longest = longestGame(gas, offer.k);
  const kept = offer.challengeBond / CONCEDED_CHALLENGE_SHARE;
  const price = (amount: number, used: number): number => (amount / used) * 1e9;
  return {
    challenge: price(CHALLENGE_MOVES * offer.repayment, moves.challenge + moves.settle),
    selection: price(offer.repayment, moves.select),
    longestGame: price(kept, longest.submitter),
    usualGame: price(kept, moves.gameOfSubmitter + dearestProve(gas, moves)),
    winner: price(offer.claimBond * WINNER_PART, longest.challenger + dearestProve(gas, moves)),
  };
}

/** The least amounts that do all of it at a price. */
export function leastOffer(gas: GasFigures, price: number, k: number): Offer {
  const moves = movesAt(gas, k);
  const longest = longestGame(gas, k);
  const repayment = ether(
    Math.max((moves.challenge + moves.settle) / CHALLENGE_MOVES, moves.select),
    price,
  );
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
