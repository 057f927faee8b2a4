import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { type ApiEnv, watcherOf } from '../env.ts';
import { pages } from '../pages/index.ts';
import { settingsOf } from '../settings.ts';
import { claimRoutes } from './claims.ts';
import { disputeRoutes } from './disputes.ts';
import { healthRoutes } from './health.ts';
import { inferenceRoutes } from './inferences.ts';
import { modelRoutes } from './models.ts';
import { notFound, onError, onInvalid, Problem } from './problem.ts';
import { webhookRoutes } from './webhooks.ts';

/** What a worker is, as its pages and its description say it. */
export interface Role {
  readonly name: 'coordinator' | 'verifier' | 'dishonest submitter';
  /** It answers POST /v1/inferences with claims of its own. */
  readonly submits: boolean;
}

const MAX_JSON_BYTES = 256 * 1024;
const MAX_MODEL_BYTES = 64 * 1024 * 1024;
const MODELS = '/v1/models';

let following = 0;
/** An isolate that has just begun may be the first after a crash: the watcher is told, and again now and then. */
const FOLLOW_EVERY_MS = 10_000;

/** The API of an agent: JSON under /v1, its description, and the pages. */
export function createApp(role: Role): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.onError(onError);
  app.notFound(notFound);
  app.use(secureHeaders({ crossOriginResourcePolicy: false }));
  app.use(async (c, next) => {
    const settings = settingsOf(c.env);
    c.set('settings', settings);
    const now = Date.now();
    if (now - following > FOLLOW_EVERY_MS) {
      following = now;
      c.executionCtx.waitUntil(watcherOf(c.env, settings).follow());
    }
    await next();
  });
  const tooLarge = (limit: number) => () => {
    throw new Problem(413, 'too-large', `The body is longer than the ${limit} bytes allowed here.`);
  };
  app.use('/v1/*', async (c, next) => {
    const maxSize = c.req.path === MODELS ? MAX_MODEL_BYTES : MAX_JSON_BYTES;
    return bodyLimit({ maxSize, onError: tooLarge(maxSize) })(c, next);
  });
  app.use('/v1/*', async (c, next) => {
    const type = c.req.header('content-type') ?? '';
    if (c.req.method === 'POST' && c.req.path !== MODELS && !/^application\/json\b/i.test(type)) {
      const given = type === '' ? 'no content-type' : JSON.stringify(type);
      throw new Problem(
        415,
        'not-json',
        `The body must be JSON with content-type application/json; it came with ${given}.`,
      );
    }
    await next();
  });
  app.route('/', healthRoutes(role));
  app.route('/', modelRoutes(role));
  if (role.submits) app.route('/', inferenceRoutes());
  app.route('/', claimRoutes());
  app.route('/', disputeRoutes());
  app.route('/', webhookRoutes());
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: `Pinpoint ${role.name}`,
      version: '1.0.0',
      description:
        'Model inference whose results are claimed on chain with a bond, checked by anybody, and decided by one instruction.',
    },
  });
  app.route('/', pages(role));
  return app;
}
