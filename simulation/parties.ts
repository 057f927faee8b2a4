/** Who plays: the project's own strategies, and all sorts of others. A party also has a temper: how long it takes to move. */
import type { Trace } from '../models/types.ts';
import { honestChallenger } from '../strategy/challenger.ts';
import { createSubmitter, honestSubmitter } from '../strategy/submitter.ts';
import { isLastStep, type Move, type Player } from '../strategy/types.ts';
import type { Random } from './random.ts';

export type Temper = 'prompt' | 'slow' | 'last second' | 'late' | 'erratic';

export interface Party {
  readonly player: Player;
  readonly temper: Temper;
  readonly isHonest: boolean;
}

const WAIT: Move = { kind: 'wait' };

/** Seconds after the turn has begun at which a party moves, of the `clock` it has; undefined: never. */
export function delay(temper: Temper, clock: number, random: Random): number | undefined {
  switch (temper) {
    case 'prompt':
      return random.below(60);
    case 'slow':
      return random.below(clock);
    case 'last second':
      return clock - 1;
    case 'late':
      return clock + random.below(2);
    case 'erratic':
      return random.below(10) === 0 ? undefined : random.below(Math.ceil(clock * 1.2));
  }
}

/** The tempers of those who are in time. */
const IN_TIME = ['prompt', 'slow', 'last second'] as const;

export const honestSubmitting = (trace: Trace, k: number, random: Random): Party => ({
  player: honestSubmitter(trace, k),
  temper: random.of(IN_TIME),
  isHonest: true,
});

export const honestChecking = (trace: Trace, k: number, random: Random): Party => ({
  player: honestChallenger(trace, k),
  temper: random.of(IN_TIME),
  isHonest: true,
});

/** A liar: stubborn to the end, silent from some move on, or one who gives up at some move. */
export function lying(trace: Trace, k: number, random: Random): Party {
  const stubborn = createSubmitter(trace, { k, concede: false });
  const patience = random.of([1000, 1000, 0, 1, 2, 3]);
  const last: Move = random.of([WAIT, { kind: 'concede' }]);
  let moves = 0;
  const player: Player = {
    role: 'submitter',
    next: async (game) => (moves++ < patience ? stubborn.next(game) : last),
  };
  return {
    player,
    temper: random.of(['prompt', 'slow', 'last second', 'late', 'erratic']),
    isHonest: false,
  };
}

/** A challenger without a case: random parts, always the last or the first part, silence, or giving up. */
export function shamming(random: Random): Party {
  const kind = random.of(['random', 'first', 'last', 'silent', 'beyond'] as const);
  const patience = random.of([1000, 1000, 1, 2, 3]);
  let moves = 0;
  const player: Player = {
    role: 'challenger',
    async next(game) {
      if (game.turn !== 1 || isLastStep(game)) return WAIT;
      if (moves++ >= patience) return { kind: 'concede' };
      const parts = game.dissection.length;
      if (kind === 'silent') return WAIT;
      if (kind === 'beyond') return { kind: 'select', part: parts };
      const part = kind === 'first' ? 0 : kind === 'last' ? parts - 1 : random.below(parts);
      return { kind: 'select', part };
    },
  };
  return {
    player,
    temper: random.of(['prompt', 'slow', 'last second', 'late', 'erratic']),
    isHonest: false,
  };
}
