import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { count, eq, isNull } from 'drizzle-orm';
import { openDatabase } from '../db/client.ts';
import { webhooks } from '../db/schema.ts';
import type { ApiEnv } from '../env.ts';
import { newSecret } from '../webhooks/deliver.ts';
import type { WebhookEvent } from '../webhooks/events.ts';
import { checkTarget, WebhookTargetError } from '../webhooks/target.ts';
import { onInvalid, Problem } from './problem.ts';
import { newWebhookAnswerSchema, newWebhookSchema, problems, webhookSchema } from './schemas.ts';

/** Every event is announced to every webhook, so their number is bounded. */
const MAX_WEBHOOKS = 200;

const idParams = z.object({ id: z.string() });

const create = createRoute({
  method: 'post',
  path: '/v1/webhooks',
  summary: 'Be told of events',
  description:
    'Deliveries are signed as Standard Webhooks says. A delivery that fails is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; the answer 410 disables the webhook.',
  request: {
    body: { required: true, content: { 'application/json': { schema: newWebhookSchema } } },
  },
  responses: {
    201: {
      description: 'The webhook and its secret, which is shown only here',
      content: { 'application/json': { schema: newWebhookAnswerSchema } },
    },
    ...problems(400, 409, 415, 422),
  },
});

const read = createRoute({
  method: 'get',
  path: '/v1/webhooks/{id}',
  summary: 'A webhook',
  request: { params: idParams },
  responses: {
    200: {
      description: 'The webhook',
      content: { 'application/json': { schema: webhookSchema } },
    },
    ...problems(404),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/webhooks/{id}',
  summary: 'Stop being told',
  request: { params: idParams },
  responses: { 204: { description: 'It is gone' }, ...problems(404) },
});

type Row = typeof webhooks.$inferSelect;

const shown = (row: Row) => ({
  id: row.id,
  url: row.url,
  events: JSON.parse(row.events) as WebhookEvent[],
  enabled: row.disabledAt === null,
  created_at: new Date(row.createdAt).toISOString(),
});

const missing = (id: string) => new Problem(404, 'unknown-webhook', `There is no webhook ${id}.`);

export function webhookRoutes() {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(create, async (c) => {
    const { url, events } = c.req.valid('json');
    const db = openDatabase(c.env.DB);
    const { allowPrivateWebhooks: allowPrivate } = c.get('settings');
    // Only the URL is judged here; its addresses are before each delivery, when they matter.
    await checkTarget(url, { allowPrivate }).catch((error) => {
      if (error instanceof WebhookTargetError)
        throw new Problem(422, 'webhook-target', error.message);
      throw error;
    });
    const [total] = await db
      .select({ n: count() })
      .from(webhooks)
      .where(isNull(webhooks.disabledAt));
    if ((total?.n ?? 0) >= MAX_WEBHOOKS) {
      throw new Problem(409, 'too-many-webhooks', `There are ${MAX_WEBHOOKS} webhooks already.`);
    }
    const row: Row = {
      ...{ id: `wh_${crypto.randomUUID()}`, url, events: JSON.stringify([...new Set(events)]) },
      ...{ secret: newSecret(), disabledAt: null, createdAt: Date.now() },
    };
    await db.insert(webhooks).values(row);
    return c.json({ ...shown(row), secret: row.secret }, 201);
  });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const db = openDatabase(c.env.DB);
    const row = await db.query.webhooks.findFirst({ where: eq(webhooks.id, id) });
    if (!row) throw missing(id);
    return c.json(shown(row), 200);
  });
  app.openapi(remove, async (c) => {
    const { id } = c.req.valid('param');
    const db = openDatabase(c.env.DB);
    const gone = await db.delete(webhooks).where(eq(webhooks.id, id)).returning();
    if (gone.length === 0) throw missing(id);
    return c.body(null, 204);
  });
  return app;
}
