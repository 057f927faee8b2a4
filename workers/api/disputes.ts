import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { desc, eq } from 'drizzle-orm';
import type { GameRecord } from '../contract.ts';
import { openDatabase } from '../db/client.ts';
import { loadGame } from '../db/projection.ts';
import { disputes } from '../db/schema.ts';
import type { ApiEnv } from '../env.ts';
import { onInvalid, Problem } from './problem.ts';
import { disputeSchema, hashSchema, problems } from './schemas.ts';

type Row = typeof disputes.$inferSelect;
export type DisputeBody = z.infer<typeof disputeSchema>;
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const read = createRoute({
  method: 'get',
  path: '/v1/disputes/{id}',
  summary: 'A dispute: where it stands and every move of it',
  request: { params: z.object({ id: hashSchema }) },
  responses: {
    200: { description: 'The dispute', content: json(disputeSchema) },
    ...problems(404, 422),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/disputes',
  summary: 'The newest disputes',
  request: {
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  },
  responses: {
    200: {
      description: 'Newest first',
      content: json(z.object({ disputes: z.array(disputeSchema) })),
    },
    ...problems(422),
  },
});

const levelName = (level: 0 | 1) => (level === 0 ? 'graph' : 'machine');
const time = (seconds: number) => new Date(seconds * 1000).toISOString();

export function showDispute(row: Row, game: GameRecord): DisputeBody {
  const { clocks, deadline, moves, settlement, status, view } = game;
  const isOpen = status === 'open';
  return {
    id: game.id,
    claim: game.claimId,
    submitter: game.submitter,
    challenger: game.challenger,
    status,
    level: levelName(view.level),
    lo: view.lo,
    hi: view.hi,
    graph_step: view.graphStep ?? null,
    turn: view.turn === 0 ? 'submitter' : 'challenger',
    clocks: {
      submitter_seconds: clocks.submitter,
      challenger_seconds: clocks.challenger,
      deadline: isOpen ? time(deadline) : null,
    },
    gas_used: moves.reduce((sum, { gasUsed }) => sum + gasUsed, 0),
    moves: moves.map(({ kind, by, level, lo, hi, part, txHash, gasUsed, block, timestamp }) => ({
      ...{ kind, by, level: levelName(level), lo, hi, part },
      ...{ tx_hash: txHash, gas_used: gasUsed, block, at: time(timestamp) },
    })),
    instruction: row.instruction
      ? (JSON.parse(row.instruction) as DisputeBody['instruction'])
      : null,
    settlement: settlement.map(({ name, wei }) => ({ name, wei: wei.toString() })),
  };
}

export function disputeRoutes() {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const db = openDatabase(c.env.DB);
    const row = await db.query.disputes.findFirst({ where: eq(disputes.id, id) });
    const game = row && (await loadGame(db, id));
    if (!row || !game) {
      const detail = `No dispute ${id} has been seen on chain.`;
      throw new Problem(404, 'unknown-dispute', detail);
    }
    return c.json(showDispute(row, game), 200);
  });
  app.openapi(list, async (c) => {
    const { limit } = c.req.valid('query');
    const db = openDatabase(c.env.DB);
    const rows = await db.query.disputes.findMany({ orderBy: desc(disputes.block), limit });
    const all: DisputeBody[] = [];
    for (const row of rows) {
      const game = await loadGame(db, row.id);
      if (game) all.push(showDispute(row, game));
    }
    return c.json({ disputes: all }, 200);
  });
  return app;
}
