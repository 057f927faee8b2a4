/** Everything the product consists of, on this machine: a chain, the contracts, three agents, a webhook receiver. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { offerId } from '../../chain/commit.ts';
import {
  DEFAULT_PARAMETERS,
  type Deployment,
  type DeployParameters,
  deployPinpoint,
} from '../../chain/deploy.ts';
import { registryAbi } from '../../chain/generated/abi.ts';
import { DEFAULT_TERMS, writeTerms } from '../../chain/terms.ts';
import type { Terms } from '../../chain/types.ts';
import { type Anvil, startAnvil } from './anvil.ts';
import { MODEL_FILE } from './models.ts';
import { step, tell, until } from './story.ts';
import { migrate, type RunningWorker, startWorker, type WorkerOptions } from './workers.ts';

/** Short, so that nobody waits for a demonstration: real ones are the defaults of chain/deploy.ts and chain/terms.ts. */
export const LOCAL_PARAMETERS: DeployParameters = {
  ...DEFAULT_PARAMETERS,
  minWindow: 16n,
  minClock: 1n,
};
export const LOCAL_TERMS: Terms = {
  ...DEFAULT_TERMS,
  ...{ window: 20, clock: 60, increment: 5, descentIncrement: 10 },
};

export const AGENTS = {
  coordinator: { config: 'wrangler.toml', account: 1 },
  verifier: { config: 'workers/verifier/wrangler.toml', account: 2 },
  dishonest: { config: 'workers/dishonest/wrangler.toml', account: 3 },
} as const;
export type AgentName = keyof typeof AGENTS;

const ADMIN_TOKEN = 'a-token-for-local-use-only';

export interface Notice {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The signature was checked with the secret of the subscription. */
  readonly isVerified: boolean;
}

export interface World {
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly model: string;
  /** Webhooks received by the verifier's subscriber, as they came. */
  readonly notices: readonly Notice[];
  url(agent: AgentName): string;
  address(agent: AgentName): `0x${string}`;
  /** Calls an agent's API. Throws with the problem's detail unless the answer is 2xx. */
  call<T>(agent: AgentName, path: string, body?: unknown): Promise<T>;
  /** Kills an agent without warning, and starts it again with what it had stored. */
  killAndRestart(agent: AgentName): Promise<void>;
  stop(): Promise<void>;
}

async function answer<T>(response: Response): Promise<T> {
  const body = (await response.json()) as T & { detail?: string };
  if (response.ok) return body;
  throw new Error(`${response.status} ${response.url}: ${body.detail ?? JSON.stringify(body)}`);
}

/** A server that checks the signature of what it is sent. */
async function startReceiver(notices: Notice[], secret: () => string | undefined) {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      let isVerified = true;
      try {
        new Webhook(secret() ?? '').verify(body, headers);
      } catch {
        isVerified = false;
      }
      notices.push({ ...(JSON.parse(body) as Omit<Notice, 'isVerified'>), isVerified });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

/** Starts everything, registers the model and subscribes to the verifier's disputes. */
export async function startWorld({
  ports,
}: {
  ports?: Record<AgentName, number>;
} = {}): Promise<World> {
  mkdirSync('build', { recursive: true });
  const folder = mkdtempSync(join('build', 'world-'));
  const anvil = await step('starting a chain', () => startAnvil());
  const workers = new Map<AgentName, { options: WorkerOptions; running: RunningWorker }>();
  let receiver: Server | undefined;
  const stop = async (): Promise<void> => {
    receiver?.close();
    receiver?.closeAllConnections();
    await Promise.all([...workers.values()].map(({ running }) => running.stop()));
    await anvil.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const deployment = await step('deploying the contracts', () =>
      deployPinpoint(anvil.wallet(0), anvil.client, LOCAL_PARAMETERS),
    );
    for (const { gasUsed, name } of deployment.contracts) tell(`  ${name}: ${gasUsed} gas`);
    const names = Object.keys(AGENTS) as AgentName[];
    const optionsOf = (name: AgentName): WorkerOptions => ({
      config: AGENTS[name].config,
      persistTo: join(folder, name),
      port: ports?.[name] ?? 0,
      vars: {
        RPC_URL: anvil.url,
        CHAIN_ID: String(anvil.chain.id),
        CONTRACT_ADDRESS: deployment.address,
        OFFER_TERMS: writeTerms(LOCAL_TERMS),
        START_BLOCK: String(deployment.block),
        PRIVATE_KEY: anvil.privateKey(AGENTS[name].account),
        ADMIN_TOKEN,
        POLL_MS: '100',
        ALLOW_PRIVATE_WEBHOOKS: 'true',
        ...(name === 'dishonest' ? { ADVERSARY: 'instruction' } : {}),
      },
    });
    await step('creating the databases', async () => {
      await Promise.all(names.map((name) => migrate(optionsOf(name))));
    });
    await step('starting coordinator, verifier and a dishonest submitter', async () => {
      await Promise.all(
        names.map(async (name) => {
          const options = optionsOf(name);
          workers.set(name, { options, running: await startWorker(options) });
        }),
      );
    });
    const url = (name: AgentName): string => workers.get(name)?.running.url ?? '';
    const call = async <T>(name: AgentName, path: string, body?: unknown): Promise<T> =>
      answer<T>(
        await fetch(
          `${url(name)}${path}`,
          body === undefined
            ? {}
            : {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(body),
              },
        ),
      );
    const model = await step('registering the digit classifier', async () => {
      const file = readFileSync(MODEL_FILE);
      const headers = {
        'content-type': 'application/octet-stream',
        authorization: `Bearer ${ADMIN_TOKEN}`,
      };
      let id = '';
      for (const name of names) {
        const sent = fetch(`${url(name)}/v1/models`, { method: 'POST', headers, body: file });
        ({ id } = await answer<{ id: string }>(await sent));
        if (name !== 'coordinator') continue;
        const at = { chainId: BigInt(anvil.chain.id), contract: deployment.registry };
        const offer = offerId({ ...at, model: id as `0x${string}`, terms: LOCAL_TERMS });
        await until('the offer on chain', 30, async () =>
          anvil.client
            .readContract({
              ...{ address: deployment.registry, abi: registryAbi, functionName: 'getOffer' },
              args: [offer],
            })
            .catch(() => undefined),
        );
      }
      return id;
    });
    const notices: Notice[] = [];
    let secret: string | undefined;
    const { server, url: hook } = await startReceiver(notices, () => secret);
    receiver = server;
    const events = ['dispute.opened', 'dispute.resolved', 'claim.fallen'];
    ({ secret } = await call<{ secret: string }>('verifier', '/v1/webhooks', {
      url: hook,
      events,
    }));
    return {
      anvil,
      deployment,
      model,
      notices,
      url,
      address: (name) => anvil.wallet(AGENTS[name].account).account.address,
      call,
      async killAndRestart(name) {
        const worker = workers.get(name);
        if (!worker) throw new Error(`no worker ${name}`);
        await worker.running.kill();
        workers.set(name, { ...worker, running: await startWorker(worker.options) });
        await call(name, '/health');
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
