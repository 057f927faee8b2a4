/** Plays claims and games against a real contract: for tests, the benchmark and nobody's production. */
import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  parseEventLogs,
  type TransactionReceipt,
  type Transport,
  toHex,
  type WalletClient,
} from 'viem';
import { type ChainGame, type GameEvent, replayGame } from '../../chain/game.ts';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { encodeMove, encodeTimeout } from '../../chain/moves.ts';
import { inputsRoot } from '../../models/commit.ts';
import type { Model } from '../../models/index.ts';
import type { Hash } from '../../models/types.ts';
import { isLastStep, type Move, type Player } from '../../strategy/types.ts';
import type { Anvil } from './anvil.ts';

type Wallet = WalletClient<Transport, Chain, Account>;

export interface Arena {
  readonly anvil: Anvil;
  readonly address: Address;
  readonly k: number;
}

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
  /** Arguments of Resolved. */
  readonly resolved: Readonly<Record<string, unknown>>;
}

/** Sends a call to the contract. Throws with the contract's error if it reverts. */
export async function send(
  { anvil, address }: Arena,
  wallet: Wallet,
  data: Hex,
  value = 0n,
): Promise<TransactionReceipt> {
  const account = wallet.account;
  // Estimation reports a revert with its data; a transaction sent blindly only fails.
  const gas = await anvil.client.estimateGas({ account, to: address, data, value });
  const hash = await wallet.sendTransaction({ to: address, data, value, gas });
  const receipt = await anvil.client.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} was reverted`);
  return receipt;
}

export const eventsOf = (receipt: TransactionReceipt) =>
  parseEventLogs({ abi: pinpointAbi, logs: receipt.logs });

/** Registers a model. Returns the receipt. */
export function register(arena: Arena, wallet: Wallet, model: Model) {
  const args = [model.registration] as const;
  return send(
    arena,
    wallet,
    encodeFunctionData({ abi: pinpointAbi, functionName: 'register', args }),
  );
}

export interface Claim {
  readonly claimId: Hash;
  readonly request: {
    readonly requester: Address;
    readonly nonce: bigint;
    readonly model: Hash;
    readonly iterations: number;
    readonly inputsRoot: Hash;
    readonly fee: bigint;
    readonly deadline: bigint;
  };
  readonly submitter: Address;
  readonly end: Hash;
  readonly gasUsed: number;
}

let nonces = 0n;

/** Claims an end for a run of a model. */
export async function claim(
  arena: Arena,
  wallet: Wallet,
  model: Model,
  inputs: readonly Uint8Array[],
  end: Hash,
): Promise<Claim> {
  const request = {
    requester: wallet.account.address,
    nonce: nonces++,
    model: model.id,
    iterations: model.maxIterations,
    inputsRoot: inputsRoot(inputs),
    fee: 0n,
    deadline: 0n,
  };
  const args = [request, end, toHex(inputs[0] as Uint8Array)] as const;
  const data = encodeFunctionData({ abi: pinpointAbi, functionName: 'claim', args });
  const bond = await read(arena, 'CLAIM_BOND');
  const receipt = await send(arena, wallet, data, bond);
  const [event] = eventsOf(receipt);
  if (event?.eventName !== 'Claimed') throw new Error('claim emitted no Claimed');
  const { claimId } = event.args;
  const gasUsed = Number(receipt.gasUsed);
  return { claimId, request, submitter: wallet.account.address, end, gasUsed };
}

export function read(
  { anvil, address }: Arena,
  functionName: 'CLAIM_BOND' | 'CHALLENGE_BOND' | 'WINDOW' | 'CLOCK' | 'K' | 'burned',
): Promise<bigint> {
  return anvil.client.readContract({ address, abi: pinpointAbi, functionName });
}

/** Opens a game. */
export async function challenge(arena: Arena, wallet: Wallet, { end, request, submitter }: Claim) {
  const args = [request, submitter, end] as const;
  const data = encodeFunctionData({ abi: pinpointAbi, functionName: 'challenge', args });
  return send(arena, wallet, data, await read(arena, 'CHALLENGE_BOND'));
}

async function gameEvents({ anvil, address }: Arena, gameId: Hash): Promise<GameEvent[]> {
  const logs = await anvil.client.getLogs({ address, fromBlock: 0n });
  const events: GameEvent[] = [];
  for (const log of parseEventLogs({ abi: pinpointAbi, logs })) {
    const args = log.args as Record<string, unknown>;
    if (args.gameId !== gameId) continue;
    const { timestamp } = await anvil.client.getBlock({ blockNumber: log.blockNumber });
    events.push({ name: log.eventName, args, timestamp: Number(timestamp) });
  }
  return events;
}

const MAX_MOVES = 200;
const WAIT: Move = { kind: 'wait' };

/** Plays one game of a claim to its end; a side that waits loses by its clock, which is run down here. */
export async function play(
  arena: Arena,
  target: Claim,
  submitter: { readonly wallet: Wallet; readonly player: Player },
  challenger: { readonly wallet: Wallet; readonly player: Player },
): Promise<Played> {
  const { anvil, k } = arena;
  const moves: PlayedMove[] = [];
  const refused: string[] = [];
  const opening = await challenge(arena, challenger.wallet, target);
  const [opened] = eventsOf(opening);
  if (opened?.eventName !== 'Challenged') throw new Error('challenge emitted no Challenged');
  const { gameId } = opened.args;
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
    const events = await gameEvents(arena, gameId);
    const game = replayGame(events);
    if (!game) throw new Error(`game ${gameId} has no events`);
    if (game.status !== 'open') {
      const resolved = events.find(({ name }) => name === 'Resolved')?.args ?? {};
      return { game, moves, refused, resolved };
    }
    // The last step is anyone's: a challenger who brings its witness needn't wait for the submitter.
    const early = game.turn === 0 && isLastStep(game) ? await challenger.player.next(game) : WAIT;
    const isEarly = early.kind !== 'wait';
    const side = game.turn === 0 && !isEarly ? submitter : challenger;
    const by = side === submitter ? 'submitter' : 'challenger';
    let move = isEarly ? early : await side.player.next(game);
    if (move.kind !== 'wait') {
      const data = encodeMove(game, move, k);
      try {
        note(move.kind, by, await send(arena, side.wallet, data), game.level, data);
        continue;
      } catch (error) {
        if (!(error instanceof BaseError)) throw error;
        const known = error.walk((cause) => typeof (cause as { data?: unknown }).data === 'string');
        if (!known) throw error;
        const { errorName } = decodeErrorResult({
          abi: pinpointAbi,
          data: (known as unknown as { data: Hex }).data,
        });
        refused.push(`${move.kind}: ${errorName}`);
        move = { kind: 'wait' };
      }
    }
    if (move.kind === 'wait') {
      await anvil.test.setNextBlockTimestamp({ timestamp: BigInt(game.deadline) });
      const data = encodeTimeout(gameId);
      const other = game.turn === 0 ? challenger : submitter;
      // The clock is only out in the next block, where an estimate can't look yet.
      const hash = await other.wallet.sendTransaction({ to: arena.address, data, gas: 500_000n });
      const receipt = await anvil.client.waitForTransactionReceipt({ hash });
      note('timeout', 'anyone', receipt, game.level, data);
    }
  }
  throw new Error(`game ${gameId} isn't over after ${MAX_MOVES} moves`);
}
