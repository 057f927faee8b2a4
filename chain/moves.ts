/** Moves of a game as calldata. */
import { bytesToHex, encodeFunctionData, type Hex } from 'viem';
import type { Registration } from '../models/commit.ts';
import type { Descent } from '../models/types.ts';
import type { Move } from '../strategy/types.ts';
import type { Answer, ChainGame } from './game.ts';
import { pinpointAbi as abi } from './generated/abi.ts';
import { dissectionRoot, partSiblings, ZERO_HASH } from './trees.ts';
import type { Claim, GameState } from './types.ts';

/** What calls need beside the game. */
export interface MoveContext {
  /** Parts of a dissection. */
  readonly k: number;
  /** That the game is about. */
  readonly claim: Claim;
  /** Of the claim's model. */
  readonly registration: Registration;
  /** Whether a dissection or descent shall serve other games of the claim. Costs 22,000 gas. */
  readonly keep?: boolean;
}

/** The game's state as the contract wants it passed. */
export function gameStateOf(game: ChainGame, k: number): GameState {
  const { challenger, claimId, code, hiHash, level, loHash, number, request, turn } = game;
  return {
    ...{ claimId, challenger, number, iterations: request.iterations, level, turn },
    lo: BigInt(game.lo),
    hi: BigInt(game.hi),
    loHash,
    hiHash,
    dissection: turn === 1 ? dissectionRoot(game.dissection, k) : ZERO_HASH,
    code,
  };
}

const descentOf = (descent: Descent) => ({
  state: bytesToHex(descent.state),
  instruction: bytesToHex(descent.instruction),
  instructionProof: bytesToHex(descent.instructionProof),
  operandRoots: descent.operandRoots,
  operandProof: bytesToHex(descent.operandProof),
  leaf: bytesToHex(descent.leaf),
  leafProof: bytesToHex(descent.leafProof),
  steps: BigInt(descent.steps),
  outputRoot: descent.outputRoot,
  trapped: descent.trapped,
});

/**
 * Calldata of a move in a game as it stands.
 *
 * @throws RangeError for `wait`, which is no call, and for a part that the dissection doesn't have
 */
export function encodeMove(
  game: ChainGame,
  move: Move,
  { claim, k, keep = false, registration }: MoveContext,
): Hex {
  const state = gameStateOf(game, k);
  switch (move.kind) {
    case 'dissect': {
      const args = [state, move.hashes, keep] as const;
      return encodeFunctionData({ abi, functionName: 'dissect', args });
    }
    case 'select': {
      const { part } = move;
      const hiHash = game.dissection[part];
      const loHash = part === 0 ? game.loHash : game.dissection[part - 1];
      if (hiHash === undefined || loHash === undefined) {
        throw new RangeError(`part ${part} of a dissection of ${game.dissection.length}`);
      }
      const siblings = partSiblings(game.dissection, part, k);
      const args = [state, part, loHash, hiHash, siblings] as const;
      return encodeFunctionData({ abi, functionName: 'select', args });
    }
    case 'descend': {
      const args = [state, registration, descentOf(move.descent), move.hashes, keep] as const;
      return encodeFunctionData({ abi, functionName: 'descend', args });
    }
    case 'prove': {
      const args = [claim, state, bytesToHex(move.witness)] as const;
      return encodeFunctionData({ abi, functionName: 'prove', args });
    }
    case 'concede':
      return encodeFunctionData({ abi, functionName: 'concede', args: [claim, state] });
    case 'wait':
      throw new RangeError('waiting is no call');
  }
}

/** Calldata of `repeatAnswer`: the submitter's answer to this position, from another game of the claim. */
export function encodeRepeatAnswer(game: ChainGame, answer: Answer, k: number): Hex {
  const args = [gameStateOf(game, k), gameStateOf({ ...game, ...answer }, k)] as const;
  return encodeFunctionData({ abi, functionName: 'repeatAnswer', args });
}

/** Calldata of `timeout`. */
export const encodeTimeout = (claim: Claim, game: ChainGame, k: number): Hex =>
  encodeFunctionData({ abi, functionName: 'timeout', args: [claim, gameStateOf(game, k)] });

/** Calldata of `settle`, which pays out a game that another has made moot. */
export const encodeSettle = (claim: Claim, game: ChainGame, k: number): Hex =>
  encodeFunctionData({ abi, functionName: 'settle', args: [claim, gameStateOf(game, k)] });
