/** Games rebuilt from the contract's events. */
import type { Address } from 'viem';
import type { Hash } from '../models/types.ts';
import { type GameView, partEnds } from '../strategy/types.ts';

export type ChainGameStatus = 'open' | 'submitter_won' | 'challenger_won' | 'settled';

/** A game with what calldata and clocks need beside the view. */
export interface ChainGame extends GameView {
  readonly submitter: Address;
  readonly challenger: Address;
  /** Games of the claim opened before it. */
  readonly number: number;
  readonly status: ChainGameStatus;
  /** Root of the machine's code; zero at level 0. */
  readonly codeRoot: Hash;
  /** Seconds each side had left after the last move. */
  readonly clocks: { readonly submitter: number; readonly challenger: number };
  /** Unix seconds from which the clock of the side whose turn it is has run out. */
  readonly deadline: number;
}

/** An event of the contract: decoded arguments and its block's time in Unix seconds. */
export interface GameEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timestamp: number;
}

export const ZERO_HASH: Hash = `0x${'00'.repeat(32)}`;

type Arguments = Readonly<Record<string, unknown>>;
const number = (args: Arguments, name: string): number => Number(args[name]);
const hash = (args: Arguments, name: string): Hash => args[name] as Hash;
const hashes = (args: Arguments): Hash[] => [...((args.hashes ?? []) as Hash[])];

function clocksAfter(args: Arguments, turn: 0 | 1, timestamp: number) {
  const clocks = {
    submitter: number(args, 'submitterClock'),
    challenger: number(args, 'challengerClock'),
  };
  return { clocks, deadline: timestamp + (turn === 0 ? clocks.submitter : clocks.challenger) };
}

function opened({ args, timestamp }: GameEvent): ChainGame {
  return {
    gameId: hash(args, 'gameId'),
    claimId: hash(args, 'claimId'),
    level: 0,
    turn: 0,
    lo: 0,
    hi: number(args, 'length'),
    loHash: hash(args, 'start'),
    hiHash: hash(args, 'end'),
    dissection: [],
    submitter: args.submitter as Address,
    challenger: args.challenger as Address,
    number: number(args, 'number'),
    status: 'open',
    codeRoot: ZERO_HASH,
    ...clocksAfter(args, 0, timestamp),
  };
}

function descended(game: ChainGame, { args, timestamp }: GameEvent): ChainGame {
  const graphStep = number(args, 'graphStep');
  const steps = number(args, 'steps');
  if (steps === 0) return { ...game, graphStep, ...clocksAfter(args, game.turn, timestamp) };
  const turn = steps === 1 ? 0 : 1;
  const hiHash = hash(args, 'end');
  return {
    ...game,
    level: 1,
    turn,
    lo: 0,
    hi: steps,
    loHash: hash(args, 'start'),
    hiHash,
    dissection: turn === 1 ? [...hashes(args), hiHash] : [],
    graphStep,
    codeRoot: hash(args, 'codeRoot'),
    ...clocksAfter(args, turn, timestamp),
  };
}

/**
 * The game after one more of its events; `undefined` before its challenge. Events of the same game in the chain's order;
 * those that don't change it (and names that aren't known) leave it as it is.
 */
export function applyEvent(game: ChainGame | undefined, event: GameEvent): ChainGame | undefined {
  if (event.name === 'Challenged') return opened(event);
  if (!game) return undefined;
  const { args, timestamp } = event;
  switch (event.name) {
    case 'Dissected':
      return {
        ...game,
        turn: 1,
        dissection: [...hashes(args), game.hiHash],
        ...clocksAfter(args, 1, timestamp),
      };
    case 'Selected':
      return {
        ...game,
        turn: 0,
        lo: number(args, 'lo'),
        hi: number(args, 'hi'),
        loHash: hash(args, 'loHash'),
        hiHash: hash(args, 'hiHash'),
        dissection: [],
        ...clocksAfter(args, 0, timestamp),
      };
    case 'Descended':
      return descended(game, event);
    case 'Resolved':
      return { ...game, status: args.submitterWon ? 'submitter_won' : 'challenger_won' };
    case 'Settled':
      return { ...game, status: 'settled' };
    default:
      return game;
  }
}

/** The game that its events, ascending, tell; undefined if its challenge isn't among them. */
export function replayGame(events: readonly GameEvent[]): ChainGame | undefined {
  return events.reduce<ChainGame | undefined>(applyEvent, undefined);
}

/** Segment [lo, hi] that selecting a part leads to. */
export function partOf(game: GameView, part: number, k: number): readonly [number, number] {
  const ends = partEnds(game.lo, game.hi, k);
  return [part === 0 ? game.lo : (ends[part - 1] as number), ends[part] as number];
}
