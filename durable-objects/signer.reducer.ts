import type { Address, Hex } from 'viem';
import type { Step } from './reducer.ts';

/** A signed transaction of a job; several when its fee was raised. All share the job's nonce. */
export interface Attempt {
  readonly hash: Hex;
  readonly raw: Hex;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Last time it was handed to an endpoint (ms). */
  readonly at: number;
}

export interface Job {
  readonly id: string;
  /** Order of arrival: nonces are given in it. */
  readonly order: number;
  readonly to: Address;
  readonly data: Hex;
  readonly value: bigint;
  /** Id of the job that must be finished before this one is tried. */
  readonly after?: string;
  /** queued: not signed yet (a nonce may be reserved). sent: has a nonce and a signed transaction. */
  readonly status: 'queued' | 'sent' | 'confirmed' | 'failed';
  readonly gas?: bigint;
  readonly nonce?: number;
  readonly attempts: readonly Attempt[];
  readonly notBefore: number;
  readonly failures: number;
  /** Looks in a row that found the nonce used and no receipt of ours. */
  readonly missing: number;
  readonly error?: string;
  readonly finishedAt?: number;
}

export interface SignerState {
  readonly jobs: Readonly<Record<string, Job>>;
  readonly order: number;
  /** Of the last look at the chain; undefined before the first. */
  readonly chainNonce?: number;
  readonly fees?: Fees;
}

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SeenReceipt {
  readonly block: number;
  readonly success: boolean;
}

export type SignerEvent =
  | {
      readonly type: 'submit';
      readonly id: string;
      readonly to: Address;
      readonly data: Hex;
      readonly value: bigint;
      readonly after?: string;
    }
  | {
      readonly type: 'observed';
      readonly nonce: number;
      readonly fees: Fees;
      readonly head: number;
      readonly receipts: Readonly<Record<Hex, SeenReceipt>>;
    }
  | { readonly type: 'estimated'; readonly id: string; readonly gas: bigint }
  | { readonly type: 'reverted'; readonly id: string; readonly reason: string }
  | { readonly type: 'unavailable'; readonly id: string; readonly reason: string }
  | {
      readonly type: 'signed';
      readonly id: string;
      readonly nonce: number;
      readonly attempt: Attempt;
    }
  | { readonly type: 'refused'; readonly id: string; readonly reason: string };

export type SignerEffect =
  | { readonly kind: 'estimate'; readonly job: Job }
  | { readonly kind: 'sign'; readonly job: Job; readonly nonce: number; readonly fees: Fees }
  | { readonly kind: 'send'; readonly id: string; readonly raw: Hex };

export interface SignerLimits {
  /** Blocks, its own included, until a receipt settles the job. */
  readonly confirmations: number;
  /** Highest price of a unit of gas, in wei: fees are never raised above it. */
  readonly maxFeePerGas: bigint;
}

export const INITIAL: SignerState = { jobs: {}, order: 0 };

/** Without a receipt for this long, the fee is raised. */
export const BUMP_AFTER_MS = 30_000;
/** Endpoints want at least 10 % more for a replacement; 1/8 leaves room for rounding. */
const BUMP_DIVISOR = 8n;
const MISSING_LIMIT = 3;
const RETRY_MS = 2_000;
/** Finished jobs are kept this long, so that who asks again gets the answer. */
const KEEP_MS = 7 * 24 * 3_600_000;

const unfinished = (job: Job) => job.status === 'queued' || job.status === 'sent';
const inOrder = (state: SignerState) => Object.values(state.jobs).sort((a, b) => a.order - b.order);

function put(state: SignerState, job: Job): SignerState {
  return { ...state, jobs: { ...state.jobs, [job.id]: job } };
}

/**
 * The lowest nonce that the chain hasn't used and no unfinished job holds. Derived anew each time, so a gap
 * (a transaction dropped for good, a reorganisation) is filled by the next job instead of blocking all.
 */
