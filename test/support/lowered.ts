/** Runs a module in the JavaScript engine and, lowered, in the reference machine, and compares what is left. */
import { expect } from 'vitest';
import { lower } from '../../vm/lower/index.ts';
import type { ValueType } from '../../vm/opcodes.ts';
import type { FunctionType, Image } from '../../vm/types.ts';
import { readModule } from '../../vm/wasm/index.ts';
import { ReferenceMachine } from './reference-machine.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of a value as the engine's interface gives it; all NaNs become canonical ones. */
function bitsOf(type: ValueType, value: number | bigint): bigint {
  switch (type) {
    case 'i32':
      return BigInt.asUintN(32, BigInt(value));
    case 'i64':
      return BigInt.asUintN(64, BigInt(value));
    case 'f32':
      if (Number.isNaN(value)) return 0x7fc00000n;
      scratch.setFloat32(0, Number(value));
      return BigInt(scratch.getUint32(0));
    default:
      if (Number.isNaN(value)) return 0x7ff8000000000000n;
      scratch.setFloat64(0, Number(value));
      return scratch.getBigUint64(0);
  }
}

function toValue(type: ValueType, bits: bigint): number | bigint {
  scratch.setBigUint64(0, BigInt.asUintN(64, bits));
  switch (type) {
    case 'i32':
      return scratch.getInt32(4);
    case 'i64':
      return scratch.getBigInt64(0);
    case 'f32':
      return scratch.getFloat32(4);
    default:
      return scratch.getFloat64(0);
  }
}

/** Bits in a slot as its type reads them, NaNs made canonical. */
const slotBits = (type: ValueType, slot: bigint): bigint => bitsOf(type, toValue(type, slot));

export interface Outcome {
  readonly trapped: boolean;
  /** Bits; absent if trapped. */
  readonly results?: readonly bigint[];
  /** Scalar globals exported as g0, g1, ..., by their index; absent if trapped. */
  readonly globals?: Readonly<Record<string, bigint>>;
  readonly memory?: Uint8Array;
  readonly steps?: number;
}

type Value = number | bigint;

export class Lowered {
  readonly image: Image;
  readonly #native: WebAssembly.Module;
  readonly #globals: readonly { readonly name: string; readonly type: ValueType }[];

  /** Exports that matter: functions, `memory`, and globals named g and their index. */
  constructor(bytes: Uint8Array) {
    const module = readModule(bytes);
    this.image = lower(module);
    this.#globals = module.globals.map(({ type }, i) => ({ name: `g${i}`, type }));
    // The workers' types know no compilation from bytes, which Node has.
    const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
    this.#native = new Module(bytes);
  }

  #type(name: string): FunctionType {
    const type = this.image.signatures.get(name);
    if (!type) throw new Error(`no export named ${name}`);
    return type;
  }

  /** In the engine. */
  native(name: string, args: readonly bigint[]): Outcome {
    const type = this.#type(name);
    let exports: WebAssembly.Exports;
    let returned: unknown;
    try {
      exports = new WebAssembly.Instance(this.#native).exports;
      const call = exports[name] as (...values: Value[]) => unknown;
      returned = call(...type.params.map((t, i) => toValue(t, args[i] ?? 0n)));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return { trapped: true };
      throw error;
    }
    const values = type.results.length === 1 ? [returned] : [...((returned ?? []) as Value[])];
    const globals: Record<string, bigint> = {};
    for (const { name: global, type: of } of this.#globals) {
      const found = exports[global] as WebAssembly.Global | undefined;
      if (found) globals[global] = bitsOf(of, found.value as Value);
    }
    const memory = exports.memory as WebAssembly.Memory | undefined;
    return {
      trapped: false,
      results: type.results.map((t, i) => bitsOf(t, values[i] as Value)),
      globals,
      ...(memory ? { memory: new Uint8Array(memory.buffer) } : {}),
    };
  }

  /** In the reference machine. */
  machine(name: string, args: readonly bigint[], only?: Outcome): Outcome {
    const type = this.#type(name);
    const machine = new ReferenceMachine(this.image, name, args).run();
    if (machine.status === 'trapped') return { trapped: true };
    const globals: Record<string, bigint> = {};
    this.#globals.forEach(({ name: global, type: of }, i) => {
      if (!only?.globals || global in only.globals) {
        globals[global] = slotBits(of, machine.global(i));
      }
    });
    return {
      trapped: false,
      results: type.results.map((t, i) => slotBits(t, machine.slot(i))),
      globals,
      memory: machine.memory,
      steps: machine.steps,
    };
  }

  /** Expects both to agree; returns what they agree on (bits; undefined: both trapped). */
  agree(name: string, ...args: readonly bigint[]): readonly bigint[] | undefined {
    const wanted = this.native(name, args);
    const got = this.machine(name, args, wanted);
    const text = ({ trapped, results, globals }: Outcome): string =>
      trapped ? 'trap' : `${results} ${Object.entries(globals ?? {})}`;
    expect(text(got), `${name}(${args})`).toBe(text(wanted));
    if (wanted.memory && got.memory) {
      expect(Buffer.compare(got.memory, wanted.memory), `memory after ${name}(${args})`).toBe(0);
    }
    return wanted.results;
  }
}
