import type { Trace } from '../models/types.ts';
import { type GameView, isLastStep, type Player, partEnds } from './types.ts';

/**
 * The first part whose end differs from this party's own hash. Its start agrees, because every end before
 * it does; hashes that are wrong and later right again can't mislead a search from the left.
 * Returns -1 when no part differs or the segment's start isn't this party's: the challenger was wrong.
 */
export async function disputedPart(trace: Trace, game: GameView, k: number): Promise<number> {
  const positions = [game.lo, ...partEnds(game.lo, game.hi, k)];
  const own =
    game.level === 0
      ? await trace.graphHashes(positions)
      : await (await trace.machine(game.graphStep ?? 0)).hashes(positions);
  if (own[0] !== game.loHash) return -1;
  return game.dissection.findIndex((hash, part) => hash !== own[part + 1]);
}

/**
 * The honest challenger: keeps "start right, end wrong" down to one step, whose witness it then brings itself; concedes
 * if there is no such part.
 */
export function honestChallenger(trace: Trace, k: number): Player {
  return {
    role: 'challenger',
    async next(game) {
      if (isLastStep(game)) {
        const machine = await trace.machine(game.graphStep ?? 0);
        return { kind: 'prove', witness: await machine.witness(game.lo) };
      }
      if (game.turn !== 1) return { kind: 'wait' };
      const part = await disputedPart(trace, game, k);
      return part < 0 ? { kind: 'concede' } : { kind: 'select', part };
    },
  };
}
