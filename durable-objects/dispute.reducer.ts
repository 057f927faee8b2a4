import {
  type Outcome,
  type Pursuit,
  type Push,
  pursue,
  resolve,
  retry,
  submitted,
} from './pursuit.ts';
import type { Step } from './reducer.ts';

/** What the chain says about a game, as far as it decides what this agent does. */
export interface GameFacts {
  readonly gameId: string;
  /** Names the state a move acts on: level, segment, hashes and whose turn. */
  readonly position: string;
  /** 0 the submitter's move, 1 the challenger's. */
  readonly turn: 0 | 1;
  /** Chain time (ms) from which the clock of the one whose turn it is has run out. */
  readonly deadline: number;
  /** Chain time (ms) of the last move. */
  readonly since: number;
  readonly resolved: boolean;
  /** Another game, or a demand, felled the claim: only the bond is left to fetch. */
  readonly moot: boolean;
  /** The submitter has answered this position in another game of the claim, and kept the answer for all. */
  readonly answered: boolean;
  /** One instruction is left, whose witness either side may bring. */
  readonly isLastStep: boolean;
}

export interface DisputeState {
  /** The side this agent plays; 'none' for a game between others. */
  readonly role: 'submitter' | 'challenger' | 'none';
  readonly facts?: GameFacts;
  readonly pursuit?: Pursuit;
  /** A move was prepared and there was nothing to send (a player that lets its clock run). */
  readonly passed?: string;
}

export type DisputeEvent =
  | { readonly type: 'chain'; readonly role: DisputeState['role']; readonly facts: GameFacts }
  | { readonly type: 'tick' }
  /** The move was computed and put into the signer's outbox, or the outbox had it already. */
  | { readonly type: 'submitted'; readonly want: string }
  /** The player chose to do nothing in this position. */
  | { readonly type: 'passed'; readonly want: string }
  | { readonly type: 'outcome'; readonly want: string; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly want: string; readonly error: string };

type Action = 'move' | 'repeat' | 'timeout' | 'settle';
export type DisputeEffect = Push & { readonly action: Action };

/** How long after the deadline a timeout is first sent: block times are coarser than ours. */
export const TIMEOUT_MARGIN_MS = 2_000;

/** A challenger repeats the submitter's answer itself if the submitter, whose move it is, hasn't for this long. */
export const REPEAT_AFTER_MS = 15_000;

/** A dispute before anything is known of it. */
export const initialDispute: DisputeState = { role: 'none' };

const isOurTurn = (state: DisputeState, facts: GameFacts) =>
  state.role === (facts.turn === 0 ? 'submitter' : 'challenger');

function action(state: DisputeState, now: number): Action | undefined {
  const { facts } = state;
  if (!facts || facts.resolved || state.role === 'none') return undefined;
  if (facts.moot) return state.role === 'challenger' ? 'settle' : undefined;
  // From here on the chain takes no move and no repeated answer, whoever brings it.
  const isLate = now >= facts.deadline + TIMEOUT_MARGIN_MS;
  if (isLate && !isOurTurn(state, facts)) return 'timeout';
  if (facts.answered) {
    const isDue = state.role === 'submitter' || now >= facts.since + REPEAT_AFTER_MS;
    return isDue ? 'repeat' : undefined;
  }
  return facts.isLastStep || isOurTurn(state, facts) ? 'move' : undefined;
}

function decide(state: DisputeState, now: number): Step<DisputeState, DisputeEffect> {
  const what = action(state, now);
  const facts = state.facts;
  const want = what && facts ? `${facts.gameId}:${facts.position}:${what}` : undefined;
  if (want !== undefined && want === state.passed) return { state, effects: [] };
  const { pursuit, push } = pursue(state.pursuit, want, now);
  return { state: { ...state, pursuit }, effects: what && push ? [{ ...push, action: what }] : [] };
}

/**
 * One game of one agent: whose move it is, and the transaction that makes it. The position comes from the
 * chain's events alone; a move is computed anew whenever it is needed, so nothing of it has to be kept.
 */
export function reduceDispute(
  state: DisputeState,
  event: DisputeEvent,
  now: number,
): Step<DisputeState, DisputeEffect> {
  if (event.type === 'tick') return decide(state, now);
  if (event.type === 'chain') {
    return decide({ ...state, role: event.role, facts: event.facts }, now);
  }
  const { pursuit } = state;
  // An answer about a position that the chain has left behind.
  if (pursuit?.want !== event.want) return { state, effects: [] };
  switch (event.type) {
    case 'submitted':
      return { state: { ...state, pursuit: submitted(pursuit, now) }, effects: [] };
    case 'passed':
      return { state: { ...state, passed: event.want, pursuit: undefined }, effects: [] };
    case 'failed':
      return { state: { ...state, pursuit: retry(pursuit, event.error, now) }, effects: [] };
    case 'outcome':
      return { state: { ...state, pursuit: resolve(pursuit, event.outcome, now) }, effects: [] };
  }
}

/** When the dispute must be looked at again (ms); undefined once it is over. */
export function nextLook(state: DisputeState, now: number, pollMs: number): number | undefined {
  const { facts, pursuit } = state;
  if (!facts || facts.resolved || state.role === 'none') return undefined;
  if (facts.moot && state.role !== 'challenger') return undefined;
  if (pursuit) return Math.max(now + pollMs, pursuit.since === undefined ? pursuit.notBefore : 0);
  // Waiting for the other side: its moves arrive as events; only its deadline needs an alarm.
  const deadline = facts.deadline + TIMEOUT_MARGIN_MS;
  const due = facts.answered ? Math.min(facts.since + REPEAT_AFTER_MS, deadline) : deadline;
  return Math.max(now + pollMs, due);
}
