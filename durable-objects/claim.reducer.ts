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
  /** Runs that it is about. */
  readonly runs: number;
  /** Runs whose requests are known. */
  readonly known: number;
  /** Chain time (ms) from which it can be finalised if nothing about it is open. */
  readonly windowEnds: number;
  /** Games and demands that aren't decided. */
  readonly open: number;
  /** Demands for its data that can still be answered, the most urgent first. */
  readonly demands: readonly string[];
  /** This agent has opened a game against it. */
  readonly challenged: boolean;
  /** Wei that this agent may withdraw once it is decided. */
  readonly payable: { readonly pinpoint: bigint; readonly demands: bigint };
}

export interface ClaimState {
  /** submitter: the claim is this agent's. challenger: it is somebody else's and is checked. watcher: neither. */
  readonly role: 'submitter' | 'challenger' | 'watcher';
  readonly facts?: ClaimFacts;
  readonly check: Check;
  readonly pursuit?: Pursuit;
}

/** The agent's own runs of the claim. */
export type Check =
  | {
      readonly kind: 'pending';
      /** Next run to check; those before it agree or can't be checked. */
      readonly index: number;
      /** Why one of them can't. */
      readonly unable?: string;
      readonly attempt: number;
      readonly notBefore: number;
      readonly error?: string;
    }
  | { readonly kind: 'agrees' }
  | { readonly kind: 'differs'; readonly index: number; readonly end: string }
  /** It can't be checked here, with the reason: an unknown model, an input that was not published. */
  | { readonly kind: 'unable'; readonly reason: string };

export type ClaimEvent =
  | { readonly type: 'chain'; readonly role: ClaimState['role']; readonly facts: ClaimFacts }
  | { readonly type: 'tick' }
  | {
      readonly type: 'ran';
      readonly index: number;
      readonly end: string;
      readonly agrees: boolean;
    }
  | { readonly type: 'unable'; readonly index: number; readonly reason: string }
  /** What was missing may be here now (a model was uploaded): the claim is checked again. */
  | { readonly type: 'again' }
  | { readonly type: 'runFailed'; readonly error: string }
  | { readonly type: 'submitted'; readonly want: string }
  | { readonly type: 'outcome'; readonly want: string; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly want: string; readonly error: string };

export type ClaimAction =
  | { readonly kind: 'challenge'; readonly index: number }
  | { readonly kind: 'answer'; readonly demandId: string }
  | { readonly kind: 'finalize' | 'withdraw' | 'withdrawDemands' };
export type ClaimEffect =
  | { readonly kind: 'run'; readonly index: number }
  | (Push & { readonly action: ClaimAction });

const FIRST_CHECK = { kind: 'pending', index: 0, attempt: 0, notBefore: 0 } as const;
export const initialClaim: ClaimState = { role: 'watcher', check: FIRST_CHECK };

/** How long after the window a finalize is first sent: block times are coarser than ours. */
export const FINALIZE_MARGIN_MS = 2_000;

function action(state: ClaimState, now: number): ClaimAction | undefined {
  const { facts, role, check } = state;
  if (!facts || role === 'watcher') return undefined;
  if (facts.status !== 'open') {
    if (facts.payable.pinpoint > 0n) return { kind: 'withdraw' };
    return facts.payable.demands > 0n ? { kind: 'withdrawDemands' } : undefined;
  }
  if (role === 'challenger') {
    if (check.kind !== 'differs' || facts.challenged || now >= facts.windowEnds) return undefined;
    return { kind: 'challenge', index: check.index };
  }
  const [demandId] = facts.demands;
  if (demandId !== undefined) return { kind: 'answer', demandId };
  const due = now >= facts.windowEnds + FINALIZE_MARGIN_MS && facts.open === 0;
  return due ? { kind: 'finalize' } : undefined;
}

const nameOf = (what: ClaimAction): string =>
  what.kind === 'answer' ? `answer:${what.demandId}` : what.kind;

const mustRun = (state: ClaimState, now: number) =>
  state.role === 'challenger' &&
  state.facts?.status === 'open' &&
  state.check.kind === 'pending' &&
  now >= state.check.notBefore &&
  now < state.facts.windowEnds;

function decide(state: ClaimState, now: number): Step<ClaimState, ClaimEffect> {
  const { check } = state;
  if (check.kind === 'pending' && mustRun(state, now)) {
    return { state, effects: [{ kind: 'run', index: check.index }] };
  }
  const what = action(state, now);
  const want = what && state.facts ? `${state.facts.claimId}:${nameOf(what)}` : undefined;
  const { pursuit, push } = pursue(state.pursuit, want, now);
  return { state: { ...state, pursuit }, effects: what && push ? [{ ...push, action: what }] : [] };
}

/** The check after one more run that didn't differ. */
function checkedOne(state: ClaimState, index: number, unable: string | undefined): Check {
  const { check, facts } = state;
  if (check.kind !== 'pending' || check.index !== index) return check;
  const reason = check.unable ?? unable;
  const next = index + 1;
  if (next < (facts?.runs ?? 0)) return { ...FIRST_CHECK, index: next, unable: reason };
  return reason === undefined ? { kind: 'agrees' } : { kind: 'unable', reason };
}

/**
 * A claim seen by one agent: a challenger runs it and challenges a wrong end; its submitter answers demands for its
 * data and finalises it when the window has passed; both fetch what they are owed.
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
      // After a reorganisation an id can't come back with other ends: they are part of the id. But what was missing may
      // have been shown.
      const isMoreKnown = event.facts.known > (state.facts?.known ?? 0);
      const check = state.check.kind === 'unable' && isMoreKnown ? FIRST_CHECK : state.check;
      return decide({ ...state, check, role: event.role, facts: event.facts }, now);
    }
    case 'ran': {
      const { agrees, end, index } = event;
      if (agrees) return decide({ ...state, check: checkedOne(state, index, undefined) }, now);
      return decide({ ...state, check: { kind: 'differs', index, end } }, now);
    }
    case 'again': {
      const check =
        state.check.kind === 'unable' ? { ...FIRST_CHECK, notBefore: now } : state.check;
      return decide({ ...state, check }, now);
    }
    case 'unable':
      return decide({ ...state, check: checkedOne(state, event.index, event.reason) }, now);
    case 'runFailed': {
      const { check } = state;
      if (check.kind !== 'pending') return { state, effects: [] };
      const attempt = check.attempt + 1;
      const notBefore = now + backoff(attempt);
      const next: Check = { ...check, attempt, notBefore, error: event.error };
      return { state: { ...state, check: next }, effects: [] };
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
