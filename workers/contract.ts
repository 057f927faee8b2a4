/**
 * The one place that knows the contracts' names: what their events mean to an agent, and what it reads of them. All else
 * in workers/ and durable-objects/ speaks of claims, games and moves.
 */
import { type Abi, type Address, type Hex, type PublicClient, zeroAddress } from 'viem';
import { type ChainClaim, replayClaim } from '../chain/claim.ts';
import { claimId, leafHash, offerId, requestHash } from '../chain/commit.ts';
import { type Answers, type ChainGame, type ChainGameStatus, replayGames } from '../chain/game.ts';
import { demandsAbi, pinpointAbi, registryAbi } from '../chain/generated/abi.ts';
import type { Claim, Request, Terms } from '../chain/types.ts';
import type { Hash } from '../models/types.ts';
import type { ChainEvent } from './chain.ts';
import type { Settings } from './settings.ts';

/** Constants of the deployment. */
export interface Parameters {
  /** Parts of a dissection. */
  readonly k: number;
  readonly registry: Address;
  readonly demands: Address;
}

/** A claim as its events tell it. */
export interface ClaimRecord extends ChainClaim {
  readonly games: readonly GameRecord[];
  /** Of the submitter, kept for all games. */
  readonly answers: Answers;
  readonly block: number;
  readonly txHash: Hex;
}

export type GameStatus = ChainGameStatus;
export type MoveKind =
  | 'challenge'
  | 'dissect'
  | 'select'
  | 'descend'
  | 'repeat'
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

/** Events of all contracts that an agent follows. */
export const EVENTS_ABI: Abi = [...pinpointAbi, ...demandsAbi];

const ENDS = ['Resolved', 'Settled'];

const MOVES: Readonly<Record<string, Pick<MoveRecord, 'kind' | 'by'>>> = {
  Challenged: { kind: 'challenge', by: 'challenger' },
  Dissected: { kind: 'dissect', by: 'submitter' },
  Selected: { kind: 'select', by: 'challenger' },
  Descended: { kind: 'descend', by: 'submitter' },
  Repeated: { kind: 'repeat', by: 'anyone' },
  Proved: { kind: 'prove', by: 'anyone' },
  Conceded: { kind: 'concede', by: 'anyone' },
  TimedOut: { kind: 'timeout', by: 'anyone' },
};

/** Id of the offer of this agent's terms for a model. */
export const offerIdOf = ({ chainId, terms }: Settings, registry: Address, model: Hash): Hash =>
  offerId({ chainId: BigInt(chainId), contract: registry, model, terms });

/** The claim that `submitter` would make of the end of one run. */
export function claimOf(
  { chainId, contract }: Settings,
  offer: Hash,
  request: Request,
  submitter: Address,
  end: Hash,
): { readonly id: Hash; readonly claim: Claim } {
  const at = { chainId: BigInt(chainId), contract };
  const root = leafHash(requestHash({ ...at, ...request }), end);
  const claim = { offer, submitter, source: zeroAddress, first: 0n, count: 1, root };
  return { id: claimId({ ...at, ...claim }), claim };
}

/** Keeps what never changes, once it is known, for the life of the isolate. */
function remembered<T>(ask: (client: PublicClient, settings: Settings, key: string) => Promise<T>) {
  const known = new WeakMap<Settings, Map<string, Promise<T>>>();
  return (client: PublicClient, settings: Settings, key = ''): Promise<T> => {
    const here = known.get(settings) ?? new Map<string, Promise<T>>();
    known.set(settings, here);
    const found = here.get(key);
    if (found) return found;
    const asked = ask(client, settings, key);
    here.set(key, asked);
    asked.catch(() => here.delete(key));
    return asked;
  };
}

/** The deployment's constants. */
export const parametersOf = remembered<Parameters>(async (client, { contract: address }) => {
  const [k, registry, demands] = await Promise.all([
    client.readContract({ address, abi: pinpointAbi, functionName: 'K' }),
    client.readContract({ address, abi: pinpointAbi, functionName: 'REGISTRY' }),
    client.readContract({ address, abi: pinpointAbi, functionName: 'DEMANDS' }),
  ]);
  return { k: Number(k), registry, demands };
});

/** An offer's model and terms. */
export const offerOf = remembered<{ readonly model: Hash; readonly terms: Terms }>(
  async (client, settings, id) => {
    const { registry: address } = await parametersOf(client, settings);
    const [model, terms] = await client.readContract({
      ...{ address, abi: registryAbi, functionName: 'getOffer', args: [id as Hash] },
    });
    return { model, terms };
  },
);

/** Wei that an account may withdraw of each contract. */
export async function payableTo(client: PublicClient, settings: Settings, account: Address) {
  const { demands } = await parametersOf(client, settings);
  const owed = (address: Address): Promise<bigint> =>
    client.readContract({
      ...{ address, abi: pinpointAbi, functionName: 'withdrawable', args: [account] },
    });
  const [fromPinpoint, fromDemands] = await Promise.all([owed(settings.contract), owed(demands)]);
  return { pinpoint: fromPinpoint, demands: fromDemands };
}

/** A claim from its own events and those of its games and demands, ascending; undefined if it isn't among them. */
export function readClaim(events: readonly ChainEvent[]): ClaimRecord | undefined {
  const claim = replayClaim(events);
  const made = events.find((event) => event.name === 'Claimed');
  if (!claim || !made) return undefined;
  const moves = new Map<Hash, MoveRecord[]>();
  const settlements = new Map<Hash, GameRecord['settlement']>();
  const { answers, games } = replayGames(events, (game, event) => {
    const { args, block, gasUsed, name, timestamp, txHash } = event as ChainEvent;
    if (ENDS.includes(name)) {
      const amounts = Object.entries(args).flatMap(([name, value]) =>
        typeof value === 'bigint' ? [{ name, wei: value }] : [],
      );
      settlements.set(game.gameId, amounts);
    }
    const move = MOVES[name];
    if (!move) return;
    const { hi, level, lo } = game;
    const record: MoveRecord = {
      ...{ ...move, level, lo, hi, txHash, gasUsed, block, timestamp },
      part: move.kind === 'select' ? Number(args.part) : null,
    };
    moves.set(game.gameId, [...(moves.get(game.gameId) ?? []), record]);
  });
  const records = [...games.values()].map((view): GameRecord => {
    const { challenger, claimId, clocks, deadline, gameId: id, status, submitter } = view;
    return {
      ...{ id, claimId, submitter, challenger, view, status, clocks, deadline },
      moves: moves.get(id) ?? [],
      settlement: settlements.get(id) ?? [],
    };
  });
  const { block, txHash } = made;
  return { ...claim, games: records, answers, block, txHash };
}
