import {
  type Address,
  createPublicClient,
  fallback,
  type Hex,
  http,
  type Log,
  type PublicClient,
  parseEventLogs,
} from 'viem';
import { explainRefusal } from '../chain/errors.ts';
import { EVENTS_ABI, parametersOf } from './contract.ts';
import type { Settings } from './settings.ts';

/** An event of the contracts with what its transaction cost, in the order of the chain. */
export interface ChainEvent {
  readonly block: number;
  readonly logIndex: number;
  readonly blockHash: Hex;
  /** Unix seconds of the block. */
  readonly timestamp: number;
  readonly txHash: Hex;
  readonly gasUsed: number;
  readonly name: string;
  readonly claimId: Hex | null;
  readonly gameId: Hex | null;
  readonly demandId: Hex | null;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Chain {
  readonly client: PublicClient;
  /** Events of blocks [from, to], ascending. */
  readEvents(from: number, to: number): Promise<ChainEvent[]>;
  /** Hash of a block; undefined if the endpoint has none of this number. */
  blockHash(number: number): Promise<Hex | undefined>;
  /** Time of the newest block, in ms; a chain's clock may run ahead of ours. */
  now(): Promise<number>;
}

const RPC_TIMEOUT_MS = 10_000;
const chains = new WeakMap<Settings, Chain>();

const hexOrNull = (value: unknown): Hex | null =>
  typeof value === 'string' ? (value as Hex) : null;

/** The chain of these settings, over all endpoints in turn; one for each isolate. */
export function openChain(settings: Settings): Chain {
  const known = chains.get(settings);
  if (known) return known;
  const transports = settings.rpcUrls.map((url) => http(url, { timeout: RPC_TIMEOUT_MS }));
  const client = createPublicClient({ transport: fallback(transports) });
  const chain: Chain = {
    client,
    async readEvents(from, to) {
      const { demands } = await parametersOf(client, settings);
      return readEvents(client, [settings.contract, demands], from, to);
    },
    async blockHash(number) {
      try {
        return (await client.getBlock({ blockNumber: BigInt(number) })).hash ?? undefined;
      } catch (error) {
        if ((error as Error).name === 'BlockNotFoundError') return undefined;
        throw error;
      }
    },
    async now() {
      return Number((await client.getBlock({ blockTag: 'latest' })).timestamp) * 1000;
    },
  };
  chains.set(settings, chain);
  return chain;
}

async function readEvents(
  client: PublicClient,
  contracts: Address[],
  from: number,
  to: number,
): Promise<ChainEvent[]> {
  const logs = await client.getLogs({
    address: contracts,
    fromBlock: BigInt(from),
    toBlock: BigInt(to),
  });
  // Typed as any ABI: which events there are is checked where they are read (workers/contract.ts).
  const parsed = parseEventLogs({ abi: EVENTS_ABI, logs: logs as Log[] });
  const blocks = await byKey(
    parsed.map((log) => log.blockNumber as bigint),
    (blockNumber) => client.getBlock({ blockNumber }),
  );
  // Behind one address there may be several machines, one of them on a chain that the others have left.
  for (const { blockHash, blockNumber } of parsed) {
    const { hash, number } = blocks.get(blockNumber as bigint) ?? {};
    const isAsked = Number(blockNumber) >= from && Number(blockNumber) <= to;
    if (hash !== blockHash || number !== blockNumber || !isAsked) {
      throw new Error(
        `the endpoint gave an event of block ${blockNumber} with hash ${blockHash}; blocks ${from} to ${to} were asked for, and this one's hash is ${hash}`,
      );
    }
  }
  const gas = await byKey(
    parsed.map((log) => log.transactionHash as Hex),
    async (hash) => Number((await client.getTransactionReceipt({ hash })).gasUsed),
  );
  return parsed.map((log) => {
    const args = log.args as unknown as Record<string, unknown>;
    return {
      block: Number(log.blockNumber),
      logIndex: Number(log.logIndex),
      blockHash: log.blockHash as Hex,
      timestamp: Number(blocks.get(log.blockNumber as bigint)?.timestamp ?? 0),
      txHash: log.transactionHash as Hex,
      gasUsed: gas.get(log.transactionHash as Hex) ?? 0,
      name: log.eventName,
      claimId: hexOrNull(args.claimId),
      gameId: hexOrNull(args.gameId),
      demandId: hexOrNull(args.demandId),
      args,
    };
  });
}

/** One look-up for each distinct key. */
async function byKey<K, V>(keys: readonly K[], look: (key: K) => Promise<V>): Promise<Map<K, V>> {
  const found = new Map<K, V>();
  for (const key of new Set(keys)) found.set(key, await look(key));
  return found;
}

/** Why the contract refused a call; undefined if it wasn't the contract that failed. */
export function revertReason(error: unknown): string | undefined {
  const refusal = explainRefusal(error);
  if (refusal) return `the contract refused it: ${refusal.message}`;
  for (let at = error as Failure | undefined; at; at = at.cause) {
    if (at.name === 'ExecutionRevertedError' || at.name === 'ContractFunctionRevertedError') {
      return messageOf(error);
    }
  }
  return undefined;
}

interface Failure {
  readonly name?: string;
  readonly cause?: Failure;
}

/** The short form of an error of viem, without the request it belongs to. */
export function messageOf(error: unknown): string {
  const known = error as { shortMessage?: string; details?: string; message?: string };
  const text = [known.shortMessage, known.details].filter(Boolean).join(' ');
  return text || known.message || String(error);
}
