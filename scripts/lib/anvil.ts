/** A development chain of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  type Account,
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  type PublicClient,
  type TestClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { anvil as anvilChain } from 'viem/chains';

/** The mnemonic that anvil funds by default; worth nothing anywhere else. */
const MNEMONIC = 'test test test test test test test test test test test junk';
const START_MS = 20_000;

export interface Anvil {
  readonly url: string;
  readonly chain: Chain;
  readonly client: PublicClient;
  readonly test: TestClient;
  /** Funded accounts, by index. */
  wallet(index: number): WalletClient<Transport, Chain, Account>;
  privateKey(index: number): `0x${string}`;
  stop(): Promise<void>;
}

/** Starts anvil and waits until it listens. `blockTime`: seconds; without it a block for each transaction. */
export async function startAnvil({ blockTime }: { blockTime?: number } = {}): Promise<Anvil> {
  const args = ['--port', '0', '--mnemonic', MNEMONIC, '--accounts', '10'];
  if (blockTime) args.push('--block-time', String(blockTime));
  const child = spawn('anvil', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await listening(child);
  const transport = http(url);
  const account = (index: number) => mnemonicToAccount(MNEMONIC, { addressIndex: index });
  const chain = anvilChain;
  return {
    url,
    chain,
    client: createPublicClient({ chain, transport, pollingInterval: 50, cacheTime: 0 }),
    test: createTestClient({ chain, transport, mode: 'anvil' }),
    wallet: (index) => createWalletClient({ chain, transport, account: account(index) }),
    privateKey(index) {
      const key = account(index).getHdKey().privateKey;
      if (!key) throw new Error(`account ${index} has no private key`);
      return `0x${Buffer.from(key).toString('hex')}`;
    },
    stop: () => stop(child),
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`anvil didn't listen within ${START_MS / 1000} s:\n${output}`));
    }, START_MS);
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const address = /Listening on (\S+)/.exec(output)?.[1];
      if (!address) return;
      clearTimeout(timer);
      resolve(`http://${address}`);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new Error("anvil can't be started: run npm ci first", { cause }));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`anvil ended with code ${code}:\n${output}`));
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
