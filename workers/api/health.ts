import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { openChain } from '../chain.ts';
import { payableTo } from '../contract.ts';
import { type ApiEnv, signerOf, watcherOf } from '../env.ts';
import type { Role } from './app.ts';
import { onInvalid } from './problem.ts';
import { problems } from './schemas.ts';

const healthSchema = z
  .object({
    role: z.string(),
    address: z.string(),
    contract: z.string(),
    chain_id: z.number().int(),
    next_block: z.number().int().openapi({ description: 'Events below it have been read' }),
    head: z.number().int(),
    balance_wei: z.string(),
    withdrawable_wei: z.string().openapi({ description: 'Of all contracts together' }),
    unfinished_transactions: z.array(
      z.object({ id: z.string(), status: z.string(), error: z.string().nullable() }),
    ),
  })
  .openapi('Health');

const route = createRoute({
  method: 'get',
  path: '/health',
  summary: 'Who this agent is, and how far it is',
  responses: {
    200: {
      description: 'It works',
      content: { 'application/json': { schema: healthSchema } },
    },
    ...problems(500, 503),
  },
});

export function healthRoutes(role: Role) {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: onInvalid });
  app.openapi(route, async (c) => {
    const settings = c.get('settings');
    const { client } = openChain(settings);
    const [{ next, head }, balance, payable, backlog] = await Promise.all([
      watcherOf(c.env, settings).follow(),
      client.getBalance({ address: settings.address }),
      payableTo(client, settings, settings.address),
      signerOf(c.env, settings).backlog(),
    ]);
    return c.json(
      {
        role: role.name,
        address: settings.address,
        contract: settings.contract,
        chain_id: settings.chainId,
        next_block: next,
        head,
        balance_wei: balance.toString(),
        withdrawable_wei: (payable.pinpoint + payable.demands).toString(),
        unfinished_transactions: [...backlog],
      },
      200,
    );
  });
  return app;
}
