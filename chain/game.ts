/** Games rebuilt from the contract's events. */
import type { Address } from 'viem';
import type { Hash } from '../models/types.ts';
import { type GameView, partEnds } from '../strategy/types.ts';
import { positionHash } from './commit.ts';
import { ZERO_HASH } from './trees.ts';
import type { Request } from './types.ts';

export type ChainGameStatus = 'open' | 'submitter_won' | 'challenger_won' | 'settled';

/** A game with what calldata and clocks need beside the view. */
export interface ChainGame extends GameView {
  readonly submitter: Address;
  readonly challenger: Address;
  /** Games of the claim opened before it. */
  readonly number: number;
  /** Which run of the claim it is about. */
  readonly index: number;
  readonly request: Request;
  readonly status: ChainGameStatus;
  /** What runs: at level 0 the model's id, at level 1 the root of the code. */
  readonly code: Hash;
  /** The claim's bond is sure to repay its moves. */
  readonly repaid: boolean;
  /** Seconds each side had left after the last move. */
  readonly clocks: { readonly submitter: number; readonly challenger: number };
  /** Unix seconds from which the clock of the side whose turn it is has run out. */
  readonly deadline: number;
}

/** An event of the contracts: decoded arguments and its block's time in Unix seconds. */
export interface GameEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timestamp: number;
}

/** Where an answer of the submitter leads: what `repeatAnswer` makes of a game at the same position. */
export type Answer = Pick<
  ChainGame,
  'level' | 'turn' | 'lo' | 'hi' | 'loHash' | 'hiHash' | 'dissection' | 'code' | 'graphStep'
>;
/** Answers kept, by the hash of the position that they were given to. */
export type Answers = ReadonlyMap<Hash, Answer>;

type Arguments = Readonly<Record<string, unknown>>;
const number = (args: Arguments, name: string): number => Number(args[name]);
const hash = (args: Arguments, name: string): Hash => args[name] as Hash;
const hashes = (args: Arguments): Hash[] => [...((args.hashes ?? []) as Hash[])];
const NO_ANSWERS: Answers = new Map();

function clocksAfter(args: Arguments, turn: 0 | 1, timestamp: number) {
  const clocks = {
    submitter: number(args, 'submitterClock'),
    challenger: number(args, 'challengerClock'),
  };
  return { clocks, deadline: timestamp + (turn === 0 ? clocks.submitter : clocks.challenger) };
}

function opened({ args, timestamp }: GameEvent): ChainGame {
  const request = args.request as Request;
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
    index: number(args, 'index'),
    request,
    status: 'open',
    code: request.model,
    repaid: Boolean(args.repaid),
    ...clocksAfter(args, 0, timestamp),
  };
}

function descended(game: ChainGame, { args, timestamp }: GameEvent): ChainGame {
  const graphStep = number(args, 'graphStep');
  const steps = number(args, 'steps');
  // No CALL: Resolved follows.
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
    code: hash(args, 'codeRoot'),
    ...clocksAfter(args, turn, timestamp),
  };
}

function repeated(game: ChainGame, { args, timestamp }: GameEvent, answers: Answers): ChainGame {
  const position = hash(args, 'position');
  const answer = answers.get(position);
  if (!answer) {
    throw new Error(
      `game ${game.gameId} repeats the answer to position ${position}, which isn't among the events: read those of all games of claim ${game.claimId}`,
    );
  }
  return { ...game, ...answer, ...clocksAfter(args, answer.turn, timestamp) };
}

/**
 * The game after one more of its events; `undefined` before its challenge. Events of the same game in the chain's order;
 * those that don't change it (and names that aren't known) leave it as it is. `answers`: kept so far in all games of the claim.
 *
 * @throws Error for a repeated answer that isn't among them
 */
export function applyEvent(
  game: ChainGame | undefined,
  event: GameEvent,
  answers: Answers = NO_ANSWERS,
): ChainGame | undefined {
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
    case 'Repeated':
      return repeated(game, event, answers);
    case 'Resolved':
      return { ...game, status: args.submitterWon ? 'submitter_won' : 'challenger_won' };
    case 'Settled':
      return { ...game, status: 'settled' };
    default:
      return game;
  }
}

/** Hash of the position that a game in which the submitter is to move has come to. */
export const positionOf = (game: ChainGame): Hash =>
  positionHash({
    ...game,
    iterations: game.request.iterations,
    lo: BigInt(game.lo),
    hi: BigInt(game.hi),
    dissection: ZERO_HASH,
  });

/** The answer that an event keeps for other games, with its position. */
function keptBy(before: ChainGame, after: ChainGame, { args }: GameEvent): [Hash, Answer] | null {
  // A descent that decides the game keeps nothing.
  if (
    !args.kept ||
    before.turn !== 0 ||
    (before.turn === after.turn && before.level === after.level)
  ) {
    return null;
  }
  const { code, dissection, graphStep, hi, hiHash, level, lo, loHash, turn } = after;
  return [
    positionOf(before),
    { code, dissection, graphStep, hi, hiHash, level, lo, loHash, turn } as Answer,
  ];
}

/** The games of a claim, and the submitter's answers that serve all of them. */
export interface ClaimGames {
  readonly games: ReadonlyMap<Hash, ChainGame>;
  readonly answers: Answers;
}

/** What the events of a claim's games, ascending, tell. `seen`: called with each game after each of its events. */
export function replayGames(
  events: readonly GameEvent[],
  seen: (game: ChainGame, event: GameEvent) => void = () => {},
): ClaimGames {
  const games = new Map<Hash, ChainGame>();
  const answers = new Map<Hash, Answer>();
  for (const event of events) {
    const id = event.args.gameId as Hash | undefined;
    if (id === undefined) continue;
    const before = games.get(id);
    const after = applyEvent(before, event, answers);
    if (!after) continue;
    games.set(id, after);
    const kept = before && keptBy(before, after, event);
    if (kept) answers.set(...kept);
    seen(after, event);
  }
  return { games, answers };
}

/** The answer that serves a game as it stands; undefined if there is none or the submitter isn't to move. */
export function answerFor(game: ChainGame, answers: Answers): Answer | undefined {
  return game.turn === 0 && game.status === 'open' && answers.size > 0
    ? answers.get(positionOf(game))
    : undefined;
}

/** Segment [lo, hi] that selecting a part leads to. */
export function partOf(game: GameView, part: number, k: number): readonly [number, number] {
  const ends = partEnds(game.lo, game.hi, k);
  return [part === 0 ? game.lo : (ends[part - 1] as number), ends[part] as number];
}
