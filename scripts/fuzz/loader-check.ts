/** What must hold of the loader and the lowering for any bytes whatever. */
import { LoweringError, lower } from '../../vm/lower/index.ts';
import type { WasmModule } from '../../vm/types.ts';
import { RESTRICTIONS, readModule, WasmError } from '../../vm/wasm/index.ts';
import type { LoaderFailure, LoaderReport } from './loader.ts';

/** Processor time of this thread (of the process, where Node doesn't know it by thread): what others do meanwhile doesn't count. */
function cpuMs(): number {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage)();
  return (user + system) / 1000;
}

/** Milliseconds of the processor that any module may take, and that each byte may add. */
const BASE_MS = 1500;
const PER_BYTE_MS = 0.01;
const SHOWN_BYTES = 4096;
const MAX_FAILURES = 20;
/** Lowering makes up to 32 MiB of code of a few bytes: not for every module. */
const LOWERED_BYTES = 200_000;

export class LoaderCheck {
  #modules = 0;
  #accepted = 0;
  #restricted = 0;
  #invalid = 0;
  #lowered = 0;
  #unlowerable = 0;
  #slowestMs = 0;
  #slowestBytes = 0;
  readonly #codes: Record<string, number> = {};
  readonly #failures: LoaderFailure[] = [];
  readonly #readModule: (bytes: Uint8Array) => WasmModule;

  /** @param loader what is checked */
  constructor(loader: (bytes: Uint8Array) => WasmModule = readModule) {
    this.#readModule = loader;
  }

  run(bytes: Uint8Array): void {
    this.#modules += 1;
    const valid = WebAssembly.validate(bytes as BufferSource);
    const started = cpuMs();
    const result = this.#read(bytes);
    const took = cpuMs() - started;
    if (took > this.#slowestMs) [this.#slowestMs, this.#slowestBytes] = [took, bytes.length];
    if (took > BASE_MS + PER_BYTE_MS * bytes.length)
      this.#fail(`${took.toFixed(0)} ms for ${bytes.length} bytes`, bytes);
    if (result instanceof WasmError) {
      this.#codes[result.code] = (this.#codes[result.code] ?? 0) + 1;
      if (valid) this.#restricted += 1;
      else this.#invalid += 1;
      if (valid && !RESTRICTIONS.has(result.code))
        this.#fail(`V8 accepts, the loader refuses: ${result.message}`, bytes);
      if (result.offset < 0 || result.offset > bytes.length)
        this.#fail(`an offset outside the module: ${result.message}`, bytes);
      if (result.message.length > 500)
        this.#fail(`a message of ${result.message.length} characters`, bytes);
    } else if (result instanceof Error) this.#fail(`no WasmError: ${result.stack}`, bytes);
    else {
      this.#accepted += 1;
      if (!valid) this.#fail('V8 refuses, the loader accepts', bytes);
      else if (bytes.length <= LOWERED_BYTES) this.#lower(result, bytes);
    }
  }

  #read(bytes: Uint8Array): WasmModule | Error {
    try {
      return this.#readModule(bytes);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #lower(module: WasmModule, bytes: Uint8Array): void {
    try {
      lower(module);
      this.#lowered += 1;
    } catch (error) {
      if (error instanceof LoweringError) this.#unlowerable += 1;
      else this.#fail(`the lowering fails: ${(error as Error).stack}`, bytes);
    }
  }

  #fail(what: string, bytes: Uint8Array): void {
    if (this.#failures.length >= MAX_FAILURES) return;
    this.#failures.push({
      what,
      bytes: Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex'),
    });
  }

  report(): LoaderReport {
    return {
      modules: this.#modules,
      accepted: this.#accepted,
      restricted: this.#restricted,
      invalid: this.#invalid,
      lowered: this.#lowered,
      unlowerable: this.#unlowerable,
      slowestMs: Math.round(this.#slowestMs),
      slowestBytes: this.#slowestBytes,
      codes: { ...this.#codes },
      failures: [...this.#failures],
    };
  }
}
