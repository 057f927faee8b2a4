import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeEventTopics, type Hex, pad, toHex } from 'viem';
import { afterEach, describe, expect, test } from 'vitest';
import { pinpointAbi } from '../../chain/generated/abi.ts';
import { type Chain, openChain } from '../../workers/chain.ts';
import { readSettings } from '../../workers/settings.ts';

const CONTRACT = '0x00000000000000000000000000000000000000aa';
const BLOCK_7 = pad('0x07');

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}
/** Result of a JSON-RPC call; what is thrown goes out as its error. */
type Answer = (call: Call) => unknown;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An endpoint that answers so; `status`: of HTTP, for every call. */
async function endpoint(answer: Answer, status = 200): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, ...call } = JSON.parse(body) as Call & { id: number };
    const reply: Record<string, unknown> = { jsonrpc: '2.0', id };
    try {
      reply.result = answer(call);
    } catch (error) {
      reply.error = { code: -32005, message: (error as Error).message };
    }
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply));
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const chainOver = (...urls: string[]): Chain =>
  openChain(
    readSettings({
      RPC_URL: urls.join(','),
      CHAIN_ID: '31337',
      CONTRACT_ADDRESS: CONTRACT,
      PRIVATE_KEY: pad('0x01'),
      ADMIN_TOKEN: 'sixteen characters',
    }),
  );

const blockOf = (number: Hex, hash: Hex) => ({
  ...{ number, hash, parentHash: pad('0x06'), timestamp: '0x64', transactions: [], uncles: [] },
  ...{ baseFeePerGas: '0x1', difficulty: '0x0', gasLimit: '0x1', gasUsed: '0x0', size: '0x1' },
});

const finalized = (blockHash: Hex, blockNumber: Hex = '0x7') => ({
  address: CONTRACT,
  topics: encodeEventTopics({
    ...{ abi: pinpointAbi, eventName: 'Finalized' },
    args: { claimId: pad('0xc1'), submitter: CONTRACT },
  }),
  data: pad('0x05'),
  ...{ blockNumber, blockHash, transactionHash: pad('0x0a') },
  ...{ transactionIndex: '0x0', logIndex: '0x0', removed: false },
});

/** A chain whose block 7 has one event. */
const honest: Answer = ({ method }) => {
  if (method === 'eth_getBlockByNumber') return blockOf('0x7', BLOCK_7);
  if (method === 'eth_getLogs') return [finalized(BLOCK_7)];
  if (method === 'eth_getTransactionReceipt') {
    return {
      ...{ status: '0x1', gasUsed: '0x5208', logs: [], type: '0x2', blockNumber: '0x7' },
      ...{ transactionIndex: '0x0', cumulativeGasUsed: '0x5208', effectiveGasPrice: '0x1' },
    };
  }
  return pad(toHex(0xbb));
};

describe('events', () => {
  test('are read with their block and what they cost', async () => {
    const events = await chainOver(await endpoint(honest)).readEvents(7, 7);
    expect(events).toMatchObject([
      { name: 'Finalized', block: 7, blockHash: BLOCK_7, timestamp: 100, gasUsed: 21_000 },
    ]);
  });

  test('of a block that isn’t on the chain any more are refused', async () => {
    const url = await endpoint((call) =>
      call.method === 'eth_getLogs' ? [finalized(pad('0x77'))] : honest(call),
    );
    await expect(chainOver(url).readEvents(7, 7)).rejects.toThrow(/block 7/);
  });

  test('of blocks that weren’t asked for are refused', async () => {
    const url = await endpoint(honest);
    await expect(chainOver(url).readEvents(8, 9)).rejects.toThrow(/block 7/);
  });
});

describe('an endpoint', () => {
  test('that is overloaded is passed over for the next', async () => {
    const busy = await endpoint(() => {
      throw new Error('rate limited');
    }, 429);
    expect(await chainOver(busy, await endpoint(honest)).blockHash(7)).toBe(BLOCK_7);
  });

  test('that has no such block says so, one that fails doesn’t', async () => {
    const behind = await endpoint(({ method }) =>
      method === 'eth_getBlockByNumber' ? null : undefined,
    );
    expect(await chainOver(behind).blockHash(7)).toBeUndefined();
    const failing = await endpoint(() => {
      throw new Error('rate limited');
    });
    await expect(chainOver(failing).blockHash(7)).rejects.toThrow();
  });
});
