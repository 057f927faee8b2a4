/** Runs a module in our machine, looks at what it executes, and has single steps verified from their witnesses. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { GLOBAL_BASE, PAGE_BYTES } from '../../vm/constants.ts';
import { lower } from '../../vm/lower/index.ts';
import type { Machine } from '../../vm/machine.ts';
import { keccak256 } from '../../vm/multiproof.ts';
import { BY_CODE } from '../../vm/opcodes.ts';
import type { Image } from '../../vm/types.ts';
import { verifyStep } from '../../vm/verify.ts';
import { readModule } from '../../vm/wasm/index.ts';
import { buildWitness } from '../../vm/witness.ts';
import { digest, type Outcome, type Run, type TrapClass } from './engine.ts';

const MAX_STEPS = 20_000_000;
/** Steps of a run that are looked at one by one. */
const TRACED = 20_000;

export interface MachineOutcome extends Outcome {
  readonly steps: number;
}

export interface SampledStep {
  readonly codeRoot: Uint8Array;
  readonly position: number;
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
  readonly witness: Uint8Array;
  readonly opcode: number;
}

export class GuestMachine {
  readonly #machine: Machine;
  readonly #observed: readonly number[];
  readonly image: Image;

  /** @param change applied to the image before it is loaded: plants a fault */
  constructor(
    machine: Machine,
    bytes: Uint8Array,
    observed: readonly number[],
    change: (image: Image) => Image = (image) => image,
  ) {
    this.#observed = observed;
    this.image = change(lower(readModule(bytes)));
    this.#machine = machine;
    machine.load(this.image);
  }

  #start({ test, args }: Run): Machine {
    const entry = this.image.entries.get(test);
    if (entry === undefined) throw new Error(`the image has no entry ${test}`);
    // What lies above a scalar in its slot must not matter.
    const noise = 0xfeed_beef_dead_cafen << 64n;
    const slots = args.map((arg) => noise | BigInt.asUintN(64, BigInt(arg)));
    const { data, memory } = this.image;
    this.#machine.start(entry, slots, new Map([[0, data]]), memory.initial);
    return this.#machine;
  }

  run(run: Run): MachineOutcome {
    const machine = this.#start(run);
    machine.run(MAX_STEPS);
    const steps = machine.position;
    if (machine.status === 'running') return { kind: 'exhausted', steps };
    if (machine.status === 'trapped') {
      this.#start(run);
      machine.run(steps - 1);
      return { kind: 'trap', trap: this.#trapClass(machine.pc), steps };
    }
    return { ...this.#left(), steps };
  }

  /** What a run that has halted leaves. */
  #left(): Outcome {
    const machine = this.#machine;
    const observed = this.#observed.map((index) =>
      BigInt.asUintN(64, machine.readSlot(GLOBAL_BASE + index)).toString(16),
    );
    if (this.image.memory.maximum === 0) return { kind: 'done', observed };
    const { pages } = machine;
    const memory = digest(machine.readMemory(0, pages * PAGE_BYTES));
    return { kind: 'done', observed, memory, pages };
  }

  #opcode(pc: number): number {
    const { code } = this.image;
    return 16 * pc + 1 < code.length
      ? (code[16 * pc] as number) | ((code[16 * pc + 1] as number) << 8)
      : 0;
  }

  /** Why the instruction at `pc` traps, of those reasons that it can have. */
  #trapClass(pc: number): TrapClass {
    const row = BY_CODE.get(this.#opcode(pc));
    if (!row || row.form === 'trap') {
      const place = this.image.functions.find(({ start, end }) => pc >= start && pc < end);
      if (place?.name.startsWith('memory.')) return 'memory';
      return place?.name.startsWith('table (') ? 'indirect call' : 'unreachable';
    }
    if (row.width) return 'memory';
    if (row.form === 'callIndirect') return 'undefined element';
    if (/div_|rem_/.test(row.name)) return 'divide';
    return /trunc/.test(row.name) ? 'conversion' : 'unknown';
  }

  /**
   * Executes a run step by step: the first position of each pc that it visits, up to a number of steps, and the position of the
   * last step; `outcome`: how it ended, if it did.
   */
  trace(run: Run): { first: Map<number, number>; last: number; outcome?: MachineOutcome } {
    const machine = this.#start(run);
    const first = new Map<number, number>();
    let pc = machine.pc;
    while (machine.status === 'running' && machine.position < TRACED) {
      const { position } = machine;
      pc = machine.pc;
      if (!first.has(pc)) first.set(pc, position);
      machine.run(1);
    }
    const steps = machine.position;
    const traced = { first, last: steps - 1 };
    if (machine.status === 'running') return traced;
    if (machine.status === 'halted') return { ...traced, outcome: { ...this.#left(), steps } };
    return { ...traced, outcome: { kind: 'trap', trap: this.#trapClass(pc), steps } };
  }

  opcodesOf(pcs: Iterable<number>): number[] {
    return [...pcs].map((pc) => this.#opcode(pc));
  }

  /** Steps at ascending positions with their witnesses. */
  steps(run: Run, positions: readonly number[]): SampledStep[] {
    const machine = this.#start(run);
    const codeRoot = machine.codeRoot();
    return positions.map((position) => {
      machine.run(position - machine.position);
      const opcode = this.#opcode(machine.pc);
      const previous = keccak256(machine.preimage());
      const witness = buildWitness(machine);
      machine.run(1);
      return { codeRoot, position, previous, next: keccak256(machine.preimage()), witness, opcode };
    });
  }
}

/** What is wrong with a step, by the checker that the contract's is modelled on; undefined: nothing. */
export function checkStep({
  codeRoot,
  position,
  previous,
  next,
  witness,
}: SampledStep): string | undefined {
  try {
    const found = verifyStep(codeRoot, position, witness);
    if (bytesToHex(found.previous) !== bytesToHex(previous))
      return 'the witness is of another state';
    if (bytesToHex(found.next) !== bytesToHex(next)) return 'the next state differs';
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
