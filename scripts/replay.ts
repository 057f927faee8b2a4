/**
 * Tells the course of a claim from the chain's logs alone: its disputes with every move, the demands for its data, and
 * where the money went.
 *
 *   npm run replay -- --rpc URL --contract ADDRESS --claim ID
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Address, createPublicClient, getAddress, type Hex, http, isAddress } from 'viem';
import { pinpointAbi } from '../chain/generated/abi.ts';
import {
  claimOfGame,
  claimsIn,
  eventsOfClaim,
  eventsOfTransactions,
  type LogSource,
} from '../chain/logs.ts';
import { replay } from '../chain/replay.ts';
import { replayText } from './lib/replay-text.ts';

/** A problem that the user can do something about. */
class UsageError extends Error {}

const hash = (value: string): Hex => {
  if (!/^0x[0-9a-fA-F]{64}$/.test(value)) {
    throw new InvalidArgumentError('It must be 0x and 64 hexadecimal digits.');
  }
  return value.toLowerCase() as Hex;
};
const address = (value: string): Address => {
  if (!isAddress(value, { strict: false })) {
    throw new InvalidArgumentError('It must be an address: 0x and 40 hexadecimal digits.');
  }
  return getAddress(value);
};
const url = (value: string): string => {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new InvalidArgumentError('It must be an http or https URL.');
  }
  return value;
};
const block = (value: string): bigint => {
  if (!/^[0-9]{1,18}$/.test(value)) throw new InvalidArgumentError('It must be a block number.');
  return BigInt(value);
};

interface Options {
  readonly rpc: string;
  readonly contract: Address;
  readonly claim?: Hex;
  readonly game?: Hex;
  readonly tx?: Hex;
  readonly from: bigint;
  readonly json?: boolean;
}

const options = new Command('replay')
  .description("tells the course of a claim and its disputes from the chain's logs")
  .requiredOption('--rpc <url>', 'JSON-RPC endpoint of the chain', url)
  .requiredOption('--contract <address>', 'where Pinpoint is', address)
  .addOption(new Option('--claim <id>', 'the claim').argParser(hash).conflicts(['game', 'tx']))
  .addOption(
    new Option('--game <id>', 'the claim that this game is about').argParser(hash).conflicts('tx'),
  )
  .addOption(new Option('--tx <hash>', 'the claims that this transaction concerns').argParser(hash))
  .option('--from <block>', "first block to look at: the deployment's", block, 0n)
  .option('--json', 'JSON in place of text; amounts in wei as strings')
  .addHelpText('after', '\nWithout --claim, --game and --tx all claims are told.')
  .parse()
  .opts<Options>();

const client = createPublicClient({ transport: http(options.rpc, { timeout: 30_000 }) });

/** Endpoints' addresses often carry keys: they stay out of messages. */
const messageOf = (error: unknown): string => {
  const { details, message, shortMessage } = error as {
    message: string;
    shortMessage?: string;
    details?: string;
  };
  const text = [shortMessage, details].filter(Boolean).join(' ') || message;
  return text.replaceAll(options.rpc, 'the endpoint');
};

async function open(): Promise<LogSource> {
  const { contract: pinpoint, from } = options;
  const to = await client.getBlockNumber().catch((error) => {
    throw new UsageError(`the endpoint of --rpc doesn't answer: ${messageOf(error)}`);
  });
  if (from > to) throw new UsageError(`--from is block ${from}; the chain's newest is ${to}`);
  const code = await client.getCode({ address: pinpoint });
  if (!code) throw new UsageError(`there is no contract at ${pinpoint} on this chain`);
  const demands = await client
    .readContract({ address: pinpoint, abi: pinpointAbi, functionName: 'DEMANDS' })
    .catch((error) => {
      throw new UsageError(`the contract at ${pinpoint} isn't Pinpoint: ${messageOf(error)}`);
    });
  return { client, pinpoint, demands, from, to, progress: progress(to) };
}

const QUIET_MS = 2_000;
const EVERY_MS = 1_000;

/** Says how far it is once it has taken two seconds. */
function progress(to: bigint): (next: bigint) => void {
  let told = Date.now() + QUIET_MS - EVERY_MS;
  return (next) => {
    if (Date.now() - told < EVERY_MS) return;
    told = Date.now();
    console.error(`read up to block ${next > to ? to : next} of ${to} ...`);
  };
}

/** Ids of the claims asked for. */
async function claimsAskedFor(source: LogSource): Promise<readonly Hex[]> {
  const where = `in blocks ${source.from} to ${source.to} of ${source.pinpoint}`;
  const { claim, game, tx } = options;
  if (claim) return [claim];
  if (game) {
    const id = await claimOfGame(source, game);
    if (!id) throw new UsageError(`there is no game ${game} ${where}`);
    return [id];
  }
  if (!tx) return claimsIn(source);
  const events = await eventsOfTransactions(source, [tx]).catch((error) => {
    if ((error as Error).name !== 'TransactionReceiptNotFoundError') throw error;
    throw new UsageError(`there is no transaction ${tx} on this chain, or it isn't in a block yet`);
  });
  const ids = new Set<Hex>();
  for (const { args } of events) {
    const id = args.claimId ?? (args.gameId && (await claimOfGame(source, args.gameId as Hex)));
    if (id) ids.add(id as Hex);
  }
  if (ids.size === 0) throw new UsageError(`transaction ${tx} concerns no claim ${where}`);
  return [...ids];
}

try {
  const source = await open();
  const found = [];
  for (const id of await claimsAskedFor(source)) {
    const told = replay(await eventsOfClaim(source, id), id);
    if (!told) {
      throw new UsageError(
        `there is no claim ${id} in blocks ${source.from} to ${source.to} of ${source.pinpoint}`,
      );
    }
    found.push(told);
  }
  const { timestamp } = await client.getBlock({ blockNumber: source.to });
  if (options.json) {
    const text = (_: string, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value;
    console.log(JSON.stringify({ claims: found }, text, 2));
  } else if (found.length === 0) {
    console.log(`There are no claims in blocks ${source.from} to ${source.to}.`);
  } else {
    console.log(found.map((claim) => replayText(claim, Number(timestamp))).join('\n\n'));
  }
} catch (error) {
  const text = error instanceof UsageError ? error.message : messageOf(error);
  console.error(`replay: ${text}`);
  process.exitCode = 1;
}
