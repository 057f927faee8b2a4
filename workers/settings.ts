import { type Address, getAddress, type Hex, isAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { readTerms } from '../chain/terms.ts';
import type { Terms } from '../chain/types.ts';

/** What an agent must be told before it can act; checked once, when it starts. */
export interface Settings {
  readonly rpcUrls: readonly string[];
  /** Of Pinpoint, which names the registry and Demands. */
  readonly contract: Address;
  /** That this agent makes offers with and claims under. */
  readonly terms: Terms;
  readonly chainId: number;
  readonly privateKey: Hex;
  /** Address of `privateKey`. */
  readonly address: Address;
  readonly adminToken: string;
  /** Milliseconds between two looks at the chain. */
  readonly pollMs: number;
  /** Blocks, its own included, after which a transaction counts as settled. */
  readonly confirmations: number;
  /** First block that can hold an event of the contract. */
  readonly startBlock: bigint;
  /** Highest price of a unit of gas that the signer pays, in wei. */
  readonly maxFeePerGas: bigint;
  readonly allowPrivateWebhooks: boolean;
  /** Bearer token that POST /v1/inferences asks for; undefined: anybody may ask. */
  readonly apiToken: string | undefined;
  /** Name of the dishonest player, where the deployment has some. */
  readonly adversary: string | undefined;
  /** DNS-over-HTTPS endpoint (JSON form) that resolves webhook hosts. */
  readonly dnsUrl: string;
}

/** A setting is missing or malformed. `problems` has one line for each; secrets are never in it. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `the settings of this worker are incomplete:\n- ${problems.join('\n- ')}\n` +
        'Set variables under [vars] in wrangler.toml and secrets with `wrangler secret put NAME` (locally: a .dev.vars file).',
    );
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

const DEFAULT_POLL_MS = 2_000;
const MIN_POLL_MS = 50;
const DEFAULT_MAX_FEE_GWEI = 200;
const DEFAULT_DNS_URL = 'https://cloudflare-dns.com/dns-query';
const GWEI = 1_000_000_000n;

type Raw = Record<string, unknown>;

const text = (env: Raw, name: string): string =>
  typeof env[name] === 'string' ? (env[name] as string).trim() : '';

function integer(env: Raw, name: string, fallback: number, least: number, problems: string[]) {
  const raw = text(env, name);
  if (raw === '') return fallback;
  const value = Number(raw);
  if (Number.isSafeInteger(value) && value >= least) return value;
  problems.push(`${name} must be an integer of at least ${least}; it is ${JSON.stringify(raw)}`);
  return fallback;
}

function readUrls(raw: string, problems: string[]): string[] {
  if (raw === '') {
    problems.push(
      'RPC_URL is missing: the JSON-RPC endpoint of the chain (several: commas between)',
    );
    return [];
  }
  const urls = raw.split(',').map((url) => url.trim());
  for (const url of urls) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      // An endpoint's path often carries a key, so the value stays out of the message.
      problems.push('RPC_URL must be a list of http or https URLs');
      break;
    }
  }
  return urls;
}

function readKey(raw: string, problems: string[]): Hex {
  if (raw === '') problems.push('PRIVATE_KEY is missing (a secret): the key that signs and pays');
  else if (!/^0x[0-9a-fA-F]{64}$/.test(raw)) {
    problems.push('PRIVATE_KEY must be 0x and 64 hexadecimal digits');
  } else return raw as Hex;
  return '0x';
}

/**
 * Reads the settings from the environment of a worker.
 * @throws {SettingsError} naming every setting that is missing or malformed, not only the first.
 */
export function readSettings(source: object): Settings {
  const env = source as Raw;
  const problems: string[] = [];
  const rpcUrls = readUrls(text(env, 'RPC_URL'), problems);
  const contract = text(env, 'CONTRACT_ADDRESS');
  if (contract === '') problems.push('CONTRACT_ADDRESS is missing: where Pinpoint is deployed');
  else if (!isAddress(contract, { strict: false })) {
    problems.push(`CONTRACT_ADDRESS is not an address: ${JSON.stringify(contract)}`);
  }
  if (text(env, 'CHAIN_ID') === '') problems.push('CHAIN_ID is missing: the number of the chain');
  const chainId = integer(env, 'CHAIN_ID', 0, 1, problems);
  const privateKey = readKey(text(env, 'PRIVATE_KEY'), problems);
  const adminToken = text(env, 'ADMIN_TOKEN');
  if (adminToken.length < 16) {
    problems.push(
      `ADMIN_TOKEN ${adminToken ? 'is shorter than 16 characters' : 'is missing'} (a secret): it allows POST /v1/models`,
    );
  }
  const pollMs = integer(env, 'POLL_MS', DEFAULT_POLL_MS, MIN_POLL_MS, problems);
  const confirmations = integer(env, 'CONFIRMATIONS', 1, 1, problems);
  const startBlock = BigInt(integer(env, 'START_BLOCK', 0, 0, problems));
  const maxFee = integer(env, 'MAX_FEE_GWEI', DEFAULT_MAX_FEE_GWEI, 1, problems);
  const { problems: wrong, terms } = readTerms(text(env, 'OFFER_TERMS') || '{}');
  problems.push(...wrong.map((problem) => `OFFER_TERMS: ${problem}`));
  let address: Address = '0x';
  if (privateKey !== '0x') {
    try {
      address = privateKeyToAccount(privateKey).address;
    } catch {
      problems.push('PRIVATE_KEY is not a valid key of secp256k1');
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    rpcUrls,
    contract: getAddress(contract),
    terms,
    chainId,
    privateKey,
    address,
    adminToken,
    pollMs,
    confirmations,
    startBlock,
    maxFeePerGas: BigInt(maxFee) * GWEI,
    allowPrivateWebhooks: text(env, 'ALLOW_PRIVATE_WEBHOOKS') === 'true',
    apiToken: text(env, 'API_TOKEN') || undefined,
    adversary: text(env, 'ADVERSARY') || undefined,
    dnsUrl: text(env, 'DNS_URL') || DEFAULT_DNS_URL,
  };
}

const checked = new WeakMap<object, Settings>();

/** The settings of this environment, read once for each. */
export function settingsOf(env: object): Settings {
  let settings = checked.get(env);
  if (!settings) {
    settings = readSettings(env);
    checked.set(env, settings);
  }
  return settings;
}
