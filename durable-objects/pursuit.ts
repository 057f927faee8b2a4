/**
 * One thing an agent wants on chain, followed until the chain shows it. `want` names the thing together with
 * the state it acts on, so what the chain has already done is never wanted twice; the attempt
 * number makes the transaction's id, so asking again after a restart finds the same transaction.
 */
export interface Pursuit {
  readonly want: string;
  readonly attempt: number;
  /** The transaction is in the signer's hands since this time (ms); undefined before that. */
  readonly since?: number;
  /** Not before this time (ms). */
  readonly notBefore: number;
  readonly lastError?: string;
}

export type Outcome =
  | { readonly status: 'pending' }
  | { readonly status: 'confirmed' }
  | { readonly status: 'failed'; readonly error: string };

/** What to do now for the pursuit. */
export type Push =
  | { readonly kind: 'submit'; readonly want: string; readonly jobId: string }
  | { readonly kind: 'check'; readonly want: string; readonly jobId: string };

/** Confirmed, and yet the chain doesn't show it: after this long a reorganisation is assumed. */
export const STALE_MS = 60_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/** Wait before attempt n + 1, doubling from one second to one minute. */
export const backoff = (attempt: number) =>
  Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 16));

export const jobIdOf = (pursuit: Pursuit) => `${pursuit.want}#${pursuit.attempt}`;

/** Turns to `want` (keeping the pursuit if it is the same) and says what is due. */
export function pursue(
  current: Pursuit | undefined,
  want: string | undefined,
  now: number,
): { readonly pursuit: Pursuit | undefined; readonly push: Push | undefined } {
  if (want === undefined) return { pursuit: undefined, push: undefined };
  const pursuit = current?.want === want ? current : { want, attempt: 0, notBefore: now };
  const jobId = jobIdOf(pursuit);
  if (pursuit.since !== undefined) return { pursuit, push: { kind: 'check', want, jobId } };
  return { pursuit, push: now >= pursuit.notBefore ? { kind: 'submit', want, jobId } : undefined };
}

/** The transaction is in the signer's outbox. */
export const submitted = (pursuit: Pursuit, now: number): Pursuit => ({ ...pursuit, since: now });

/** The next attempt, later. */
export function retry(pursuit: Pursuit, error: string, now: number): Pursuit {
  return {
    want: pursuit.want,
    attempt: pursuit.attempt + 1,
    notBefore: now + backoff(pursuit.attempt),
    lastError: error,
  };
}

/** What became of the transaction. */
export function resolve(pursuit: Pursuit, outcome: Outcome, now: number): Pursuit {
  if (outcome.status === 'failed') return retry(pursuit, outcome.error, now);
  if (outcome.status === 'confirmed' && now - (pursuit.since ?? now) >= STALE_MS) {
    return retry(pursuit, 'confirmed, but the chain does not show its effect', now);
  }
  return pursuit;
}
