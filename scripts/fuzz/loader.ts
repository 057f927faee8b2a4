/**
 * The loader against hostile bytes, in a thread that is watched: valid modules are cut, changed, spliced, and given numbers
 * and sizes that lie. Whatever the bytes are, the loader returns or throws WasmError, soon; and it accepts what V8 accepts,
 * restrictions and limits apart.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

export interface LoaderOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly onProgress?: (text: string) => void;
}

export interface LoaderFailure {
  readonly what: string;
  /** Hex of the module, cut off after 4 KiB. */
  readonly bytes: string;
}

export interface LoaderReport {
  readonly modules: number;
  readonly accepted: number;
  /** Valid, but refused for a restriction or a limit. */
  readonly restricted: number;
  readonly invalid: number;
  readonly lowered: number;
  /** Refused by the lowering. */
  readonly unlowerable: number;
  readonly slowestMs: number;
  readonly slowestBytes: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly failures: readonly LoaderFailure[];
}

/** A module that takes longer hangs the loader; the slowest ones of 64 MiB take a few seconds. */
const HANG_MS = 60_000;
/** Heap of the thread: a small module must not make the loader fill it. */
const HEAP_MB = 1024;

export async function fuzzLoader({
  seed,
  seconds,
  onProgress,
}: LoaderOptions): Promise<LoaderReport> {
  const worker = new Worker(fileURLToPath(new URL('loader-thread.ts', import.meta.url).href), {
    workerData: { seed, seconds },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let report = EMPTY;
  let current = '';
  let beat = performance.now();
  return new Promise((resolve) => {
    const end = (failure?: LoaderFailure): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(failure ? { ...report, failures: [...report.failures, failure] } : report);
    };
    const watch = setInterval(() => {
      if (performance.now() - beat > HANG_MS)
        end({
          what: `nothing came back for ${HANG_MS / 1000} s after module ${current}`,
          bytes: '',
        });
    }, 500);
    worker.on('message', (message: { report: LoaderReport; current: string; done: boolean }) => {
      ({ report, current } = message);
      beat = performance.now();
      onProgress?.(
        `loader: ${report.modules} modules, ${report.accepted} accepted, ${report.failures.length} failures`,
      );
      if (message.done) end();
    });
    worker.on('error', (error) =>
      end({ what: `the thread died after module ${current}: ${error.message}`, bytes: '' }),
    );
  });
}

const EMPTY: LoaderReport = {
  modules: 0,
  accepted: 0,
  restricted: 0,
  invalid: 0,
  lowered: 0,
  unlowerable: 0,
  slowestMs: 0,
  slowestBytes: 0,
  codes: {},
  failures: [],
};
