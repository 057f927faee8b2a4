import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { desc, eq, or } from 'drizzle-orm';
import type { Manifest } from '../agent/models.ts';
import { argmax, elementsOf, InputError, readInput, toBase64 } from '../agent/tensors.ts';
import { openDatabase } from '../db/client.ts';
import { inferences, models } from '../db/schema.ts';
import type { AgentEnv, ApiEnv } from '../env.ts';
import { requireToken } from './auth.ts';
import { onInvalid, Problem } from './problem.ts';
import { inferenceSchema, newInferenceSchema, problems } from './schemas.ts';

type Row = typeof inferences.$inferSelect;
export type InferenceBody = z.infer<typeof inferenceSchema>;

/** Outputs with more elements than this are showInference as bytes only. */
const MAX_PREDICTION = 1024;
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const create = createRoute({
  method: 'post',
  path: '/v1/inferences',
  summary: 'Run a model',
  description:
    'Answers at once; the run and its claim on chain follow. With an Idempotency-Key header the same request again gives the same inference.',
  request: {
    headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
    body: { required: true, content: json(newInferenceSchema) },
  },
  responses: {
    202: { description: 'It has been taken up', content: json(inferenceSchema) },
    ...problems(400, 401, 404, 409, 413, 415, 422),
  },
});

const read = createRoute({
  method: 'get',
  path: '/v1/inferences/{id}',
  summary: 'An inference',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: 'The inference', content: json(inferenceSchema) },
    ...problems(404),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/inferences',
  summary: 'The newest inferences',
  request: {
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  },
  responses: {
    200: {
      description: 'Newest first',
      content: json(z.object({ inferences: z.array(inferenceSchema) })),
    },
    ...problems(422),
  },
});

const bytesOf = async (env: AgentEnv, key: string): Promise<Uint8Array | undefined> => {
  const file = await env.BUCKET.get(key);
  return file ? new Uint8Array(await file.arrayBuffer()) : undefined;
};

export async function showInference(env: AgentEnv, row: Row): Promise<InferenceBody> {
  const db = openDatabase(env.DB);
  const model = await db.query.models.findFirst({ where: eq(models.id, row.model) });
  const manifest = model && (JSON.parse(model.manifest) as Manifest);
  const outputs: NonNullable<InferenceBody['outputs']> = [];
  let prediction: InferenceBody['prediction'] = null;
  for (const [i, type] of (row.outputs ? (manifest?.outputs ?? []) : []).entries()) {
    const bytes = await bytesOf(env, `${row.outputs}/${i}`);
    if (!bytes) continue;
    outputs.push({ dtype: type.dtype, shape: [...type.shape], data: toBase64(bytes) });
    if (i > 0) continue;
    const values = elementsOf(bytes, type);
    if (values && values.length <= MAX_PREDICTION) prediction = { argmax: argmax(values), values };
  }
  return {
    id: row.id,
    model: row.model,
    status: row.status as InferenceBody['status'],
    outputs: row.outputs ? outputs : null,
    prediction,
    end: row.end,
    claim: row.claimId,
    error: row.error,
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
  };
}

async function hashOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function inferenceRoutes() {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(create, async (c) => {
    const { adversary: deployed, apiToken } = c.get('settings');
    if (apiToken) await requireToken(c.req.header('authorization'), apiToken);
    const body = c.req.valid('json');
    const db = openDatabase(c.env.DB);
    const key = c.req.valid('header')['idempotency-key'] ?? null;
    const bodyHash = await hashOf(JSON.stringify(body));
    const repeated = async () => {
      const known =
        key && (await db.query.inferences.findFirst({ where: eq(inferences.idempotencyKey, key) }));
      if (!known) return undefined;
      if (known.bodyHash === bodyHash) return known;
      const detail = 'This Idempotency-Key came before with another body: use a fresh key.';
      throw new Problem(409, 'idempotency-key-reused', detail);
    };
    const before = await repeated();
    if (before) return c.json(await showInference(c.env, before), 202);
    if (body.adversary !== undefined && !deployed) {
      throw new Problem(422, 'no-adversary', 'This submitter is honest: it plays no adversary.');
    }
    const model = await db.query.models.findFirst({
      where: or(eq(models.id, body.model), eq(models.name, body.model)),
    });
    if (!model) {
      const detail = `There is no model "${body.model}" here. GET /v1/models lists those there are.`;
      throw new Problem(404, 'unknown-model', detail);
    }
    const [type] = (JSON.parse(model.manifest) as Manifest).inputs;
    if (!type) throw new Problem(422, 'no-input', `Model ${model.id} takes no input.`);
    let input: Uint8Array;
    try {
      input = readInput(body.input, type);
    } catch (error) {
      if (error instanceof InputError) throw new Problem(422, error.code, error.message);
      throw error;
    }
    const id = `inf_${crypto.randomUUID()}`;
    const inputKey = `inputs/${id}`;
    await c.env.BUCKET.put(inputKey, input);
    const now = Date.now();
    const row: Row = {
      ...{ id, model: model.id, status: 'queued', inputKey, outputs: null, end: null },
      ...{
        claimId: null,
        offer: null,
        request: null,
        adversary: body.adversary ?? null,
        error: null,
      },
      ...{ idempotencyKey: key, bodyHash, createdAt: now, updatedAt: now },
    };
    const fresh = await db.insert(inferences).values(row).onConflictDoNothing().returning();
    // Two requests with one key at the same time: the other one was first.
    const winner = fresh[0] ?? (await repeated());
    if (!winner) throw new Error(`inference ${id} was not stored`);
    await c.env.INFERENCE?.getByName(winner.id).wake(winner.id);
    c.header('location', `/v1/inferences/${winner.id}`);
    return c.json(await showInference(c.env, winner), 202);
  });
  app.openapi(read, async (c) => {
    const { id } = c.req.valid('param');
    const db = openDatabase(c.env.DB);
    const row = await db.query.inferences.findFirst({ where: eq(inferences.id, id) });
    if (!row) throw new Problem(404, 'unknown-inference', `There is no inference ${id}.`);
    return c.json(await showInference(c.env, row), 200);
  });
  app.openapi(list, async (c) => {
    const { limit } = c.req.valid('query');
    const db = openDatabase(c.env.DB);
    const rows = await db.query.inferences.findMany({
      orderBy: desc(inferences.createdAt),
      limit,
    });
    return c.json(
      { inferences: await Promise.all(rows.map((row) => showInference(c.env, row))) },
      200,
    );
  });
  // The input as it came, for those who look at pictures.
  app.get('/v1/inferences/:id/input', async (c) => {
    const bytes = await bytesOf(c.env, `inputs/${c.req.param('id')}`);
    if (!bytes) throw new Problem(404, 'unknown-inference', 'There is no such inference.');
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'application/octet-stream',
    });
  });
  return app;
}
