import { eq } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import type { Database } from '../db/client.ts';
import { deliveries, webhooks } from '../db/schema.ts';
import type { DeliveryMessage } from './events.ts';
import { judge } from './schedule.ts';
import { checkTarget, type Resolve } from './target.ts';

export interface DeliverOptions {
  readonly allowPrivate: boolean;
  readonly resolve: Resolve;
  readonly fetcher?: typeof fetch;
}

const TIMEOUT_MS = 15_000;
const SECRET_BYTES = 32;

/** A fresh signing secret in the form of Standard Webhooks: whsec_ and base64. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

/** Headers of one attempt; the id stays the same for every retry, the time doesn't. */
export function signedHeaders(
  secret: string,
  id: string,
  payload: string,
  now: number,
): Record<string, string> {
  const at = new Date(now);
  return {
    'content-type': 'application/json',
    'user-agent': 'pinpoint-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': Math.floor(now / 1000).toString(),
    'webhook-signature': new Webhook(secret).sign(id, at, payload),
  };
}

async function post(
  row: { readonly id: string; readonly payload: string },
  hook: { readonly url: string; readonly secret: string },
  now: number,
  { allowPrivate, resolve, fetcher = fetch }: DeliverOptions,
): Promise<number | undefined> {
  try {
    const url = await checkTarget(hook.url, { allowPrivate, resolve });
    const response = await fetcher(url.toString(), {
      method: 'POST',
      headers: signedHeaders(hook.secret, row.id, row.payload, now),
      body: row.payload,
      // A redirect could lead into a private network; it counts as a failure.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    console.warn(`webhook delivery ${row.id} failed: ${(error as Error).message}`);
    return undefined;
  }
}

/** Makes one attempt and plans the next one by the published schedule. */
export async function deliver(
  db: Database,
  queue: Queue<DeliveryMessage>,
  message: DeliveryMessage,
  now: number,
  options: DeliverOptions,
): Promise<void> {
  const row = await db.query.deliveries.findFirst({
    where: eq(deliveries.id, message.deliveryId),
  });
  // A queue delivers at least once: an attempt that has been made is not made again.
  if (row?.status !== 'pending' || message.attempt < row.attempt) return;
  const set = (values: Partial<typeof deliveries.$inferInsert>) =>
    db.update(deliveries).set(values).where(eq(deliveries.id, row.id));
  const hook = await db.query.webhooks.findFirst({ where: eq(webhooks.id, row.webhookId) });
  if (!hook || hook.disabledAt !== null) {
    await set({ status: 'abandoned' });
    return;
  }
  const lastStatus = await post(row, hook, now, options);
  const verdict = judge(row.attempt, lastStatus);
  switch (verdict.kind) {
    case 'delivered':
      await set({ status: 'delivered', lastStatus });
      return;
    case 'disable':
      await db.update(webhooks).set({ disabledAt: now }).where(eq(webhooks.id, hook.id));
      await set({ status: 'abandoned', lastStatus });
      return;
    case 'abandoned':
      await set({ status: 'abandoned', lastStatus: lastStatus ?? null });
      return;
    case 'retry': {
      const attempt = row.attempt + 1;
      const dueAt = now + verdict.delaySeconds * 1000;
      await set({ attempt, dueAt, lastStatus: lastStatus ?? null });
      await queue.send({ deliveryId: row.id, attempt }, { delaySeconds: verdict.delaySeconds });
    }
  }
}
