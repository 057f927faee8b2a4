import { answerFor } from '../chain/game.ts';
import { gameStateOf } from '../chain/moves.ts';
import { isLastStep } from '../strategy/types.ts';
import type { ClaimRecord, GameRecord } from '../workers/contract.ts';
import type { GameFacts } from './dispute.reducer.ts';

/** What a dispute is decided by, of what the events tell. `k`: parts of a dissection. */
export function gameFacts(
  {
    deadline,
    id,
    moves,
    status,
    view,
  }: Pick<GameRecord, 'deadline' | 'id' | 'moves' | 'status' | 'view'>,
  claim: Pick<ClaimRecord, 'answers' | 'status'>,
  k: number,
): GameFacts {
  const { hi, hiHash, level, lo, loHash, turn } = view;
  // After a reorganisation the same segment may be dissected otherwise: what is selected from is part of the name.
  const { dissection } = gameStateOf(view, k);
  return {
    gameId: id,
    position: [level, turn, lo, hi, loHash, hiHash, dissection].join(','),
    turn,
    deadline: deadline * 1000,
    since: (moves.at(-1)?.timestamp ?? 0) * 1000,
    resolved: status !== 'open',
    moot: status === 'open' && claim.status === 'fallen',
    answered: answerFor(view, claim.answers) !== undefined,
    isLastStep: isLastStep(view),
  };
}