export function freeNonce(state: SignerState): number | undefined {
  if (state.chainNonce === undefined) return undefined;
  const held = new Set(
    Object.values(state.jobs)
      .filter((job) => unfinished(job) && job.nonce !== undefined)
      .map((job) => job.nonce),
  );
  let nonce = state.chainNonce;
  while (held.has(nonce)) nonce++;
  return nonce;
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a > b ? a : b);
const raised = (fee: bigint) => fee + fee / BUMP_DIVISOR + 1n;

/**
 * Fees of the next attempt: what the chain suggests now as far as the cap allows, at least 12.5 % above the last; undefined
 * if that is above the cap.
 */
export function nextFees(
  last: Fees | undefined,
  suggested: Fees,
  maxFeePerGas: bigint,
): Fees | undefined {
  if (!last) {
    const maxFee = least(suggested.maxFeePerGas, maxFeePerGas);
    return {
      maxFeePerGas: maxFee,
      maxPriorityFeePerGas: least(suggested.maxPriorityFeePerGas, maxFee),
    };
  }
  const lowest = raised(last.maxFeePerGas);
  if (lowest > maxFeePerGas) return undefined;
  const maxFee = least(most(suggested.maxFeePerGas, lowest), maxFeePerGas);
  const tip = most(suggested.maxPriorityFeePerGas, raised(last.maxPriorityFeePerGas));
  return { maxFeePerGas: maxFee, maxPriorityFeePerGas: least(tip, maxFee) };
}

function finish(job: Job, receipt: SeenReceipt, now: number): Job {
  return receipt.success
    ? { ...job, status: 'confirmed', finishedAt: now, error: undefined }
    : { ...job, status: 'failed', finishedAt: now, error: 'the transaction was reverted' };
}

/**
 * A reorganisation has taken a finished job's transaction off the chain while others wait behind its nonce, and no job
 * is there to fill it: the same transaction again.
 */
function fillGap(state: SignerState): SignerEffect[] {
  const gap = freeNonce(state);
  const jobs = Object.values(state.jobs);
  const isWaitedFor = jobs.some((job) => job.status === 'sent' && (job.nonce ?? 0) > (gap ?? 0));
  if (gap === undefined || !isWaitedFor) return [];
  const lost = jobs.find((job) => !unfinished(job) && job.nonce === gap);
  const raw = lost?.attempts.at(-1)?.raw;
  return lost && raw ? [{ kind: 'send', id: lost.id, raw }] : [];
}

type Observed = Extract<SignerEvent, { type: 'observed' }>;

function observeSent(
  job: Job,
  event: Observed,
  now: number,
  limits: SignerLimits,
): { readonly job: Job; readonly effect?: SignerEffect } {
  const last = job.attempts.at(-1);
  const mined = job.attempts.map(({ hash }) => event.receipts[hash]).find((r) => r !== undefined);
  if (mined) {
    const settled = event.head - mined.block + 1 >= limits.confirmations;
    return { job: settled ? finish(job, mined, now) : { ...job, missing: 0 } };
  }
  if (job.nonce !== undefined && job.nonce < event.nonce) {
    // Another transaction has used the nonce, or the endpoint knows the block but not yet the receipt.
    if (job.missing + 1 < MISSING_LIMIT) return { job: { ...job, missing: job.missing + 1 } };
    return { job: { ...job, status: 'queued', nonce: undefined, attempts: [], missing: 0 } };
  }
  if (!last || job.nonce === undefined || now - last.at < BUMP_AFTER_MS) {
    return { job: { ...job, missing: 0 } };
  }
  const fees = nextFees(last, event.fees, limits.maxFeePerGas);
  if (fees) {
    return {
      job: { ...job, missing: 0 },
      effect: { kind: 'sign', job, nonce: job.nonce, fees },
    };
  }
  // At the cap: hand the same transaction in again, in case it was dropped.
  const attempts = [...job.attempts.slice(0, -1), { ...last, at: now }];
  return {
    job: { ...job, missing: 0, attempts },
    effect: { kind: 'send', id: job.id, raw: last.raw },
  };
}

