/** What moves cost in gas: `npm run gas -- --docs` measures it and keeps it in test/vectors/gas.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../test/vectors/gas.json');

/** Gas of a transaction with the move; of a move that is made often, the dearest. */
export interface MoveGas {
  readonly claim: number;
  readonly challenge: number;
  readonly dissect: number;
  readonly select: number;
  readonly descend: number;
  /** With a witness of one word. */
  readonly proveWithoutWitness: number;
  readonly concede: number;
  readonly timeout: number;
  readonly settle: number;
  readonly finalize: number;
  readonly demandInput: number;
  /** With 16 KiB. */
  readonly showInput: number;
  /** All moves of one side in a game about 10^9 steps of the machine. */
  readonly gameOfChallenger: number;
  readonly gameOfSubmitter: number;
}

export interface AttentionGas {
  readonly openPool: number;
  readonly enroll: number;
  readonly announce: number;
  readonly draw: number;
  readonly respond: number;
  readonly decline: number;
  readonly reveal: number;
  readonly judgeRight: number;
  readonly judgeSilent: number;
  readonly close: number;
  readonly unstake: number;
}

/** What no step of the machine costs more than: its execution, and a transaction that has nothing else (docs/opcodes.md). */
export interface Step {
  readonly execution: number;
  readonly transaction: number;
}

export interface GasFigures {
  /** By the number of parts of a dissection. */
  readonly moves: Readonly<Record<string, MoveGas>>;
  readonly attention: AttentionGas;
  /** Tokens of `proveWithoutWitness`'s calldata. */
  readonly proveTokens: number;
  readonly dearestStep: Step;
}

export function readGas(): GasFigures {
  return JSON.parse(readFileSync(FILE, 'utf8')) as GasFigures;
}

export function movesAt(gas: GasFigures, k: number): MoveGas {
  const moves = gas.moves[k];
  if (!moves) {
    const known = Object.keys(gas.moves).join(', ');
    throw new Error(`no gas figures for k = ${k}; test/vectors/gas.json has k = ${known}`);
  }
  return moves;
}

/** What every transaction pays before it does anything. */
export const TRANSACTION = 21_000;

/** Gas of a token of calldata, beside execution, and where the tokens alone decide (EIP-7623). */
export const TOKEN = 4;
export const TOKEN_FLOOR = 10;

/** `prove` with a step: calldata of both, and the greater of what it costs beside execution and its floor. */
export function proveWith(prove: number, proveTokens: number, step: Step): number {
  const tokens = proveTokens + (step.transaction - TRANSACTION) / TOKEN_FLOOR;
  const execution = prove - TRANSACTION - TOKEN * proveTokens + step.execution;
  return TRANSACTION + Math.max(TOKEN * tokens + execution, TOKEN_FLOOR * tokens);
}

/** `prove` with the dearest step there is. */
export const dearestProve = (gas: GasFigures, moves: MoveGas): number =>
  proveWith(moves.proveWithoutWitness, gas.proveTokens, gas.dearestStep);
