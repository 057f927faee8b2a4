/** Runs what wast2json makes of one .wast file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../vm/machine.ts';
import { readModule, WasmError, type WasmErrorCode } from '../../vm/wasm/index.ts';
import { type Host, Instance } from './instance.ts';
import { digitsOf, isMachineValue, type JsonValue, matches, slotOf } from './values.ts';

interface Action {
  readonly type: 'invoke' | 'get';
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly JsonValue[];
}

interface Command {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: string;
  readonly name?: string;
  readonly as?: string;
  readonly text?: string;
  readonly action?: Action;
  readonly expected?: readonly JsonValue[];
}

export interface FileResult {
  readonly name: string;
  passed: number;
  readonly failures: { readonly line: number; readonly message: string }[];
  /** By reason. */
  readonly skipped: Map<string, number>;
}

const TEXT_ONLY = 'text format only';
const LINKED = 'several linked modules';
/**
 * What core 2.0 has and the machine lacks. A module that is refused by another code is refused for what makes it invalid: the
 * features of later proposals are no part of what the suite tests.
 */
const LACKS: Partial<Record<WasmErrorCode, string>> = {
  'unsupported-import': 'imports',
  'unsupported-reference-types': 'reference types',
  'unsupported-table-instruction': 'reference types',
  'unsupported-segment': 'reference types',
  'unsupported-multi-table': 'several tables',
};

/** Thrown by what can't be run: why it is skipped. */
class Skip extends Error {}
class Failure extends Error {}

const fail = (message: string): never => {
  throw new Failure(message);
};

export interface Runner extends Host {
  /** A new machine. */
  machine(): Machine;
  /** Awaited after every command. */
  readonly between?: () => Promise<void>;
}

/** Runs all commands of `NAME.json` in a folder. */
export function runFile(folder: string, name: string, runner: Runner): Promise<FileResult> {
  return new FileRun(folder, name, runner).run();
}

class FileRun {
  readonly #folder: string;
  readonly #runner: Runner;
  readonly #result: FileResult;
  /** Machine of the modules that no later command can name. */
  #shared: Machine | undefined;
  /** The module that is meant when none is named, and those that have a name; or why there is none. */
  #current: Instance | Skip | Failure | undefined;
  readonly #named = new Map<string, Instance | Skip>();
  /** By the name under which other modules import from them. */
  readonly #registered = new Map<string, Instance>();
  /** Modules into whose tables and memories modules that can't be run would have written. */
  readonly #altered = new Set<Instance>();

  constructor(folder: string, name: string, runner: Runner) {
    this.#folder = folder;
    this.#runner = runner;
    this.#result = { name, passed: 0, failures: [], skipped: new Map() };
  }

  async run(): Promise<FileResult> {
    const { name, skipped, failures } = this.#result;
    const json = JSON.parse(readFileSync(join(this.#folder, `${name}.json`), 'utf8')) as {
      readonly commands: readonly Command[];
    };
    for (const command of json.commands) {
      try {
        this.#command(command);
        this.#result.passed += 1;
      } catch (error) {
        if (error instanceof Skip) {
          skipped.set(error.message, (skipped.get(error.message) ?? 0) + 1);
        } else {
          const text = error instanceof Failure ? error.message : (error as Error).stack;
          failures.push({ line: command.line, message: `${command.type}: ${text}` });
        }
      }
      await this.#runner.between?.();
    }
    return this.#result;
  }

  #command(command: Command): void {
    switch (command.type) {
      case 'module':
        this.#module(command);
        return;
      case 'register':
        this.#register(command);
        throw new Skip(LINKED);
      case 'assert_unlinkable':
        this.#noteImports(this.#bytes(command));
        throw new Skip(LINKED);
      case 'action':
        this.#act(command.action!);
        return;
      case 'assert_return':
        this.#returns(command);
        return;
      case 'assert_trap':
      case 'assert_exhaustion':
        this.#traps(command);
        return;
      case 'assert_malformed':
      case 'assert_invalid':
        this.#refuses(command);
        return;
      case 'assert_uninstantiable':
        this.#uninstantiable(command);
        return;
      default:
        fail('no command that this runner knows');
    }
  }

  #bytes({ filename }: Command): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#folder, filename!)));
  }

