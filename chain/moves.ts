/** Moves as calldata. */
import { bytesToHex, encodeFunctionData, type Hex } from 'viem';
import type { Descent, Hash } from '../models/types.ts';
import type { Move } from '../strategy/types.ts';
import { dissectionRoot, type GameState, partSiblings } from './commit.ts';
import { type ChainGame, ZERO_HASH } from './game.ts';
import { pinpointAbi } from './generated/abi.ts';

/** The game's state as the contract wants it passed. */
export function gameStateOf(game: ChainGame, k: number): GameState {
  const { codeRoot, dissection, gameId, hi, hiHash, level, lo, loHash, turn } = game;
  return {
    id: gameId,
    level,
    turn,
    lo: BigInt(lo),
    hi: BigInt(hi),
    loHash,
    hiHash,
    dissection: turn === 1 ? dissectionRoot(dissection, k) : ZERO_HASH,
    codeRoot,
  };
}

function descentOf(descent: Descent) {
  return {
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
  };
}

/**
 * Calldata of a move in a game as it stands. `k`: parts of a dissection.
 *
 * @throws RangeError for `wait`, which is no call, and for a part that the dissection doesn't have
 */
export function encodeMove(game: ChainGame, move: Move, k: number): Hex {
  const abi = pinpointAbi;
  const state = gameStateOf(game, k);
  switch (move.kind) {
    case 'dissect':
      return encodeFunctionData({ abi, functionName: 'dissect', args: [state, move.hashes] });
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
      const args = [state, descentOf(move.descent), move.hashes] as const;
      return encodeFunctionData({ abi, functionName: 'descend', args });
    }
    case 'prove': {
      const args = [state, bytesToHex(move.witness)] as const;
      return encodeFunctionData({ abi, functionName: 'prove', args });
    }
    case 'concede':
      return encodeFunctionData({ abi, functionName: 'concede', args: [game.gameId] });
    case 'wait':
      throw new RangeError('waiting is no call');
  }
}

/** Calldata of `timeout`. */
export const encodeTimeout = (gameId: Hash): Hex =>
  encodeFunctionData({ abi: pinpointAbi, functionName: 'timeout', args: [gameId] });
