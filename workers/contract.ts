/**
 * The one place that knows the contract's names: what its events mean to an agent, and the calldata of what an
 * agent does. All else in workers/ and durable-objects/ speaks of claims, games and moves.
 */
import { type Abi, type Address, encodeFunctionData, type Hex, type PublicClient } from 'viem';
import { claimId as hashClaim, requestHash } from '../chain/commit.ts';
import { applyEvent, type ChainGame, type ChainGameStatus } from '../chain/game.ts';
import { pinpointAbi } from '../chain/generated/abi.ts';
import { encodeMove } from '../chain/moves.ts';
import type { Registration } from '../models/commit.ts';
import type { Hash } from '../models/types.ts';
import type { Move } from '../strategy/types.ts';
import type { ChainEvent } from './chain.ts';
import type { Settings } from './settings.ts';

/** What a run is asked for: the preimage of the request's hash without chain and contract. */
export interface Request {
  readonly requester: Address;
  readonly nonce: bigint;
  readonly model: Hash;
  /** T */
  readonly iterations: number;
  readonly inputsRoot: Hash;
  readonly fee: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
}

/** Constants of the deployment. Seconds and wei. */
export interface Parameters {
  readonly k: number;
  readonly window: number;
  readonly claimBond: bigint;
  readonly challengeBond: bigint;
}

export type ClaimStatus = 'open' | 'finalized' | 'fallen';

/** A claim as its events tell it. */
export interface ClaimRecord {
  readonly id: Hash;
  readonly request: Request;
  readonly submitter: Address;
  readonly end: Hash;
  /** Content of input slot 0, which the contract checked against the request. */
  readonly input: Hex;
  readonly status: ClaimStatus;
  readonly games: readonly GameRecord[];
  /** Unix seconds of the chain. */
  readonly windowEnds: number;
  readonly block: number;
  readonly txHash: Hex;
}

export type GameStatus = ChainGameStatus;
export type MoveKind =
  | 'challenge'
  | 'dissect'
  | 'select'
  | 'descend'
  | 'prove'
  | 'concede'
  | 'timeout';

/** One move, with the segment as it is after it. */
export interface MoveRecord {
  readonly kind: MoveKind;
  readonly by: 'submitter' | 'challenger' | 'anyone';
  readonly level: 0 | 1;
  readonly lo: number;
  readonly hi: number;
  readonly part: number | null;
  readonly txHash: Hex;
  readonly gasUsed: number;
  readonly block: number;
  readonly timestamp: number;
}

/** A game as its events tell it. */
export interface GameRecord {
  readonly id: Hash;
  readonly claimId: Hash;
  readonly submitter: Address;
  readonly challenger: Address;
  readonly view: ChainGame;
  readonly status: GameStatus;
  /** Seconds each side had left after the last move. */
  readonly clocks: { readonly submitter: number; readonly challenger: number };
  /** Unix seconds from which the clock of the one whose turn it is has run out. */
  readonly deadline: number;
  readonly moves: readonly MoveRecord[];
  /** Amounts in the event that ended the game, in wei. */
  readonly settlement: readonly { readonly name: string; readonly wei: bigint }[];
}

const EVENTS = {
  claim: 'Claimed',
  finalized: 'Finalized',
  fallen: 'Fallen',
  resolved: 'Resolved',
} as const;

const MOVES: Readonly<Record<string, Pick<MoveRecord, 'kind' | 'by'>>> = {
  Challenged: { kind: 'challenge', by: 'challenger' },
  Dissected: { kind: 'dissect', by: 'submitter' },
  Selected: { kind: 'select', by: 'challenger' },
  Descended: { kind: 'descend', by: 'submitter' },
  Proved: { kind: 'prove', by: 'anyone' },
  Conceded: { kind: 'concede', by: 'anyone' },
  TimedOut: { kind: 'timeout', by: 'anyone' },
};

const abi = pinpointAbi as Abi;
const call = (functionName: string, ...args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi, functionName, args });

/** Id of the claim that `submitter` would make of an end. */
export function claimIdOf(
  { chainId, contract }: Settings,
  request: Request,
  submitter: Address,
  end: Hash,
): Hash {
  const at = { chainId: BigInt(chainId), contract };
  return hashClaim({ ...at, request: requestHash({ ...at, ...request }), submitter, end });
}

