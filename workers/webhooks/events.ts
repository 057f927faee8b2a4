import { and, eq, isNull, lt } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { deliveries, webhooks } from '../db/schema.ts';

/** What a webhook can be told of. */
export const WEBHOOK_EVENTS = [
  'inference.claimed',
  'inference.failed',
  'claim.posted',
  'claim.finalized',
  'claim.fallen',
  'dispute.opened',
  'dispute.moved',
  'dispute.resolved',
] as const;

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** One message of the queue: the row in `deliveries` holds all else. */
export interface DeliveryMessage {
  readonly deliveryId: string;
  readonly attempt: number;
}

/** Late by this much, a delivery is taken for lost by the queue and sent again by the sweep. */
const LOST_AFTER_MS = 120_000;
const SWEEP_BATCH = 100;

/**
 * Queues an event for every webhook that wants it. `key` names what happened (a transaction and its log, a
 * status), so that reading the same block twice announces nothing twice.
 */
export async function announce(
  db: Database,
  queue: Queue<DeliveryMessage>,
  { event, key, data }: { event: WebhookEvent; key: string; data: unknown },
  now: number,
): Promise<void> {
  const listening = await db.select().from(webhooks).where(isNull(webhooks.disabledAt));
  const payload = JSON.stringify({ type: event, timestamp: new Date(now).toISOString(), data });
  for (const webhook of listening) {
    const wanted = JSON.parse(webhook.events) as string[];
    if (!wanted.includes(event)) continue;
    const id = `msg_${await digest(`${webhook.id}\n${event}\n${key}`)}`;
    const fresh = await db
      .insert(deliveries)
      .values({
        ...{ id, webhookId: webhook.id, event, payload, status: 'pending' },
        ...{ attempt: 0, dueAt: now, createdAt: now },
      })
      .onConflictDoNothing()
      .returning({ id: deliveries.id });
    if (fresh.length > 0) await queue.send({ deliveryId: id, attempt: 0 });
  }
}

/** 128 bits of SHA-256 in hexadecimal: equal things get equal message ids. */
async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

/** Sends again what has been due for so long that the queue must have lost it. */
export async function sweepDeliveries(
  db: Database,
  queue: Queue<DeliveryMessage>,
  now: number,
): Promise<number> {
  const lost = await db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.status, 'pending'), lt(deliveries.dueAt, now - LOST_AFTER_MS)))
    .limit(SWEEP_BATCH);
  for (const row of lost) {
    await db.update(deliveries).set({ dueAt: now }).where(eq(deliveries.id, row.id));
    await queue.send({ deliveryId: row.id, attempt: row.attempt });
  }
  return lost.length;
}
