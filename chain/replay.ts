/** What the logs of a claim tell of it: every game, move, demand and payment. Pure; chain/logs.ts reads the logs. */
import type { Address, Hex } from 'viem';
import type { Hash } from '../models/types.ts';
import { type ClaimStatus, type DemandStatus, replayClaim } from './claim.ts';
import { type ChainGameStatus, type GameEvent, replayGames } from './game.ts';

/** An event of one of the contracts with what its transaction cost, in the order of the chain. */
export interface ReplayEvent extends GameEvent {
  readonly contract: 'pinpoint' | 'demands';
  readonly block: number;
  readonly logIndex: number;
  readonly txHash: Hex;
  /** Of the whole transaction. */
  readonly gasUsed: number;
  /** Who sent it, and paid for its gas. */
  readonly from: Address;
}

/** Where and when something was done, by whom and at what price. */
export interface Act {
  readonly by: Address;
  readonly at: number;
  readonly gasUsed: number;
  readonly block: number;
  readonly txHash: Hex;
}

export type ReplayMoveKind =
  | 'challenge'
  | 'dissect'
  | 'select'
  | 'descend'
  | 'repeat'
  | 'prove'
  | 'concede'
  | 'timeout';

export interface ReplayMove extends Act {
  readonly kind: ReplayMoveKind;
  /** 'anyone': neither side sent it. */
  readonly side: 'submitter' | 'challenger' | 'anyone';
  /** The segment after it. */
  readonly level: 'graph' | 'machine';
  readonly lo: number;
  readonly hi: number;
  /** select: the part. */
  readonly part?: number;
  /** dissect and descend: it may be repeated in other games of the claim. */
  readonly kept?: boolean;
  /** repeat: number of the game in which the answer was given. */
  readonly answerOf?: number;
  /** Seconds left after it. */
  readonly clocks: { readonly submitter: number; readonly challenger: number };
  /** Seconds since the move before it. */
  readonly took: number;
}

export interface ReplayGame {
  readonly id: Hash;
  /** Place among the claim's games, from 0. */
  readonly number: number;
  /** Which run of the claim it is about. */
  readonly run: number;
  readonly challenger: Address;
  readonly status: ChainGameStatus | 'moot';
  readonly repaid: boolean;
  readonly moves: readonly ReplayMove[];
  /** Graph step and, at the machine, step that it has come down to; undefined before. */
  readonly disputed?: { readonly graphStep: number; readonly machineStep?: number };
  /** While it is open: whose turn it is, and the Unix second in which that side's clock has run out. */
  readonly next?: { readonly turn: 'submitter' | 'challenger'; readonly deadline: number };
}

export interface ReplayDemand {
  readonly id: Hash;
  readonly kind: 'request' | 'input';
  readonly run: number;
  readonly node: number;
  readonly status: DemandStatus;
  readonly deadline: number;
  readonly made: Act;
  readonly ended?: Act;
}

/** Wei that an account was credited with, and for what. */
export interface Payment {
  readonly account: Address;
  readonly wei: bigint;
  /** Name of the event that it belongs to. */
  readonly cause: string;
  /** Number of the game, or the demand, that it belongs to. */
  readonly of?: number | Hash;
  readonly txHash: Hex;
}

export interface Replay {
  readonly id: Hash;
  readonly offer: Hash;
  readonly submitter: Address;
  readonly source: Address;
  readonly first: bigint;
  readonly runs: number;
  readonly status: ClaimStatus;
  readonly windowEnds: number;
  readonly made: Act;
  /** What felled it: a game's number, a demand's id, or 'request' for one that can't be run. */
  readonly felledBy?: number | Hash | 'request';
  readonly games: readonly ReplayGame[];
  readonly demands: readonly ReplayDemand[];
  readonly payments: readonly Payment[];
  /** Wei that nobody can ever withdraw. */
  readonly burned: bigint;
  /** Wei set aside at its fall for games that weren't decided, and what of it is still there. */
  readonly setAside: bigint;
  readonly leftAside: bigint;
  /** Gas of all transactions above, by sender. */
  readonly gas: readonly { readonly account: Address; readonly gasUsed: number }[];
}

