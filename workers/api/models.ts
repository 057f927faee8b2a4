import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { and, desc, eq } from 'drizzle-orm';
import { encodeOffer, encodeRegister } from '../../chain/calls.ts';
import { ModelError } from '../../models/errors.ts';
import { type Manifest, openBundle } from '../agent/models.ts';
import { openChain } from '../chain.ts';
import { offerIdOf, parametersOf } from '../contract.ts';
import { openDatabase } from '../db/client.ts';
import { claims, models } from '../db/schema.ts';
import { type ApiEnv, signerOf } from '../env.ts';
import type { Role } from './app.ts';
import { requireToken } from './auth.ts';
import { onInvalid, Problem } from './problem.ts';
import { modelSchema, problems } from './schemas.ts';

const MAX_LISTED = 100;

const list = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'Models this agent holds',
  responses: {
    200: {
      description: 'The models, newest first',
      content: { 'application/json': { schema: z.object({ models: z.array(modelSchema) }) } },
    },
  },
});

const upload = createRoute({
  method: 'post',
  path: '/v1/models',
  summary: 'Add a model (administrator)',
  description:
    'The body is a model file. A submitter also registers it on chain and offers runs of it under its terms; the same model again changes nothing.',
  security: [{ bearer: [] }],
  request: {
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
  responses: {
    201: {
      description: 'The model is here',
      content: { 'application/json': { schema: modelSchema } },
    },
    ...problems(401, 413, 422),
  },
});

const shown = (id: string, { name, inputs, outputs }: Manifest) => ({
  id,
  name,
  inputs: inputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
  outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
});

export function modelRoutes({ submits }: Role) {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(list, async (c) => {
    const rows = await openDatabase(c.env.DB)
      .select()
      .from(models)
      .orderBy(desc(models.createdAt))
      .limit(MAX_LISTED);
    const all = rows.map(({ id, manifest }) => shown(id, JSON.parse(manifest) as Manifest));
    return c.json({ models: all }, 200);
  });
  app.openapi(upload, async (c) => {
    const settings = c.get('settings');
    await requireToken(c.req.header('authorization'), settings.adminToken);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const { model, manifest } = await openBundle(bytes).catch((error) => {
      if (!(error instanceof ModelError)) throw error;
      throw new Problem(422, 'invalid-model', `This is no model: ${error.message}`);
    });
    const { id } = model;
    const bundleKey = `models/${id}`;
    await c.env.BUCKET.put(bundleKey, bytes);
    const db = openDatabase(c.env.DB);
    const row = { id, name: manifest.name, bundleKey, manifest: JSON.stringify(manifest) };
    await db
      .insert(models)
      .values({ ...row, createdAt: Date.now() })
      .onConflictDoNothing();
    if (submits) {
      const { registry: to } = await parametersOf(openChain(settings).client, settings);
      const signer = signerOf(c.env, settings);
      const register = { id: `register:${id}`, data: encodeRegister(model.registration) };
      await signer.submit({ ...register, to, value: 0n });
      const data = encodeOffer(id, settings.terms);
      const job = { id: `offer:${offerIdOf(settings, to, id)}`, data, after: register.id };
      await signer.submit({ ...job, to, value: 0n });
    }
    const waiting = await db.query.claims.findMany({
      where: and(eq(claims.model, id), eq(claims.verdict, 'unable')),
    });
    for (const claim of waiting) await c.env.CLAIM.getByName(claim.id).reconsider();
    return c.json(shown(id, manifest), 201);
  });
  return app;
}
