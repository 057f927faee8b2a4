/**
 * Many steps in the arbiter contract at once: they are collected into files, and forge, whose EVM is native, runs
 * contracts/test/Batch.t.sol over them while more are being collected.
 *
 *   const batch = createArbiterBatch({ directory: 'fuzz' });
 *   batch.add({ codeRoot, position, previous, next, witness });   // any number of times
 *   await batch.ready();                                          // now and then: bounds what lies on disk
 *   const { executed, failures } = await batch.finish();
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIMIT } from '../../vm/constants.ts';
import { forgePath } from './forge.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href);
/** Below this folder foundry.toml lets tests read and write. */
const PLACE = 'build/arbiter-batch';
const HEADER = 108;
const FAILURE = 73;
const MAX_SHARDS = 4;
/** Steps known to be in the batch already, in two generations: bounds the memory that knowing takes. */
const GENERATION = 500_000;

export interface ArbiterStep {
  readonly codeRoot: Uint8Array;
  /** Of the state before the step, 0 to LIMIT - 1. */
  readonly position: number;
  /** State hashes that the arbiter must give. */
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
  readonly witness: Uint8Array;
}

export interface ArbiterFailure {
  /** Which call of `add`, counted from 0. */
  readonly index: number;
  readonly reverted: boolean;
  /** State hashes as the arbiter gave them; zeros if it reverted. */
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
}

export interface ArbiterReport {
  /** Calls of `add`, and how many of them repeated a step that the contract has executed anyway. */
  readonly added: number;
  readonly duplicates: number;
  /** Steps that the contract executed. */
  readonly executed: number;
  readonly failures: readonly ArbiterFailure[];
  /** All failures; `failures` lists the first 1000 of each chunk. */
  readonly failed: number;
  /** Seconds that forge's tests ran by its own clock: neither its start nor compilation, which is cached. */
  readonly seconds: number;
}

export interface ArbiterBatchOptions {
  /** Name of the batch: its folder below build/arbiter-batch, which is emptied. Batches at the same time need different ones. */
  readonly directory: string;
  /** Bytes of a chunk. */
  readonly chunkBytes?: number;
  /** Threads of forge, 1 to 4. */
  readonly threads?: number;
  /** Chunks that may wait before `ready` waits. */
  readonly backlog?: number;
  /** Told about each forge run that has ended. */
  readonly onProgress?: (report: { readonly executed: number; readonly seconds: number }) => void;
}

export interface ArbiterBatch {
  /** Copies the step; a step that is known already is counted only. */
  add(step: ArbiterStep): void;
  /** Resolves when few enough chunks wait for forge; rejects if forge couldn't run. */
  ready(): Promise<void>;
  /** Runs what is left. No `add` may follow. */
  finish(): Promise<ArbiterReport>;
}

export function createArbiterBatch(options: ArbiterBatchOptions): ArbiterBatch {
  return new Batch(options);
}

class Batch implements ArbiterBatch {
  readonly #folder: string;
  readonly #threads: number;
  readonly #backlog: number;
  readonly #onProgress: ArbiterBatchOptions['onProgress'];
  #chunk: Buffer;
  #filled = 0;
  /** `add` number of each step in the chunk at hand, and in the chunks that wait. */
  #numbers: number[] = [];
  readonly #waiting = new Map<number, readonly number[]>();
  #chunks = 0;
  #known = new Set<string>();
  #knownBefore = new Set<string>();
  #added = 0;
  #duplicates = 0;
  #executed = 0;
  #failed = 0;
  #seconds = 0;
  readonly #failures: ArbiterFailure[] = [];
  #running: Promise<void> | undefined;
  #error: unknown;

