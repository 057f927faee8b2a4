/** Plays claims and games against real contracts: for tests, the benchmark and nobody's production. */
import {
  type Account,
  type Address,
  type Chain,
  type Hex,
  parseEventLogs,
  type TransactionReceipt,
  type Transport,
  toHex,
  type WalletClient,
} from 'viem';
import {
  encodeChallenge,
  encodeClaim,
  encodeClaimBatch,
  encodeOffer,
  encodeRegister,
} from '../../chain/calls.ts';
import { type ChainClaim, leafOf, replayClaim } from '../../chain/claim.ts';
import { offerId, requestHash } from '../../chain/commit.ts';
import type { Deployment } from '../../chain/deploy.ts';
import { explainRefusal } from '../../chain/errors.ts';
import { answerFor, type ChainGame, type ClaimGames, replayGames } from '../../chain/game.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import {
  encodeMove,
  encodeRepeatAnswer,
  encodeTimeout,
  type MoveContext,
} from '../../chain/moves.ts';
import { DEFAULT_TERMS } from '../../chain/terms.ts';
import type { Request, Terms } from '../../chain/types.ts';
import { inputsRoot } from '../../models/commit.ts';
import type { Model } from '../../models/index.ts';
import type { Hash } from '../../models/types.ts';
import { isLastStep, type Move, type Player } from '../../strategy/types.ts';
import type { Anvil } from './anvil.ts';

export type Wallet = WalletClient<Transport, Chain, Account>;

export interface Arena {
  readonly anvil: Anvil;
  /** Of Pinpoint. */
  readonly address: Address;
  readonly registry: Address;
  readonly demands: Address;
  readonly k: number;
  /** Of every offer here. */
  readonly terms: Terms;
}

export const arenaOf = (
  anvil: Anvil,
  { address, demands, registry }: Deployment,
  k: bigint,
  terms = DEFAULT_TERMS,
): Arena => ({ anvil, address, registry, demands, k: Number(k), terms });

export interface PlayedMove {
  readonly kind: string;
  readonly by: 'submitter' | 'challenger' | 'anyone';
  readonly gasUsed: number;
  readonly level: 0 | 1;
  readonly calldataBytes: number;
}

export interface Played {
  readonly game: ChainGame;
  readonly moves: readonly PlayedMove[];
  /** Moves that the contract refused: what a liar tries where it has no true answer. */
  readonly refused: readonly string[];
}

/** Sends a call to a contract, Pinpoint unless another is named. Throws with the contract's error if it reverts. */
export async function send(
  { anvil, address }: Pick<Arena, 'anvil' | 'address'>,
  wallet: Wallet,
  data: Hex,
  value = 0n,
  to = address,
): Promise<TransactionReceipt> {
  const account = wallet.account;
  // Estimation reports a revert with its data; a transaction sent blindly only fails.
  const gas = await anvil.client.estimateGas({ account, to, data, value });
  const hash = await wallet.sendTransaction({ to, data, value, gas });
  const receipt = await anvil.client.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} was reverted`);
  return receipt;
}

export const eventsOf = (receipt: TransactionReceipt) =>
  parseEventLogs({ abi: pinpointAbi, logs: receipt.logs });

/** Registers a model. Returns the receipt. */
export const register = (arena: Arena, wallet: Wallet, { registration }: Model) =>
  send(arena, wallet, encodeRegister(registration), 0n, arena.registry);

/** Makes the offer of the arena's terms for a model. Returns the receipt. */
export const offer = (arena: Arena, wallet: Wallet, model: Model) =>
  send(arena, wallet, encodeOffer(model.id, arena.terms), 0n, arena.registry);

const at = ({ anvil, address }: Arena) => ({ chainId: BigInt(anvil.chain.id), contract: address });

/** Id of the offer of the arena's terms for a model. */
export const offerOf = (arena: Arena, model: Model): Hash =>
  offerId({ ...at(arena), contract: arena.registry, model: model.id, terms: arena.terms });

export interface Claimed extends ChainClaim {
  readonly model: Model;
  readonly gasUsed: number;
}

let nonces = 0n;

/** A fresh request of an account for a run on these inputs. */
export const requestFor = (
  requester: Address,
  model: Model,
  inputs: readonly Uint8Array[],
): Request => ({
  requester,
  nonce: nonces++,
  model: model.id,
  iterations: model.maxIterations,
  inputsRoot: inputsRoot(inputs),
  fee: 0n,
  deadline: 0n,
});

async function claimed(arena: Arena, wallet: Wallet, model: Model, data: Hex): Promise<Claimed> {
  const receipt = await send(arena, wallet, data, arena.terms.claimBond);
  const events = eventsOf(receipt).map(({ args, eventName: name }) => ({
    ...{ name, args: args as Record<string, unknown>, timestamp: 0 },
  }));
  const claim = replayClaim(events);
  if (!claim) throw new Error('the claim emitted no Claimed');
  return { ...claim, model, gasUsed: Number(receipt.gasUsed) };
}

/** Bytes of an input that a claim shows: above that its calldata would not fit a block. */
const MOST_SHOWN = 16_384;

/** Claims an end for a run of a model, and shows the first input unless it is large. */
export function claim(
  arena: Arena,
  wallet: Wallet,
  model: Model,
  inputs: readonly Uint8Array[],
  end: Hash,
): Promise<Claimed> {
  const request = requestFor(wallet.account.address, model, inputs);
  const [first = new Uint8Array()] = inputs;
  const input = first.length <= MOST_SHOWN ? toHex(first) : '0x';
  return claimed(arena, wallet, model, encodeClaim(offerOf(arena, model), request, end, input));
}

/** Claims the ends of several runs at once. Their requests stay off the chain. */
export function claimBatch(
  arena: Arena,
  wallet: Wallet,
  model: Model,
  requests: readonly Request[],
  ends: readonly Hash[],
): Promise<Claimed> {
  const hashes = requests.map((request) => requestHash({ ...at(arena), ...request }));
  const data = encodeClaimBatch(offerOf(arena, model), hashes, ends);
  return claimed(arena, wallet, model, data);
}

/** Wei of fallen claims' bonds that are burned. */
export const burned = ({ anvil, address }: Arena): Promise<bigint> =>
  anvil.client.readContract({ address, abi: pinpointAbi, functionName: 'burned' });

let opened = 0;

/** Opens a game about a run of a claim. `request`: needed where the claim's events don't tell it. */
export async function challenge(
  arena: Arena,
  wallet: Wallet,
  target: Claimed,
  { index = 0, request = target.runs[index]?.request }: { index?: number; request?: Request } = {},
) {
  if (!request) throw new Error(`the request of run ${index} isn't known`);
  const { claim, model } = target;
  const data = encodeChallenge(claim, model.registration, request, leafOf(target, index), opened++);
  return send(arena, wallet, data, arena.terms.challengeBond);
}

