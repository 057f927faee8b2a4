import type { Hash, Trace } from '../models/types.ts';
import { type GameView, type Move, type Player, partEnds } from './types.ts';

/** Hashes of the segment's inner part ends: what a dissection posts. */
async function innerHashes(
  hashes: (positions: readonly number[]) => Promise<Hash[]>,
  lo: number,
  hi: number,
  k: number,
): Promise<Hash[]> {
  return hashes(partEnds(lo, hi, k).slice(0, -1));
}

async function playGraph(trace: Trace, game: GameView, k: number): Promise<Move> {
  const { lo, hi } = game;
  if (hi - lo > 1) {
    const hashes = await innerHashes((at) => trace.graphHashes(at), lo, hi, k);
    return { kind: 'dissect', hashes };
  }
  const descent = await trace.descent(lo);
  if (descent.kind !== 'call') return { kind: 'descend', descent, hashes: [] };
  const machine = await trace.machine(lo);
  const hashes = await innerHashes((at) => machine.hashes(at), 0, descent.steps, k);
  return { kind: 'descend', descent, hashes };
}

async function playMachine(trace: Trace, game: GameView, k: number): Promise<Move> {
  const { lo, hi } = game;
  const machine = await trace.machine(game.graphStep ?? 0);
  if (hi - lo === 1) return { kind: 'prove', witness: await machine.witness(lo) };
  const hashes = await innerHashes((at) => machine.hashes(at), lo, hi, k);
  return { kind: 'dissect', hashes };
}

/** The hashes this party has at the ends of the game's segment. */
async function ownEnds(trace: Trace, game: GameView): Promise<readonly [Hash, Hash]> {
  const positions = [game.lo, game.hi];
  const own =
    game.level === 0
      ? await trace.graphHashes(positions)
      : await (await trace.machine(game.graphStep ?? 0)).hashes(positions);
  return own as [Hash, Hash];
}

/**
 * Answers for the submitter from its trace: dissect, descend, prove. Deterministic, so an answer can be
 * computed again after a restart.
 *
 * `concede`: give up when the trace contradicts what this submitter has posted (its claim is wrong, or its
 * model is damaged); a liar plays on.
 */
export function createSubmitter(
  trace: Trace,
  { k, concede = true }: { k: number; concede?: boolean },
): Player {
  return {
    role: 'submitter',
    async next(game) {
      if (game.turn !== 0) return { kind: 'wait' };
      if (concede) {
        const [lo, hi] = await ownEnds(trace, game);
        if (lo !== game.loHash || hi !== game.hiHash) return { kind: 'concede' };
      }
      return game.level === 0 ? playGraph(trace, game, k) : playMachine(trace, game, k);
    },
  };
}

/** The honest submitter: it concedes when the game shows it that it is wrong. */
export function honestSubmitter(trace: Trace, k: number): Player {
  return createSubmitter(trace, { k });
}