export const encodeRegister = (registration: Registration): Hex => call('register', registration);
export const encodeClaim = (request: Request, end: Hash, input: Hex): Hex =>
  call('claim', request, end, input);
export const encodeChallenge = ({ request, submitter, end }: ClaimRecord): Hex =>
  call('challenge', request, submitter, end);
export const encodeFinalize = ({ id }: ClaimRecord): Hex => call('finalize', id);
export const encodeWithdraw = (): Hex => call('withdraw');

/** Calldata of a move; undefined for `wait`. */
export function encodeGameMove(game: GameRecord, move: Move, k: number): Hex | undefined {
  return move.kind === 'wait' ? undefined : encodeMove(game.view, move, k);
}
export const encodeTimeout = (game: GameRecord): Hex => call('timeout', game.id);

const known = new WeakMap<Settings, Promise<Parameters>>();

/** The deployment's constants, read once for each isolate. */
export function parametersOf(client: PublicClient, settings: Settings): Promise<Parameters> {
  const found = known.get(settings);
  if (found) return found;
  const read = async (functionName: string) =>
    BigInt(
      (await client.readContract({ address: settings.contract, abi, functionName })) as bigint,
    );
  const asked = Promise.all([
    read('K'),
    read('WINDOW'),
    read('CLAIM_BOND'),
    read('CHALLENGE_BOND'),
  ]);
  const parameters = asked.then(([k, window, claimBond, challengeBond]) => ({
    ...{ k: Number(k), window: Number(window), claimBond, challengeBond },
  }));
  known.set(settings, parameters);
  parameters.catch(() => known.delete(settings));
  return parameters;
}

/** Wei that an account may withdraw. */
export async function payableTo(client: PublicClient, settings: Settings, account: Address) {
  const at = { address: settings.contract, abi };
  return (await client.readContract({
    ...at,
    functionName: 'withdrawable',
    args: [account],
  })) as bigint;
}

/** A game from its events, ascending; undefined if its challenge isn't among them. */
export function readGame(events: readonly ChainEvent[]): GameRecord | undefined {
  let game: ChainGame | undefined;
  const moves: MoveRecord[] = [];
  let settlement: GameRecord['settlement'] = [];
  for (const event of events) {
    game = applyEvent(game, event);
    if (!game) continue;
    if (event.name === EVENTS.resolved) {
      settlement = Object.entries(event.args).flatMap(([name, value]) =>
        typeof value === 'bigint' ? [{ name, wei: value }] : [],
      );
    }
    const move = MOVES[event.name];
    if (!move) continue;
    const { txHash, gasUsed, block, timestamp, args } = event;
    moves.push({
      ...move,
      ...{ level: game.level, lo: game.lo, hi: game.hi, txHash, gasUsed, block, timestamp },
      part: move.kind === 'select' ? Number(args.part) : null,
    });
  }
  if (!game) return undefined;
  const { submitter, challenger, status, clocks, deadline } = game;
  return {
    ...{ id: game.gameId, claimId: game.claimId, submitter, challenger, view: game, status },
    ...{ clocks, deadline, moves, settlement },
  };
}

/** A claim from its events and those of its games, ascending; undefined if the claim itself isn't among them. */
export function readClaim(
  events: readonly ChainEvent[],
  { window }: Parameters,
): ClaimRecord | undefined {
  const made = events.find((event) => event.name === EVENTS.claim);
  if (!made?.claimId) return undefined;
  const ids = new Set(events.map((event) => event.gameId).filter((id) => id !== null));
  const games = [...ids].flatMap((id) => readGame(events.filter((e) => e.gameId === id)) ?? []);
  const has = (name: string) => events.some((event) => event.name === name);
  const fallen = has(EVENTS.fallen) || games.some((game) => game.status === 'challenger_won');
  const { request, submitter, end, input } = made.args as unknown as ClaimRecord;
  return {
    ...{ id: made.claimId, request, submitter, end, input, games },
    status: fallen ? 'fallen' : has(EVENTS.finalized) ? 'finalized' : 'open',
    windowEnds: made.timestamp + window,
    block: made.block,
    txHash: made.txHash,
  };
}