const MOVES: Readonly<Record<string, ReplayMoveKind>> = {
  Challenged: 'challenge',
  Dissected: 'dissect',
  Selected: 'select',
  Descended: 'descend',
  Repeated: 'repeat',
  Proved: 'prove',
  Conceded: 'concede',
  TimedOut: 'timeout',
};
/** Who acted, where the event names it; else it is whose move it is. */
const ACTOR: Readonly<Record<string, string>> = {
  Repeated: 'caller',
  Proved: 'prover',
  Conceded: 'by',
  TimedOut: 'caller',
};
const SUBMITTERS_MOVES: readonly ReplayMoveKind[] = ['dissect', 'descend'];

const actOf = ({ block, from, gasUsed, timestamp: at, txHash }: ReplayEvent, by = from): Act => ({
  ...{ by, at, gasUsed, block, txHash },
});

/** The events of one claim among those of its transactions, which may have others. */
function eventsAbout(events: readonly ReplayEvent[], claimId: Hash): ReplayEvent[] {
  const parts = new Set<unknown>();
  for (const { args } of events) {
    if (args.claimId === claimId) parts.add(args.gameId ?? args.demandId);
  }
  parts.delete(undefined);
  return events.filter(
    ({ args }) => args.claimId === claimId || parts.has(args.gameId ?? args.demandId),
  );
}

/** Events with credits right after them, and those with one right before. */
const PAID_AFTER = ['Resolved', 'Fallen', 'Settled', 'Finalized', 'DemandSettled'];
const PAID_BEFORE = ['RequestShown', 'InputShown'];

/** Credits that belong to an event: `Credited` names no claim, but its place among the logs does. */
function creditsOf(events: readonly ReplayEvent[], event: ReplayEvent): ReplayEvent[] {
  const at = events.indexOf(event);
  const isCredit = (other: ReplayEvent | undefined): other is ReplayEvent =>
    other?.name === 'Credited' &&
    other.txHash === event.txHash &&
    other.contract === event.contract;
  if (PAID_BEFORE.includes(event.name)) {
    const before = events[at - 1];
    return isCredit(before) ? [before] : [];
  }
  const credits: ReplayEvent[] = [];
  for (let i = at + 1; isCredit(events[i]); i++) credits.push(events[i] as ReplayEvent);
  return credits;
}

function gamesOf(events: readonly ReplayEvent[], isFallen: boolean): ReplayGame[] {
  const moves = new Map<Hash, ReplayMove[]>();
  const givenIn = new Map<Hash, number>();
  const places = new Map<Hash, number>();
  const { games } = replayGames(events, (game, event, kept) => {
    if (!places.has(game.gameId)) places.set(game.gameId, places.size);
    if (kept) givenIn.set(kept, places.get(game.gameId) as number);
    const kind = MOVES[event.name];
    if (!kind) return;
    const { args } = event;
    const actor = ACTOR[event.name];
    const player = SUBMITTERS_MOVES.includes(kind) ? game.submitter : game.challenger;
    const by = actor ? (args[actor] as Address) : player;
    const before = moves.get(game.gameId) ?? [];
    moves.set(game.gameId, [
      ...before,
      {
        ...actOf(event as ReplayEvent, by),
        kind,
        side:
          by === game.submitter ? 'submitter' : by === game.challenger ? 'challenger' : 'anyone',
        ...{ level: game.level === 0 ? 'graph' : 'machine', lo: game.lo, hi: game.hi },
        clocks: game.clocks,
        took: event.timestamp - (before.at(-1)?.at ?? event.timestamp),
        ...(kind === 'select' ? { part: Number(args.part) } : {}),
        ...(SUBMITTERS_MOVES.includes(kind) ? { kept: kept !== undefined } : {}),
        ...(kind === 'repeat' ? { answerOf: givenIn.get(args.position as Hash) as number } : {}),
      },
    ]);
  });
  return [...games.values()].map((game): ReplayGame => {
    const { challenger, deadline, gameId, graphStep, hi, index, level, lo, repaid } = game;
    const number = places.get(gameId) as number;
    const isOpen = game.status === 'open';
    const isOne = hi - lo === 1;
    const disputed =
      level === 1
        ? { graphStep: graphStep ?? 0, ...(isOne ? { machineStep: lo } : {}) }
        : isOne
          ? { graphStep: lo }
          : undefined;
    return {
      ...{ id: gameId, number, run: index, challenger, repaid, moves: moves.get(gameId) ?? [] },
      status: isOpen && isFallen ? 'moot' : game.status,
      ...(disputed ? { disputed } : {}),
      ...(isOpen && !isFallen
        ? { next: { turn: game.turn === 0 ? 'submitter' : 'challenger', deadline } }
        : {}),
    };
  });
}

