import type { Descent, Hash } from '../models/types.ts';

/** One game as an agent sees it, rebuilt from events; mirrors the contract's game state. */
export interface GameView {
  readonly gameId: Hash;
  readonly claimId: Hash;
  /** 0 the graph, 1 the machine. */
  readonly level: 0 | 1;
  /** 0 the submitter's move, 1 the challenger's. */
  readonly turn: 0 | 1;
  readonly lo: number;
  readonly hi: number;
  readonly loHash: Hash;
  readonly hiHash: Hash;
  /** The last dissection: the hashes at the ends of all p parts (the last one is hiHash); empty on turn 0. */
  readonly dissection: readonly Hash[];
  /** Graph step that the machine level decides; undefined at level 0. */
  readonly graphStep?: number;
}

export type Move =
  | { readonly kind: 'dissect'; readonly hashes: readonly Hash[] }
  | { readonly kind: 'select'; readonly part: number }
  | { readonly kind: 'descend'; readonly descent: Descent; readonly hashes: readonly Hash[] }
  | { readonly kind: 'prove'; readonly witness: Uint8Array }
  | { readonly kind: 'concede' }
  /** It is not this side's turn, or it chooses to let its clock run. */
  | { readonly kind: 'wait' };

export type Role = 'submitter' | 'challenger';

/** A player: given the game, what is the next move? Honest players and adversaries alike. */
export interface Player {
  readonly role: Role;
  next(game: GameView): Promise<Move>;
}

/** Whether one instruction is left: whoever brings its witness decides the game. */
export const isLastStep = ({ hi, level, lo }: GameView): boolean => level === 1 && hi - lo === 1;

/** Ends of the p = min(k, hi - lo) parts of a segment, ascending; the last is hi. */
export function partEnds(lo: number, hi: number, k: number): number[] {
  const length = hi - lo;
  const parts = Math.min(k, length);
  return Array.from({ length: parts }, (_, i) =>
    Number(BigInt(lo) + (BigInt(length) * BigInt(i + 1)) / BigInt(parts)),
  );
}
