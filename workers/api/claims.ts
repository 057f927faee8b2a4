import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import { openDatabase } from '../db/client.ts';
import { claims, disputes, inferences } from '../db/schema.ts';
import type { AgentEnv, ApiEnv } from '../env.ts';
import { onInvalid, Problem } from './problem.ts';
import { claimSchema, hashSchema, problems } from './schemas.ts';

type Row = typeof claims.$inferSelect;
export type ClaimBody = z.infer<typeof claimSchema>;
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const read = createRoute({
  method: 'get',
  path: '/v1/claims/{id}',
  summary: 'A claim on chain',
  request: { params: z.object({ id: hashSchema }) },
  responses: {
    200: { description: 'The claim', content: json(claimSchema) },
    ...problems(404, 422),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/claims',
  summary: 'The newest claims',
  request: {
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  },
  responses: {
    200: { description: 'Newest first', content: json(z.object({ claims: z.array(claimSchema) })) },
    ...problems(422),
  },
});

export async function showClaim(env: AgentEnv, row: Row): Promise<ClaimBody> {
  const db = openDatabase(env.DB);
  const asked = await db.query.inferences.findFirst({ where: eq(inferences.claimId, row.id) });
  const games = await db
    .select({ id: disputes.id })
    .from(disputes)
    .where(eq(disputes.claimId, row.id));
  return {
    id: row.id,
    model: row.model,
    submitter: row.submitter,
    offer: row.offer,
    runs: row.count,
    end: row.end,
    status: row.status as ClaimBody['status'],
    open_games: row.openGames,
    window_ends: new Date(row.windowEnds * 1000).toISOString(),
    tx_hash: row.txHash,
    block: row.block,
    inference: asked?.id ?? null,
    disputes: games.map(({ id }) => id),
    verdict: row.verdict ? { result: row.verdict, reason: row.verdictReason } : null,
  };
}

export function claimRoutes() {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const db = openDatabase(c.env.DB);
    const row = await db.query.claims.findFirst({ where: eq(claims.id, id) });
    if (!row) {
      const detail = `No claim ${id} has been seen on chain. A fresh one appears within seconds.`;
      throw new Problem(404, 'unknown-claim', detail);
    }
    return c.json(await showClaim(c.env, row), 200);
  });
  app.openapi(list, async (c) => {
    const { limit } = c.req.valid('query');
    const db = openDatabase(c.env.DB);
    const rows = await db.query.claims.findMany({ orderBy: desc(claims.block), limit });
    return c.json({ claims: await Promise.all(rows.map((row) => showClaim(c.env, row))) }, 200);
  });
  return app;
}
