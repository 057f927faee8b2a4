/** A module's instance that is kept between calls, in the machine. Every step of it is a step of a machine state like any other. */
import { GLOBAL_BASE } from '../../vm/constants.ts';
import { formOperands } from '../../vm/forms.ts';
import { lower } from '../../vm/lower/index.ts';
import type { Machine } from '../../vm/machine.ts';
import type { ValueType } from '../../vm/opcodes.ts';
import type { FunctionType, Image, WasmModule } from '../../vm/types.ts';
import { readModule, rowOf } from '../../vm/wasm/index.ts';

/** No call of the suite comes near. */
const MAX_STEPS = 50_000_000;

/** Executes one step; a stepper may do more, like collecting the step's witness. */
export type Stepper = (machine: Machine) => void;

export const plainStep: Stepper = (machine) => {
  machine.run(1);
};

/** Reasons of traps, in the words of the specification's tests. */
export const TRAPS = [
  'unreachable',
  'integer divide by zero',
  'integer overflow',
  'invalid conversion to integer',
  'out of bounds memory access',
  'undefined element',
  'uninitialized element',
  'indirect call type mismatch',
  'call stack exhausted',
] as const;

export interface Host {
  readonly stepper: Stepper;
  /** Told about every trap. */
  readonly onTrap?: (reason: string) => void;
}

export class Instance {
  readonly image: Image;
  readonly #module: WasmModule;
  readonly #machine: Machine;
  readonly #host: Host;

  /** Reads and lowers the module; throws what the loader throws. */
  constructor(bytes: Uint8Array, machine: Machine, host: Host) {
    this.#module = readModule(bytes);
    this.image = lower(this.#module);
    this.#machine = machine;
    this.#host = host;
  }

  /**
   * Sets up memory and globals and runs the start function: the words of an entry that come before the call of its function. Returns
   * why that trapped, or undefined.
   */
  instantiate(): string | undefined {
    const { image } = this;
    this.#machine.load(image);
    const entry = image.functions[0]!;
    const regions = new Map(image.data.length > 0 ? [[0, image.data] as const] : []);
    this.#machine.start(entry.start, [], regions, image.memory.initial);
    return this.#run(this.#module.exports.length > 0 ? entry.end - 2 : entry.end - 1);
  }

  /** Calls an exported function; the state that earlier calls left stays. */
  invoke(name: string, args: readonly bigint[]): { trap: string } | { results: bigint[] } {
    const index = this.#module.exports.findIndex((e) => e.name === name);
    if (index < 0) throw new Error(`no function is exported as ${JSON.stringify(name)}`);
    // The last two words of an entry: the call, and halt.
    this.#machine.resume(this.image.functions[index]!.end - 2, args);
    const trap = this.#run();
    if (trap !== undefined) return { trap };
    const { results } = this.signature(name);
    return { results: results.map((_, i) => this.#machine.readSlot(i)) };
  }

  signature(name: string): FunctionType {
    return this.image.signatures.get(name)!;
  }

  /** Whether an exported function holds an instruction that changes a sign bit and nothing else. */
  changesSigns(name: string): boolean {
    const { functionIndex } = this.#module.exports.find((e) => e.name === name)!;
    const { body } = this.#module.functions[functionIndex]!;
    return body.some(({ opcode }) => /^f.*\.(neg|copysign)$/.test(rowOf(opcode)?.name ?? ''));
  }

  /** An exported global. */
  global(name: string): { type: ValueType; slot: bigint } {
    const found = this.#module.globalExports.find((e) => e.name === name);
    if (!found) throw new Error(`no global is exported as ${JSON.stringify(name)}`);
    const { type } = this.#module.globals[found.globalIndex]!;
    return { type, slot: this.#machine.readSlot(GLOBAL_BASE + found.globalIndex) };
  }

  /** Runs to the end, or to a place that is reached in frame 0; says why it trapped. */
  #run(until?: number): string | undefined {
    const machine = this.#machine;
    let pc = machine.pc;
    let fp = machine.fp;
    for (let steps = 0; machine.status === 'running'; steps++) {
      pc = machine.pc;
      fp = machine.fp;
      if (pc === until && fp === 0) return undefined;
      if (steps === MAX_STEPS) throw new Error(`still running after ${MAX_STEPS} steps`);
      this.#host.stepper(machine);
    }
    if (machine.status !== 'trapped') return undefined;
    const reason = this.#reason(pc, fp);
    this.#host.onTrap?.(reason);
    return reason;
  }

  /** Why the step from this place trapped. */
  #reason(pc: number, fp: number): (typeof TRAPS)[number] {
    const { image } = this;
    const operands = formOperands(image.code.subarray(16 * pc, 16 * pc + 16), fp);
    if (operands.outOfRange) return 'call stack exhausted';
    const form = operands.row?.form ?? 'trap';
    const range = image.functions.find(({ start, end }) => pc >= start && pc < end);
    if (form === 'trap') {
      if (range?.name.startsWith('memory.')) return 'out of bounds memory access';
      if (!range?.name.startsWith('table (')) return 'unreachable';
      const isEmpty = this.#module.table[pc - range.start] === undefined;
      return isEmpty ? 'uninitialized element' : 'indirect call type mismatch';
    }
    if (form === 'callIndirect') return 'undefined element';
    if (operands.row?.width !== undefined) return 'out of bounds memory access';
    const name = operands.row?.name ?? '';
    if (name.includes('trunc')) {
      const value = this.#machine.readSlot(operands.reads[0]!);
      const isNan = /_f32/.test(name)
        ? (value & 0x7fffffffn) > 0x7f800000n
        : (value & 0x7fffffff_ffffffffn) > 0x7ff00000_00000000n;
      return isNan ? 'invalid conversion to integer' : 'integer overflow';
    }
    if (/\.(div|rem)_/.test(name)) {
      const width = name.startsWith('i32') ? 32 : 64;
      const right = operands.reads[1];
      const divisor = right === undefined ? operands.imm : this.#machine.readSlot(right);
      return BigInt.asUintN(width, divisor) === 0n ? 'integer divide by zero' : 'integer overflow';
    }
    throw new Error(`a trap of ${name} at ${pc}`);
  }
}