function observe(
  before: SignerState,
  event: Observed,
  now: number,
  limits: SignerLimits,
): Step<SignerState, SignerEffect> {
  let state: SignerState = { ...before, chainNonce: event.nonce, fees: event.fees };
  const effects: SignerEffect[] = [];
  for (const job of inOrder(state)) {
    if (job.status === 'sent') {
      const seen = observeSent(job, event, now, limits);
      state = put(state, seen.job);
      if (seen.effect) effects.push(seen.effect);
    } else if (!unfinished(job) && now - (job.finishedAt ?? now) > KEEP_MS) {
      const { [job.id]: _, ...jobs } = state.jobs;
      state = { ...state, jobs };
    }
  }
  for (const job of inOrder(state)) {
    const first = job.after === undefined ? undefined : state.jobs[job.after];
    if (job.status !== 'queued' || now < job.notBefore || (first && unfinished(first))) continue;
    effects.push({ kind: 'estimate', job });
  }
  if (!effects.some(({ kind }) => kind === 'estimate')) effects.push(...fillGap(state));
  return { state, effects };
}

function submit(
  state: SignerState,
  event: Extract<SignerEvent, { type: 'submit' }>,
  now: number,
): Step<SignerState, SignerEffect> {
  if (state.jobs[event.id]) return { state, effects: [] };
  const { after, id, to, data, value } = event;
  const job: Job = {
    ...{ id, to, data, value, after, order: state.order, status: 'queued' },
    ...{ attempts: [], notBefore: now, failures: 0, missing: 0 },
  };
  return { state: { ...put(state, job), order: state.order + 1 }, effects: [] };
}

/**
 * The outbox of one signing key. A job is estimated first, then given a nonce, signed, stored and only then
 * sent, so whatever was sent is known after a crash; the same transaction may be sent any number of times.
 */
export function reduceSigner(
  state: SignerState,
  event: SignerEvent,
  now: number,
  limits: SignerLimits,
): Step<SignerState, SignerEffect> {
  if (event.type === 'submit') return submit(state, event, now);
  if (event.type === 'observed') return observe(state, event, now, limits);
  const job = state.jobs[event.id];
  if (!job || !unfinished(job)) return { state, effects: [] };
  switch (event.type) {
    case 'estimated': {
      // Reserved here, before the signature, so that the next job of this look can't get the same one. One reserved in an
      // earlier look, which was cut off, isn't kept: the job below it may have failed, and would leave a gap.
      const nonce = freeNonce(put(state, { ...job, nonce: undefined }));
      if (job.status !== 'queued' || nonce === undefined || !state.fees) {
        return { state, effects: [] };
      }
      const ready: Job = { ...job, gas: event.gas, nonce };
      const fees = nextFees(undefined, state.fees, limits.maxFeePerGas);
      return {
        state: put(state, ready),
        effects: fees ? [{ kind: 'sign', job: ready, nonce, fees }] : [],
      };
    }
    case 'signed': {
      const attempts = [...job.attempts, event.attempt];
      const sent: Job = { ...job, status: 'sent', nonce: event.nonce, attempts };
      return {
        state: put(state, sent),
        effects: [{ kind: 'send', id: job.id, raw: event.attempt.raw }],
      };
    }
    case 'reverted':
      if (job.status !== 'queued') return { state, effects: [] };
      return {
        state: put(state, { ...job, status: 'failed', error: event.reason, finishedAt: now }),
        effects: [],
      };
    case 'unavailable':
    case 'refused': {
      // A refused transaction stays in the outbox: it may have arrived all the same, and the next look decides.
      const failures = job.failures + 1;
      const notBefore = now + Math.min(RETRY_MS * failures, 60_000);
      return {
        state: put(state, { ...job, failures, notBefore, error: event.reason }),
        effects: [],
      };
    }
  }
}

/** Whether anything is still to be done. */
export const hasWork = (state: SignerState) => Object.values(state.jobs).some(unfinished);
