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

/** queued: not run yet. running: has its result, is being claimed. claimed: the claim is on chain. */
export type InferenceStatus = 'queued' | 'claiming' | 'claimed' | 'failed';

export interface InferenceState {
  readonly id: string;
  readonly status: InferenceStatus;
  readonly runs: number;
  readonly notBefore: number;
  readonly claimId?: string;
  readonly pursuit?: Pursuit;
  readonly error?: string;
}

export type InferenceEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'ran'; readonly claimId: string }
  | { readonly type: 'runFailed'; readonly error: string; readonly permanent: boolean }
  | { readonly type: 'submitted'; readonly want: string }
  | { readonly type: 'outcome'; readonly want: string; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly want: string; readonly error: string }
  /** The watcher has seen the claim, or a reorganisation has taken it away again. */
  | { readonly type: 'seen'; readonly onChain: boolean };

export type InferenceEffect =
  | { readonly kind: 'run' }
  | (Push & { readonly action: 'claim' })
  | { readonly kind: 'report'; readonly status: InferenceStatus; readonly error?: string };

/** After this many failed runs or refused claims the inference fails for good. */
export const MAX_RUNS = 5;
export const MAX_CLAIM_ATTEMPTS = 8;

export const initialInference = (id: string): InferenceState => ({
  ...{ id, status: 'queued', runs: 0, notBefore: 0 },
});

function report(state: InferenceState): Step<InferenceState, InferenceEffect> {
  const { status, error } = state;
  return { state, effects: [{ kind: 'report', status, error }] };
}

function decide(state: InferenceState, now: number): Step<InferenceState, InferenceEffect> {
  if (state.status === 'queued') {
    return { state, effects: now >= state.notBefore ? [{ kind: 'run' }] : [] };
  }
  const want = state.status === 'claiming' ? `${state.claimId}:claim` : undefined;
  const { pursuit, push } = pursue(state.pursuit, want, now);
  const effects: InferenceEffect[] = push ? [{ ...push, action: 'claim' }] : [];
  return { state: { ...state, pursuit }, effects };
}

/** From a request over HTTP to a claim on chain. */
export function reduceInference(
  state: InferenceState,
  event: InferenceEvent,
  now: number,
): Step<InferenceState, InferenceEffect> {
  if (event.type === 'tick') return decide(state, now);
  if (event.type === 'ran') {
    if (state.status !== 'queued') return { state, effects: [] };
    const next = decide({ ...state, status: 'claiming', claimId: event.claimId }, now);
    return { state: next.state, effects: [...report(next.state).effects, ...next.effects] };
  }
  if (event.type === 'runFailed') {
    if (state.status !== 'queued') return { state, effects: [] };
    const runs = state.runs + 1;
    if (event.permanent || runs >= MAX_RUNS) {
      return report({ ...state, runs, status: 'failed', error: event.error });
    }
    const notBefore = now + backoff(runs);
    return { state: { ...state, runs, notBefore, error: event.error }, effects: [] };
  }
  if (event.type === 'seen') {
    if (event.onChain && (state.status === 'claiming' || state.status === 'failed')) {
      return report({ ...state, status: 'claimed', pursuit: undefined, error: undefined });
    }
    if (!event.onChain && state.status === 'claimed') {
      return report({ ...state, status: 'claiming', pursuit: undefined });
    }
    return { state, effects: [] };
  }
  const { pursuit } = state;
  if (pursuit?.want !== event.want) return { state, effects: [] };
  if (event.type === 'submitted') {
    return { state: { ...state, pursuit: submitted(pursuit, now) }, effects: [] };
  }
  const next =
    event.type === 'failed'
      ? retry(pursuit, event.error, now)
      : resolve(pursuit, event.outcome, now);
  if (next.attempt >= MAX_CLAIM_ATTEMPTS) {
    return report({ ...state, status: 'failed', pursuit: undefined, error: next.lastError });
  }
  return { state: { ...state, pursuit: next }, effects: [] };
}

/** When the inference must be looked at again (ms); undefined once it is claimed or has failed. */
export function nextLook(state: InferenceState, now: number, pollMs: number): number | undefined {
  if (state.status === 'queued') return Math.max(now, state.notBefore);
  if (state.status !== 'claiming') return undefined;
  const { pursuit } = state;
  return Math.max(now + pollMs, pursuit && pursuit.since === undefined ? pursuit.notBefore : 0);
}
