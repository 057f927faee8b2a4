/** JavaScriptCore through one long-lived Bun process. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Outcome, Run } from './engine.ts';

const MAIN = fileURLToPath(new URL('third-engine-main.ts', import.meta.url).href);
const PATIENCE_MS = 20_000;

/** Path of the Bun that npm installed; undefined where its package doesn't exist for this platform. */
export function findBun(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      '@oven/bun-linux-x64-baseline/package.json',
    );
    const path = join(dirname(manifest), 'bin', 'bun');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

interface Waiting {
  readonly runs: readonly Run[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly timer: NodeJS.Timeout;
}

export class ThirdEngine {
  readonly #path: string;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  /** Times that the process died or had to be ended. */
  restarts = 0;

  constructor(path: string) {
    this.#path = path;
  }

  #start(): ChildProcessByStdio<Writable, Readable, null> {
    const child = spawn(this.#path, ['run', MAIN], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {
      // The exit that goes with it is handled below.
    });
    child.on('exit', (status, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.restarts += 1;
      this.#fail(`the process ended (${signal ?? status})`);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { id, outcomes } = JSON.parse(line) as { id: number; outcomes: Outcome[] };
      const waiting = this.#waiting.get(id);
      if (!waiting) return;
      clearTimeout(waiting.timer);
      this.#waiting.delete(id);
      waiting.resolve(outcomes);
    });
    return child;
  }

  #fail(detail: string): void {
    for (const { runs, resolve, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      resolve(runs.map(() => ({ kind: 'error', detail })));
    }
    this.#waiting.clear();
  }

  run(bytes: Uint8Array, runs: readonly Run[]): Promise<readonly Outcome[]> {
    const child = (this.#child ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
      }, PATIENCE_MS);
      this.#waiting.set(id, { runs, resolve, timer });
      child.stdin.write(
        `${JSON.stringify({ id, wasm: Buffer.from(bytes).toString('base64'), runs })}\n`,
      );
    });
  }

  close(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.stdin.end();
    child?.kill();
  }
}
