/** Reads logs from endpoints that refuse ranges they find too long, and receipts for what the logs don't say. */
import {
  type Abi,
  type Address,
  encodeEventTopics,
  formatLog,
  type Hex,
  numberToHex,
  type PublicClient,
  parseEventLogs,
  type RpcLog,
} from 'viem';
import type { Hash } from '../models/types.ts';
import { demandsAbi, pinpointAbi } from './generated/abi.ts';
import type { ReplayEvent } from './replay.ts';

/** What endpoints say when a range is too long or has too many logs; each says it in its own words. */
const RANGE_REFUSED =
  /range|too many|limit|more than|exceed|too large|too big|10000 results|timed? ?out|took too long/i;
export const isRangeRefusal = (error: unknown): boolean =>
  RANGE_REFUSED.test(
    [(error as Error).message, (error as { details?: string }).details].filter(Boolean).join(' '),
  );

/** Answers in a row after which a longer range is tried. */
const ACCEPTED = 4;

/** Told after every answer: the next block to read. */
export type Progress = (next: bigint) => void;

/**
 * All that `ask` has for blocks [from, to], ascending: at first at once, in halves where that is refused, and twice as
 * long again after some that were accepted.
 */
export async function readRanges<T>(
  ask: (from: bigint, to: bigint) => Promise<readonly T[]>,
  from: bigint,
  to: bigint,
  progress: Progress = () => {},
): Promise<T[]> {
  const found: T[] = [];
  let next = from;
  let size = to - from + 1n;
  let accepted = 0;
  while (next <= to) {
    const last = next + size - 1n > to ? to : next + size - 1n;
    try {
      found.push(...(await ask(next, last)));
    } catch (error) {
      // A single block can't be split.
      if (last === next || !isRangeRefusal(error)) throw error;
      size = (last - next + 1n) / 2n;
      accepted = 0;
      continue;
    }
    next = last + 1n;
    accepted++;
    if (accepted % ACCEPTED === 0) size *= 2n;
    progress(next);
  }
  return found;
}

export interface LogSource {
  readonly client: PublicClient;
  readonly pinpoint: Address;
  readonly demands: Address;
  /** Blocks to look at. */
  readonly from: bigint;
  readonly to: bigint;
  readonly progress?: Progress;
}

type Topics = (Hex | readonly Hex[] | null)[];
/** Ids in one request. */
const IDS_AT_ONCE = 100;
const ABI: Abi = [...pinpointAbi, ...demandsAbi];

/** Transactions whose logs of both contracts have these topics. */
async function transactionsWith(source: LogSource, topics: Topics) {
  const { client, demands, from, pinpoint, progress, to } = source;
  const ask = async (fromBlock: bigint, toBlock: bigint): Promise<RpcLog[]> =>
    client.request({
      method: 'eth_getLogs',
      params: [
        {
          address: [pinpoint, demands],
          topics: topics as Hex[],
          fromBlock: numberToHex(fromBlock),
          toBlock: numberToHex(toBlock),
        },
      ],
    });
  return parse(await readRanges(ask, from, to, progress));
}

const parse = (logs: readonly RpcLog[]) =>
  parseEventLogs({ abi: ABI, logs: logs.map((log) => formatLog(log)) }) as unknown as Parsed[];

interface Parsed {
  readonly address: Address;
  readonly eventName: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly blockNumber: bigint;
  readonly logIndex: number;
  readonly transactionHash: Hex;
}

/** Events with what their transactions cost and when they were. All events of both contracts in these transactions. */
export async function eventsOfTransactions(
  { client, demands, pinpoint, progress = () => {} }: LogSource,
  hashes: Iterable<Hex>,
): Promise<ReplayEvent[]> {
  const events: ReplayEvent[] = [];
  const times = new Map<bigint, number>();
  for (const hash of new Set(hashes)) {
    const { blockNumber, from, gasUsed, logs } = await client.getTransactionReceipt({ hash });
    if (!times.has(blockNumber)) {
      const { timestamp } = await client.getBlock({ blockNumber });
      times.set(blockNumber, Number(timestamp));
    }
    const known = new Map([
      [pinpoint.toLowerCase(), 'pinpoint' as const],
      [demands.toLowerCase(), 'demands' as const],
    ]);
    for (const log of parseEventLogs({ abi: ABI, logs }) as unknown as Parsed[]) {
      const contract = known.get(log.address.toLowerCase());
      if (!contract) continue;
      events.push({
        ...{ contract, name: log.eventName, args: log.args, block: Number(blockNumber) },
        ...{ logIndex: log.logIndex, txHash: hash, gasUsed: Number(gasUsed), from },
        timestamp: times.get(blockNumber) ?? 0,
      });
    }
    progress(blockNumber);
  }
  return events.sort((x, y) => x.block - y.block || x.logIndex - y.logIndex);
}

/** All events that concern a claim: its own, those of its games and of the demands about it. */
export async function eventsOfClaim(source: LogSource, claimId: Hash): Promise<ReplayEvent[]> {
  // Claims are indexed first in some events and second in others.
  const own = [
    ...(await transactionsWith(source, [null, claimId])),
    ...(await transactionsWith(source, [null, null, claimId])),
  ];
  const ids = new Set<Hex>();
  for (const { args } of own) {
    for (const id of [args.gameId, args.demandId]) if (typeof id === 'string') ids.add(id as Hex);
  }
  const all = [...own];
  const list = [...ids];
  for (let at = 0; at < list.length; at += IDS_AT_ONCE) {
    all.push(...(await transactionsWith(source, [null, list.slice(at, at + IDS_AT_ONCE)])));
  }
  return eventsOfTransactions(
    source,
    all.map(({ transactionHash }) => transactionHash),
  );
}

/** The claim that a game is about; undefined if there is no such game in these blocks. */
export async function claimOfGame(source: LogSource, gameId: Hash): Promise<Hash | undefined> {
  const logs = await transactionsWith(source, [null, gameId]);
  return logs.find(({ eventName }) => eventName === 'Challenged')?.args.claimId as Hash | undefined;
}

/** Claims made in these blocks, in order. */
export async function claimsIn(source: LogSource): Promise<Hash[]> {
  const topics = encodeEventTopics({ abi: pinpointAbi, eventName: 'Claimed' });
  const claims = await transactionsWith(source, topics as Topics);
  return claims.map(({ args }) => args.claimId as Hash);
}
