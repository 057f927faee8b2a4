/**
 * Runs a module in a JavaScript engine. Node and Bun run this same file, so that V8 and JavaScriptCore are asked the same
 * questions; it imports nothing but what both have.
 */
import { createHash } from 'node:crypto';

/** Why a run trapped, in the words of the core specification; engines and the machine say it in their own. */
export type TrapClass =
  | 'unreachable'
  | 'memory'
  | 'divide'
  | 'conversion'
  | 'undefined element'
  | 'indirect call'
  | 'unknown';

export interface Outcome {
  /** exhausted: the engine's own stack or patience ended, of which the specification says nothing. */
  readonly kind: 'done' | 'trap' | 'exhausted' | 'error';
  readonly trap?: TrapClass;
  /** Hex of the observed globals. */
  readonly observed?: readonly string[];
  /** sha1 of the whole memory, and its pages. */
  readonly memory?: string;
  readonly pages?: number;
  /** What the engine said. */
  readonly detail?: string;
}

export interface Run {
  readonly test: string;
  /** Decimal i64s. */
  readonly args: readonly string[];
}

const CLASSES: readonly (readonly [RegExp, TrapClass])[] = [
  [/unreachable/i, 'unreachable'],
  [/memory access|memory out of bounds|out of bounds memory/i, 'memory'],
  [/divi|remainder|integer overflow/i, 'divide'],
  [/unrepresentable|trunc|conversion/i, 'conversion'],
  [/null|signature/i, 'indirect call'],
  [/table|call_indirect/i, 'undefined element'],
];

export function trapClass(message: string): TrapClass {
  if (/divide result unrepresentable/i.test(message)) return 'divide';
  return CLASSES.find(([pattern]) => pattern.test(message))?.[1] ?? 'unknown';
}

export const digest = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** Each run has an instance of its own. */
export function runInEngine(bytes: Uint8Array, runs: readonly Run[]): Outcome[] {
  let module: WebAssembly.Module;
  try {
    const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
    module = new Module(bytes);
  } catch (error) {
    return runs.map(() => ({ kind: 'error', detail: (error as Error).message }));
  }
  return runs.map((run) => runOnce(module, run));
}

function runOnce(module: WebAssembly.Module, { test, args }: Run): Outcome {
  let exports: WebAssembly.Exports;
  try {
    exports = new WebAssembly.Instance(module).exports;
    (exports[test] as (...values: bigint[]) => void)(
      ...args.map((arg) => BigInt.asIntN(64, BigInt(arg))),
    );
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof WebAssembly.RuntimeError)
      return { kind: 'trap', trap: trapClass(message), detail: message };
    if (error instanceof RangeError) return { kind: 'exhausted', detail: message };
    return { kind: 'error', detail: message };
  }
  const observed: string[] = [];
  for (let i = 0; `r${i}` in exports; i++) {
    const { value } = exports[`r${i}`] as WebAssembly.Global;
    observed.push(BigInt.asUintN(64, value as bigint).toString(16));
  }
  const memory = exports.memory as WebAssembly.Memory | undefined;
  if (!memory) return { kind: 'done', observed };
  const content = new Uint8Array(memory.buffer);
  return { kind: 'done', observed, memory: digest(content), pages: content.length / 65536 };
}