  constructor({
    directory,
    chunkBytes = 32 * 2 ** 20,
    threads = 1,
    backlog = 8,
    onProgress,
  }: ArbiterBatchOptions) {
    if (!/^[\w-]+$/.test(directory)) {
      throw new RangeError(
        `arbiter batch: "${directory}" must be a name of letters, digits, _ and -`,
      );
    }
    this.#folder = `${PLACE}/${directory}`;
    this.#threads = Math.min(Math.max(1, threads), MAX_SHARDS);
    this.#backlog = backlog;
    this.#onProgress = onProgress;
    this.#chunk = Buffer.alloc(chunkBytes);
    rmSync(join(ROOT, this.#folder), { recursive: true, force: true });
    mkdirSync(join(ROOT, this.#folder), { recursive: true });
  }

  add({ codeRoot, position, previous, next, witness }: ArbiterStep): void {
    const number = this.#added++;
    // The position decides nothing but whether it is the last one.
    const digest = createHash('sha1')
      .update(witness)
      .update(codeRoot)
      .update(previous)
      .update(next);
    const key = digest.update(position === LIMIT - 1 ? 'last' : '').digest('base64');
    if (this.#known.has(key) || this.#knownBefore.has(key)) {
      this.#duplicates++;
      return;
    }
    this.#known.add(key);
    if (this.#known.size === GENERATION) {
      this.#knownBefore = this.#known;
      this.#known = new Set();
    }
    const size = HEADER + witness.length;
    if (this.#filled + size > this.#chunk.length) {
      this.#flush();
      if (size > this.#chunk.length) this.#chunk = Buffer.alloc(size);
    }
    const at = this.#filled;
    this.#chunk.set(codeRoot, at);
    this.#chunk.set(previous, at + 32);
    this.#chunk.set(next, at + 64);
    this.#chunk.writeBigUInt64BE(BigInt(position), at + 96);
    this.#chunk.writeUInt32BE(witness.length, at + 104);
    this.#chunk.set(witness, at + HEADER);
    this.#filled += size;
    this.#numbers.push(number);
  }

  async ready(): Promise<void> {
    // forge's end is an event: without a turn of the loop nobody would notice it and start the next run.
    await new Promise(setImmediate);
    while (this.#error === undefined && this.#running && this.#waiting.size > this.#backlog) {
      await this.#running;
    }
    if (this.#error !== undefined) throw this.#error;
  }

  async finish(): Promise<ArbiterReport> {
    this.#flush();
    while (this.#running) await this.#running;
    if (this.#error !== undefined) throw this.#error;
    rmSync(join(ROOT, this.#folder), { recursive: true, force: true });
    return {
      added: this.#added,
      duplicates: this.#duplicates,
      executed: this.#executed,
      failures: this.#failures.sort((x, y) => x.index - y.index),
      failed: this.#failed,
      seconds: this.#seconds,
    };
  }

  /** Writes the chunk at hand to its file and lets forge have it. */
  #flush(): void {
    if (this.#filled === 0) return;
    const index = this.#chunks++;
    writeFileSync(this.#path(index, 'steps'), this.#chunk.subarray(0, this.#filled));
    this.#waiting.set(index, this.#numbers);
    this.#numbers = [];
    this.#filled = 0;
    this.#go();
  }

  #path(index: number, ending: 'steps' | 'result'): string {
    return join(ROOT, this.#folder, `${index}.${ending}`);
  }

  /** Starts forge on everything that waits, unless it runs already. */
  #go(): void {
    if (this.#running || this.#waiting.size === 0 || this.#error !== undefined) return;
    const indices = [...this.#waiting.keys()];
    this.#running = this.#run(indices).then(
      () => {
        this.#running = undefined;
        this.#go();
      },
      (error: unknown) => {
        this.#running = undefined;
        this.#error = error;
      },
    );
  }

  async #run(indices: readonly number[]): Promise<void> {
    const output = await forge(this.#threads, {
      ARBITER_BATCH: this.#folder,
      ARBITER_BATCH_FIRST: String(indices[0]),
      ARBITER_BATCH_COUNT: String(indices.length),
      ARBITER_BATCH_SHARDS: String(this.#threads),
    });
    for (const index of indices) this.#collect(index, output);
    this.#seconds += secondsOf(output);
    this.#onProgress?.({ executed: this.#executed, seconds: this.#seconds });
  }

  #collect(index: number, output: string): void {
    const numbers = this.#waiting.get(index) ?? [];
    let result: Buffer;
    try {
      result = readFileSync(this.#path(index, 'result'));
    } catch {
      throw new Error(`arbiter batch: forge left no result of chunk ${index}; it said:\n${output}`);
    }
    const executed = Number(result.readBigUInt64BE(0));
    if (executed !== numbers.length) {
      throw new Error(
        `arbiter batch: forge executed ${executed} of the ${numbers.length} steps of chunk ${index}`,
      );
    }
    this.#executed += executed;
    this.#failed += Number(result.readBigUInt64BE(8));
    for (let at = 16; at < result.length; at += FAILURE) {
      this.#failures.push({
        index: numbers[Number(result.readBigUInt64BE(at))] as number,
        reverted: result[at + 8] === 1,
        previous: Uint8Array.from(result.subarray(at + 9, at + 41)),
        next: Uint8Array.from(result.subarray(at + 41, at + FAILURE)),
      });
    }
    this.#waiting.delete(index);
    for (const ending of ['steps', 'result'] as const) rmSync(this.#path(index, ending));
  }
}

/** From forge's last line: "Ran 1 test suite in 9.29s (...)". */
function secondsOf(output: string): number {
  const [, number, unit] = /Ran \d+ test suites? in ([\d.]+)(ms|s)/.exec(output) ?? [];
  if (number === undefined)
    throw new Error(`arbiter batch: no time in what forge said:\n${output}`);
  return unit === 'ms' ? Number(number) / 1000 : Number(number);
}

/** Runs the batch contract; resolves with what forge printed, whatever came out. */
function forge(threads: number, variables: Record<string, string>): Promise<string> {
  const args = ['test', '--match-path', 'contracts/test/Batch.t.sol', '--threads', String(threads)];
  return new Promise((resolve, reject) => {
    const child = spawn(forgePath(), args, {
      cwd: ROOT,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      reject(new Error(`arbiter batch: could not run forge (${error.message}); run \`npm ci\``));
    });
    child.on('close', () => resolve(output));
  });
}
