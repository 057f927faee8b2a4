import {
  backoff,
  type Outcome,
  type Pursuit,
  type Push,
  pursue,
  resolve,
  retry,
  submitted,
} from './pursuit.ts';
import type { Step } from './reducer.ts';

/** What the chain says about a claim, as far as it decides what this agent does. */
export interface ClaimFacts {
  readonly claimId: string;
  readonly status: 'open' | 'finalized' | 'fallen';
  /** The end hash that the claim commits to. */
  readonly end: string;
  /** Chain time (ms) from which it can be finalised if no game is open. */
  readonly windowEnds: number;
  readonly openGames: number;
  /** This agent has opened a game against it. */
  readonly challenged: boolean;
  /** Wei that this agent may withdraw from it. */
  readonly payable: bigint;
}

export interface ClaimState {
  /** submitter: the claim is this agent's. challenger: it is somebody else's and is checked. watcher: neither. */
  readonly role: 'submitter' | 'challenger' | 'watcher';
  readonly facts?: ClaimFacts;
  readonly check: Check;
  readonly pursuit?: Pursuit;
}

/** The agent's own run of the claim. */
export type Check =
  | {
      readonly kind: 'pending';
      readonly attempt: number;
      readonly notBefore: number;
      readonly error?: string;
    }
  | { readonly kind: 'agrees' }
  | { readonly kind: 'differs'; readonly end: string }
  /** It can't be checked here, with the reason: an unknown model, an input that was not published. */
  | { readonly kind: 'unable'; readonly reason: string };

export type ClaimEvent =
  | { readonly type: 'chain'; readonly role: ClaimState['role']; readonly facts: ClaimFacts }
  | { readonly type: 'tick' }
  | { readonly type: 'ran'; readonly end: string }
  | { readonly type: 'unable'; readonly reason: string }
  /** What was missing may be here now (a model was uploaded): the claim is checked again. */
  | { readonly type: 'again' }
  | { readonly type: 'runFailed'; readonly error: string }
  | { readonly type: 'submitted'; readonly want: string }
  | { readonly type: 'outcome'; readonly want: string; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly want: string; readonly error: string };

type Action = 'challenge' | 'finalize' | 'withdraw';
export type ClaimEffect = { readonly kind: 'run' } | (Push & { readonly action: Action });

export const initialClaim: ClaimState = {
  role: 'watcher',
  check: { kind: 'pending', attempt: 0, notBefore: 0 },
};

/** How long after the window a finalize is first sent: block times are coarser than ours. */
export const FINALIZE_MARGIN_MS = 2_000;

function action(state: ClaimState, now: number): Action | undefined {
  const { facts, role, check } = state;
  if (!facts || role === 'watcher') return undefined;
  if (facts.status !== 'open') return facts.payable > 0n ? 'withdraw' : undefined;
  if (role === 'challenger') {
    const inTime = now < facts.windowEnds;
    return check.kind === 'differs' && !facts.challenged && inTime ? 'challenge' : undefined;
  }
  const due = now >= facts.windowEnds + FINALIZE_MARGIN_MS && facts.openGames === 0;
  return due ? 'finalize' : undefined;
}

const mustRun = (state: ClaimState, now: number) =>
  state.role === 'challenger' &&
  state.facts?.status === 'open' &&
  state.check.kind === 'pending' &&
  now >= state.check.notBefore &&
  now < state.facts.windowEnds;

function decide(state: ClaimState, now: number): Step<ClaimState, ClaimEffect> {
  if (mustRun(state, now)) return { state, effects: [{ kind: 'run' }] };
  const what = action(state, now);
  const want = what && state.facts ? `${state.facts.claimId}:${what}` : undefined;
  const { pursuit, push } = pursue(state.pursuit, want, now);
  return { state: { ...state, pursuit }, effects: what && push ? [{ ...push, action: what }] : [] };
}

/**
 * A claim seen by one agent: a challenger runs it and challenges a wrong end; its submitter finalises it
 * when the window has passed; both fetch what they are owed.
 */
export function reduceClaim(
  state: ClaimState,
  event: ClaimEvent,
  now: number,
): Step<ClaimState, ClaimEffect> {
  switch (event.type) {
    case 'tick':
      return decide(state, now);
    case 'chain': {
      // After a reorganisation an id can't come back with another end: the end is part of the id.
      return decide({ ...state, role: event.role, facts: event.facts }, now);
    }
    case 'ran': {
      const agrees = event.end === state.facts?.end;
      const check: Check = agrees ? { kind: 'agrees' } : { kind: 'differs', end: event.end };
      return decide({ ...state, check }, now);
    }
    case 'again': {
      const check: Check = { kind: 'pending', attempt: 0, notBefore: now };
      return decide(state.check.kind === 'unable' ? { ...state, check } : state, now);
    }
    case 'unable':
      return { state: { ...state, check: { kind: 'unable', reason: event.reason } }, effects: [] };
    case 'runFailed': {
      const attempt = state.check.kind === 'pending' ? state.check.attempt + 1 : 1;
      const notBefore = now + backoff(attempt);
      const check: Check = { kind: 'pending', attempt, notBefore, error: event.error };
      return { state: { ...state, check }, effects: [] };
    }
  }
  const { pursuit } = state;
  if (pursuit?.want !== event.want) return { state, effects: [] };
  switch (event.type) {
    case 'submitted':
      return { state: { ...state, pursuit: submitted(pursuit, now) }, effects: [] };
    case 'failed':
      return { state: { ...state, pursuit: retry(pursuit, event.error, now) }, effects: [] };
    case 'outcome':
      return { state: { ...state, pursuit: resolve(pursuit, event.outcome, now) }, effects: [] };
  }
}

/** When the claim must be looked at again (ms); undefined once nothing is left to do. */
export function nextLook(state: ClaimState, now: number, pollMs: number): number | undefined {
  const { facts, role, check, pursuit } = state;
  if (!facts || role === 'watcher') return undefined;
  if (pursuit) return Math.max(now + pollMs, pursuit.since === undefined ? pursuit.notBefore : 0);
  if (facts.status !== 'open') return undefined;
  if (role === 'submitter') return Math.max(now + pollMs, facts.windowEnds + FINALIZE_MARGIN_MS);
  if (check.kind === 'pending' && now < facts.windowEnds) return Math.max(now + 1, check.notBefore);
  return undefined;
}
