import { type Hex, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { messageOf, openChain, revertReason } from '../workers/chain.ts';
import { AgentObject } from './agent-object.ts';
import type { Outcome } from './pursuit.ts';
import { settle } from './reducer.ts';
import {
  hasWork,
  INITIAL,
  type Job,
  reduceSigner,
  type SeenReceipt,
  type SignerEffect,
  type SignerEvent,
  type SignerState,
} from './signer.reducer.ts';

type Submission = Omit<Extract<SignerEvent, { type: 'submit' }>, 'type'>;

/** Room above the estimate: other moves may land first and make ours a little dearer. */
const GAS_MARGIN = { numerator: 5n, denominator: 4n } as const;

/** The outbox of one key: the only place that signs. See signer.reducer.ts. */
export class SignerObject extends AgentObject {
  /** Puts a transaction into the outbox; the same id again changes nothing. Returns where it stands. */
  async submit(submission: Submission): Promise<Outcome> {
    this.#apply({ type: 'submit', ...submission });
    await this.poke();
    return this.outcome(submission.id);
  }

  /** Where a transaction stands; one that was never submitted (or whose outbox was lost) has failed. */
  async outcome(id: string): Promise<Outcome> {
    const job = this.read<Job>(`job:${id}`);
    if (!job) return { status: 'failed', error: 'the outbox does not have this transaction' };
    if (job.status === 'confirmed') return { status: 'confirmed' };
    if (job.status === 'failed') return { status: 'failed', error: job.error ?? 'unknown' };
    return { status: 'pending' };
  }

  /** Unfinished transactions, for /health. */
  async backlog(): Promise<{ id: string; status: string; error: string | null }[]> {
    return Object.values(this.#load().jobs)
      .filter(({ status }) => status === 'queued' || status === 'sent')
      .map(({ id, status, error }) => ({ id, status, error: error ?? null }));
  }

  #load(): SignerState {
    const meta = this.read<Omit<SignerState, 'jobs'>>('meta') ?? INITIAL;
    const rows = this.list<Job>('job:').map(([, job]) => [job.id, job]);
    return { ...meta, jobs: Object.fromEntries(rows) };
  }

  #apply(event: SignerEvent): readonly SignerEffect[] {
    const { confirmations, maxFeePerGas } = this.settings;
    const before = this.#load();
    const limits = { confirmations, maxFeePerGas };
    const { state, effects } = reduceSigner(before, event, Date.now(), limits);
    const { jobs, ...meta } = state;
    this.ctx.storage.transactionSync(() => {
      this.write('meta', meta);
      for (const job of Object.values(jobs)) {
        if (before.jobs[job.id] !== job) this.write(`job:${job.id}`, job);
      }
      for (const id of Object.keys(before.jobs)) if (!jobs[id]) this.erase(`job:${id}`);
    });
    return effects;
  }

  protected override async look(): Promise<void> {
    if (!hasWork(this.#load())) return;
    // Set first: should this look be cut off, the next one comes all the same.
    this.setDeadline('look', Date.now() + this.settings.pollMs);
    const seen = await this.#observe();
    await settle(
      seen,
      (event) => this.#apply(event),
      (effect) => this.#perform(effect),
    );
  }

  async #observe(): Promise<SignerEvent> {
    const { client } = openChain(this.settings);
    const { address } = this.settings;
    const hashes = Object.values(this.#load().jobs)
      .filter((job) => job.status === 'sent')
      .flatMap((job) => job.attempts.map((attempt) => attempt.hash));
    const [nonce, block, tip, found] = await Promise.all([
      client.getTransactionCount({ address, blockTag: 'latest' }),
      client.getBlock({ blockTag: 'latest' }),
      client.estimateMaxPriorityFeePerGas(),
      Promise.all(hashes.map(async (hash) => [hash, await this.#receipt(hash)] as const)),
    ]);
    const receipts: Record<Hex, SeenReceipt> = {};
    for (const [hash, receipt] of found) if (receipt) receipts[hash] = receipt;
    // The base fee can rise by an eighth a block: twice the present one lasts for six full blocks.
    const maxFeePerGas = 2n * (block.baseFeePerGas ?? 0n) + tip;
    const fees = { maxFeePerGas, maxPriorityFeePerGas: tip };
    return { type: 'observed', nonce, fees, head: Number(block.number), receipts };
  }

  async #receipt(hash: Hex): Promise<SeenReceipt | undefined> {
    const { client } = openChain(this.settings);
    try {
      const { blockNumber, status } = await client.getTransactionReceipt({ hash });
      return { block: Number(blockNumber), success: status === 'success' };
    } catch (error) {
      if ((error as Error).name === 'TransactionReceiptNotFoundError') return undefined;
      throw error;
    }
  }

  async #perform(effect: SignerEffect): Promise<SignerEvent | undefined> {
    const { client } = openChain(this.settings);
    const { address, chainId, privateKey } = this.settings;
    if (effect.kind === 'estimate') {
      const { id, to, data, value } = effect.job;
      try {
        const gas = await client.estimateGas({ account: address, to, data, value });
        const { numerator, denominator } = GAS_MARGIN;
        return { type: 'estimated', id, gas: (gas * numerator) / denominator };
      } catch (error) {
        const refusal = revertReason(error);
        return refusal === undefined
          ? { type: 'unavailable', id, reason: messageOf(error) }
          : { type: 'reverted', id, reason: refusal };
      }
    }
    if (effect.kind === 'sign') {
      const { job, nonce, fees } = effect;
      const { id, to, data, value, gas } = job;
      const raw = await privateKeyToAccount(privateKey).signTransaction({
        ...{ type: 'eip1559', chainId, nonce, to, data, value, gas, ...fees },
      });
      const attempt = { hash: keccak256(raw), raw, ...fees, at: Date.now() };
      return { type: 'signed', id, nonce, attempt };
    }
    try {
      await client.sendRawTransaction({ serializedTransaction: effect.raw });
      return undefined;
    } catch (error) {
      const reason = messageOf(error);
      // A transaction that the endpoint already has was sent before a crash: as good as sent.
      if (/already known|already imported|known transaction/i.test(reason)) return undefined;
      return { type: 'refused', id: effect.id, reason };
    }
  }
}