const sum = (values: readonly bigint[]): bigint => values.reduce((x, y) => x + y, 0n);

function gasBySender(events: readonly ReplayEvent[]): Replay['gas'] {
  const transactions = new Map(events.map((event) => [event.txHash, event]));
  const gas = new Map<Address, number>();
  for (const { from, gasUsed } of transactions.values()) {
    gas.set(from, (gas.get(from) ?? 0) + gasUsed);
  }
  return [...gas].map(([account, gasUsed]) => ({ account, gasUsed }));
}

/**
 * The course of a claim. `all`: events of both contracts in the transactions that concern it, ascending; undefined if the
 * claim isn't among them.
 */
export function replay(all: readonly ReplayEvent[], claimId: Hash): Replay | undefined {
  const events = eventsAbout(all, claimId);
  const claim = replayClaim(events);
  const made = events.find(({ name }) => name === 'Claimed');
  if (!claim || !made) return undefined;
  const games = gamesOf(events, claim.status === 'fallen');
  const numbers = new Map(games.map(({ id, number }) => [id, number]));
  const partOf = ({ args }: ReplayEvent): number | Hash | undefined =>
    numbers.get(args.gameId as Hash) ?? (args.demandId as Hash | undefined);

  const payments = events
    .filter(({ name }) => PAID_AFTER.includes(name) || PAID_BEFORE.includes(name))
    .flatMap((event): Payment[] => {
      const of = partOf(event);
      return creditsOf(all, event).map(({ args, txHash }) => ({
        ...{ account: args.account as Address, wei: args.amount as bigint, txHash },
        cause: event.name,
        ...(of === undefined ? {} : { of }),
      }));
    });
  const fallen = events.find(({ name }) => name === 'Fallen');
  const settled = events.filter(({ name }) => name === 'Settled');
  const setAside = (fallen?.args.toOthers as bigint | undefined) ?? 0n;
  const burnedLater = sum(settled.map(({ args }) => args.burned as bigint));
  const repayments = sum(settled.map(({ args }) => args.repayment as bigint));

  const demands = claim.demands.map((demand): ReplayDemand => {
    const { deadline, demander, id, index: run, kind, node, status } = demand;
    const own = events.filter(({ args }) => args.demandId === id);
    const [first, last] = [own[0] as ReplayEvent, own.at(-1) as ReplayEvent];
    const by = (last.args.by as Address | undefined) ?? last.from;
    return {
      ...{ id, kind, run, node, status, deadline, made: actOf(first, demander) },
      ...(status === 'open' ? {} : { ended: actOf(last, by) }),
    };
  });
  const cause = fallen?.args.cause as Hash | undefined;
  const { count, first, offer, source, submitter } = claim.claim;
  return {
    ...{ id: claim.id, offer, submitter, source, first, runs: count, status: claim.status },
    ...{ windowEnds: claim.windowEnds, made: actOf(made), games, demands, payments },
    ...(cause === undefined
      ? {}
      : { felledBy: numbers.get(cause) ?? (BigInt(cause) === 0n ? 'request' : cause) }),
    burned: ((fallen?.args.burned as bigint | undefined) ?? 0n) + burnedLater,
    setAside,
    leftAside: setAside - burnedLater - repayments,
    gas: gasBySender(events),
  };
}