  /** Loads a module, or throws `Skip` if it needs what the machine lacks. */
  #load(command: Command, machine: Machine): Instance {
    try {
      return new Instance(this.#bytes(command), machine, this.#runner);
    } catch (error) {
      const reason = error instanceof WasmError ? LACKS[error.code] : undefined;
      if (reason === undefined) throw error;
      this.#noteImports(this.#bytes(command));
      throw new Skip(reason);
    }
  }

  #register({ as, name }: Command): void {
    const found = name === undefined ? this.#current : this.#named.get(name);
    if (as !== undefined && found instanceof Instance) this.#registered.set(as, found);
  }

  /** A module that isn't run may write to what it imports: later commands on that would find another state than is meant. */
  #noteImports(bytes: Uint8Array): void {
    const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
    for (const { module } of WebAssembly.Module.imports(new Module(bytes))) {
      const source = this.#registered.get(module);
      if (source) this.#altered.add(source);
    }
  }

  #module(command: Command): void {
    if (command.name === undefined) this.#shared ??= this.#runner.machine();
    const machine = command.name === undefined ? this.#shared! : this.#runner.machine();
    // Until the new module is there, commands have none: those after a failure mustn't run in the one before.
    this.#current = new Failure('its module failed');
    let instance: Instance | Skip;
    try {
      instance = this.#load(command, machine);
      const trap = instance.instantiate();
      if (trap !== undefined) fail(`instantiation trapped: ${trap}`);
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
      instance = error;
    }
    this.#current = instance;
    if (command.name !== undefined) this.#named.set(command.name, instance);
    if (instance instanceof Skip) throw instance;
  }

  #instance({ module }: Action): Instance {
    const found = module === undefined ? this.#current : this.#named.get(module);
    if (found === undefined) return fail(`no module ${module ?? ''}`);
    if (found instanceof Skip || found instanceof Failure) throw found;
    if (this.#altered.has(found)) throw new Skip(LINKED);
    return found;
  }

  #act(action: Action): { readonly trap: string } | { readonly results: readonly bigint[] } {
    const instance = this.#instance(action);
    if (action.type === 'get') return { results: [instance.global(action.field).slot] };
    return instance.invoke(action.field, (action.args ?? []).map(slotOf));
  }

  #returns({ action, expected = [] }: Command): void {
    const outcome = this.#act(action!);
    if ('trap' in outcome) throw new Failure(`${action!.field} trapped: ${outcome.trap}`);
    if (!expected.every(isMachineValue)) fail('a result of a type that the machine has not');
    const { results } = outcome;
    const { type: kind, field } = action!;
    const eitherSign = kind === 'invoke' && this.#instance(action!).changesSigns(field);
    if (results.length !== expected.length) {
      fail(`${action!.field} returned ${results.length} values, not ${expected.length}`);
    }
    expected.forEach((value, i) => {
      if (matches(value, results[i]!, eitherSign)) return;
      const type = value.type as Parameters<typeof digitsOf>[0];
      const call = `${action!.field}(${(action!.args ?? []).map(({ value: arg }) => arg)})`;
      fail(`${call} gave 0x${digitsOf(type, results[i]!)} for ${JSON.stringify(value)}`);
    });
  }

  #traps({ action, text = '' }: Command): void {
    const outcome = this.#act(action!);
    if (!('trap' in outcome)) throw new Failure(`${action!.field} returned`);
    if (!text.startsWith(outcome.trap)) {
      fail(`${action!.field} trapped by "${outcome.trap}" where "${text}" is expected`);
    }
  }

  #refuses(command: Command): void {
    if (command.module_type === 'text') throw new Skip(TEXT_ONLY);
    try {
      readModule(this.#bytes(command));
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
      const reason = LACKS[error.code];
      if (reason !== undefined) throw new Skip(reason);
      if (error.code === 'limit') fail(`refused for its size only: ${error.message}`);
      return;
    }
    fail(`accepted, though: ${command.text}`);
  }

  #uninstantiable(command: Command): void {
    let instance: Instance;
    try {
      instance = this.#load(command, this.#runner.machine());
    } catch (error) {
      if (error instanceof WasmError && error.code === 'segment-out-of-range') return;
      throw error;
    }
    const trap = instance.instantiate();
    if (trap === undefined) fail('was instantiated');
    else if (!command.text!.startsWith(trap)) {
      fail(`instantiation trapped by "${trap}" where "${command.text}" is expected`);
    }
  }
}
