import type { OpenAPIHono } from '@hono/zod-openapi';
import { openDatabase } from '../db/client.ts';
import { type AgentEnv, type ApiEnv, watcherOf } from '../env.ts';
import { settingsOf } from '../settings.ts';
import { deliver } from '../webhooks/deliver.ts';
import { type DeliveryMessage, sweepDeliveries } from '../webhooks/events.ts';
import { dnsOverHttps } from '../webhooks/target.ts';

/** The handlers that every agent has: HTTP, webhook deliveries, and the sweep that finds what was lost. */
export function agentWorker(app: OpenAPIHono<ApiEnv>): ExportedHandler<AgentEnv, DeliveryMessage> {
  return {
    fetch: (request, env, context) => app.fetch(request, env, context),
    async queue(batch, env) {
      const settings = settingsOf(env);
      const db = openDatabase(env.DB);
      const options = {
        allowPrivate: settings.allowPrivateWebhooks,
        resolve: dnsOverHttps(settings.dnsUrl),
      };
      for (const message of batch.messages) {
        await deliver(db, env.WEBHOOKS, message.body, Date.now(), options);
        message.ack();
      }
    },
    async scheduled(_, env) {
      await watcherOf(env, settingsOf(env)).follow();
      await sweepDeliveries(openDatabase(env.DB), env.WEBHOOKS, Date.now());
    },
  };
}