/** All games of a claim as they stand. */
export async function gamesOf({ anvil, address }: Arena, claimId: Hash): Promise<ClaimGames> {
  const logs = parseEventLogs({
    abi: pinpointAbi,
    logs: await anvil.client.getLogs({ address, fromBlock: 0n }),
  });
  const ids = new Set<unknown>();
  const events = [];
  const times = new Map<bigint, number>();
  for (const log of logs) {
    const args = log.args as Record<string, unknown>;
    if (log.eventName === 'Challenged' && args.claimId === claimId) ids.add(args.gameId);
    if (!ids.has(args.gameId)) continue;
    const { blockNumber } = log;
    const timestamp =
      times.get(blockNumber) ?? Number((await anvil.client.getBlock({ blockNumber })).timestamp);
    times.set(blockNumber, timestamp);
    events.push({ name: log.eventName, args, timestamp });
  }
  return replayGames(events);
}

export const contextOf = ({ k }: Arena, { claim, model }: Claimed): MoveContext => ({
  k,
  claim,
  registration: model.registration,
});

export interface PlayOptions {
  readonly index?: number;
  readonly request?: Request;
  /** The submitter keeps its answers for other games. */
  readonly keep?: boolean;
}

const MAX_MOVES = 200;
const WAIT: Move = { kind: 'wait' };

/**
 * Plays one game of a claim to its end. Answers that another game of the claim has are repeated by the challenger; a side
 * that waits loses by its clock, which is run down here.
 */
export async function play(
  arena: Arena,
  target: Claimed,
  submitter: { readonly wallet: Wallet; readonly player: Player },
  challenger: { readonly wallet: Wallet; readonly player: Player },
  { keep = false, ...run }: PlayOptions = {},
): Promise<Played> {
  const { anvil, k } = arena;
  const moves: PlayedMove[] = [];
  const refused: string[] = [];
  const opening = await challenge(arena, challenger.wallet, target, run);
  const [opened] = eventsOf(opening);
  if (opened?.eventName !== 'Challenged') throw new Error('challenge emitted no Challenged');
  const { gameId } = opened.args;
  const context = { ...contextOf(arena, target), keep };
  const note = (
    kind: string,
    by: PlayedMove['by'],
    receipt: TransactionReceipt,
    level: 0 | 1,
    data: Hex = '0x',
  ): void => {
    const calldataBytes = (data.length - 2) / 2;
    moves.push({ kind, by, gasUsed: Number(receipt.gasUsed), level, calldataBytes });
  };
  note('challenge', 'challenger', opening, 0);
  for (let count = 0; count < MAX_MOVES; count++) {
    const { answers, games } = await gamesOf(arena, target.id);
    const game = games.get(gameId);
    if (!game) throw new Error(`game ${gameId} has no events`);
    if (game.status !== 'open') return { game, moves, refused };
    const answer = answerFor(game, answers);
    if (answer) {
      const data = encodeRepeatAnswer(game, answer, k);
      const receipt = await send(arena, challenger.wallet, data);
      note('repeat', 'challenger', receipt, game.level, data);
      continue;
    }
    // The last step is anyone's: a challenger who brings its witness needn't wait for the submitter.
    const early = game.turn === 0 && isLastStep(game) ? await challenger.player.next(game) : WAIT;
    const isEarly = early.kind !== 'wait';
    const side = game.turn === 0 && !isEarly ? submitter : challenger;
    const by = side === submitter ? 'submitter' : 'challenger';
    const move = isEarly ? early : await side.player.next(game);
    if (move.kind !== 'wait') {
      const data = encodeMove(game, move, context);
      try {
        note(move.kind, by, await send(arena, side.wallet, data), game.level, data);
        continue;
      } catch (error) {
        const refusal = explainRefusal(error);
        if (!refusal) throw error;
        refused.push(`${move.kind}: ${refusal.name}`);
      }
    }
    await anvil.test.setNextBlockTimestamp({ timestamp: BigInt(game.deadline) });
    const data = encodeTimeout(target.claim, game, k);
    const other = game.turn === 0 ? challenger : submitter;
    // The clock is only out in the next block, where an estimate can't look yet.
    const hash = await other.wallet.sendTransaction({ to: arena.address, data, gas: 500_000n });
    const receipt = await anvil.client.waitForTransactionReceipt({ hash });
    note('timeout', 'anyone', receipt, game.level, data);
  }
  throw new Error(`game ${gameId} isn't over after ${MAX_MOVES} moves`);
}
