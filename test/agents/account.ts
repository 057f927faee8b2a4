import type { Hex } from 'viem';
import type { Fees, SeenReceipt } from '../../durable-objects/signer.reducer.ts';

interface Transaction extends Fees {
  /** Job that it was signed for; undefined: signed elsewhere with the same key. */
  readonly job?: string;
  readonly nonce: number;
}

/** Signed transactions in these tests are their own text. */
export const rawOf = (tx: Transaction): Hex =>
  `0x${tx.job ?? 'foreign'}/${tx.nonce}/${tx.maxFeePerGas}/${tx.maxPriorityFeePerGas}`;
export const hashOf = (raw: Hex): Hex => `${raw}/hash`;

const isRaised = (from: bigint, to: bigint) => to * 10n >= from * 11n;

/** One account on a chain: blocks, and the transactions that wait, by the rules of execution clients. */
export class Account {
  readonly #blocks: Transaction[][] = [];
  #pool = new Map<number, Transaction>();

  get head(): number {
    return this.#blocks.length - 1;
  }

  /** What an endpoint tells that is `lag` blocks behind. */
  seen(lag = 0): { nonce: number; head: number; receipts: Record<Hex, SeenReceipt> } {
    const blocks = this.#blocks.slice(0, Math.max(0, this.#blocks.length - lag));
    const receipts: Record<Hex, SeenReceipt> = {};
    blocks.forEach((txs, block) => {
      for (const tx of txs) receipts[hashOf(rawOf(tx))] = { block, success: true };
    });
    return { nonce: blocks.flat().length, head: blocks.length - 1, receipts };
  }

  /** The error that the endpoint answers with, if it refuses. */
  send(tx: Transaction): string | undefined {
    if (tx.nonce < this.seen().nonce) return 'nonce too low';
    const before = this.#pool.get(tx.nonce);
    if (before && rawOf(before) === rawOf(tx)) return 'already known';
    const replaces =
      !before ||
      (isRaised(before.maxFeePerGas, tx.maxFeePerGas) &&
        isRaised(before.maxPriorityFeePerGas, tx.maxPriorityFeePerGas));
    if (!replaces) return 'replacement transaction underpriced';
    this.#pool.set(tx.nonce, tx);
    return undefined;
  }

  mine(): void {
    const block: Transaction[] = [];
    for (let nonce = this.seen().nonce; ; nonce++) {
      const tx = this.#pool.get(nonce);
      if (!tx) break;
      block.push(tx);
      this.#pool.delete(nonce);
    }
    this.#blocks.push(block);
  }

  /** Another holder of the key is faster: its transaction takes the next nonce. */
  mineForeign(): void {
    const { nonce } = this.seen();
    this.#pool.delete(nonce);
    this.#blocks.push([{ nonce, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }]);
  }

  /** Endpoints forget what they haven't mined; what was signed elsewhere its signer sends again. */
  drop(): void {
    for (const { job, nonce } of this.#pool.values()) if (job) this.#pool.delete(nonce);
  }

  /** The newest blocks are replaced by as many empty ones and one more. */
  reorganise(depth: number, areKept: boolean): void {
    const removed = this.#blocks.splice(Math.max(0, this.#blocks.length - depth));
    for (const tx of removed.flat()) {
      if (areKept || tx.job === undefined) this.#pool.set(tx.nonce, tx);
    }
    for (let i = 0; i <= removed.length; i++) this.#blocks.push([]);
  }

  /** How often each job's transaction is on the chain. */
  executions(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { job } of this.#blocks.flat()) if (job) counts[job] = (counts[job] ?? 0) + 1;
    return counts;
  }
}
