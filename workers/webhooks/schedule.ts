const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Seconds before each attempt, counted from the one before: the schedule that the Standard Webhooks
 * specification publishes. The last wait is 24 hours, the longest delay a queue keeps.
 */
export const RETRY_DELAYS_S: readonly number[] = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** What follows from the answer to one attempt. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** The receiver said 410 Gone: it never wants to be called again. */
  | { readonly kind: 'disable' }
  | { readonly kind: 'retry'; readonly delaySeconds: number }
  | { readonly kind: 'abandoned' };

/**
 * Judges an attempt. `status` is undefined when there was no answer (refused, timed out, unresolvable).
 * Redirects aren't followed, so 3xx is a failure like any other.
 */
export function judge(attempt: number, status: number | undefined): Verdict {
  if (status !== undefined && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'disable' };
  const delaySeconds = RETRY_DELAYS_S[attempt + 1];
  return delaySeconds === undefined ? { kind: 'abandoned' } : { kind: 'retry', delaySeconds };
}
