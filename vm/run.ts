/** One run of the machine as a trace: any state's hash, any step's witness, without keeping every state. */
import type { Hash, MachineTrace, StepDescription } from '../models/types.ts';
import { PAGE_BYTES, WORD_BYTES, WORDS_PER_LEAF } from './constants.ts';
import { disassemble } from './disassemble.ts';
import { formOperands } from './forms.ts';
import type { Machine, Snapshot } from './machine.ts';
import { buildWitness } from './witness.ts';

/** A change made to the machine once, when it is at `position`: the run goes on from the changed state. */
export interface MachineTamper {
  readonly position: number;
  apply(machine: Machine): void;
}

/** Steps between two snapshots at first; doubled whenever there are too many, or taking one takes longer than the steps. */
const FIRST_INTERVAL = 2 ** 14;
const MAX_SNAPSHOTS = 48;
/** Bytes that snapshots hold together before half of them go: a call may write all of a large output between any two. */
const MAX_SNAPSHOT_BYTES = 2 ** 28;

/**
 * Runs the machine to its end and describes the run.
 *
 * @param start puts the machine into the run's first state; called again when something else has used the machine
 * @throws MachineError OUT_OF_MEMORY
 */
export function createRun(
  machine: Machine,
  start: () => void,
  { tamper }: { tamper?: MachineTamper } = {},
): MachineTrace {
  return new Run(machine, start, tamper);
}

/** Bytes of snapshots, what they share once. */
function bytesOf(snapshots: readonly Snapshot[]): number {
  const pages = new Set(snapshots.flatMap((snapshot) => [...snapshot.pages.values()]));
  return snapshots.reduce((sum, { slots }) => sum + slots.length, pages.size * PAGE_BYTES);
}

class Run implements MachineTrace {
  readonly length: number;
  readonly #machine: Machine;
  readonly #start: () => void;
  readonly #tamper: MachineTamper | undefined;
  #snapshots: Snapshot[] = [];
  #end: Hash | undefined;

  constructor(machine: Machine, start: () => void, tamper: MachineTamper | undefined) {
    this.#machine = machine;
    this.#start = start;
    this.#tamper = tamper;
    this.#begin();
    let interval = FIRST_INTERVAL;
    let held = 0;
    this.#snapshots.push(machine.snapshot());
    while (machine.status === 'running') {
      this.#advance(machine.position + interval);
      if (machine.status !== 'running') break;
      const snapshot = machine.snapshot();
      this.#snapshots.push(snapshot);
      held += snapshot.copied;
      // A byte is copied in about the time of a step.
      if (snapshot.copied > interval) interval *= 2;
      if (this.#snapshots.length <= MAX_SNAPSHOTS && held <= MAX_SNAPSHOT_BYTES) continue;
      interval *= 2;
      this.#snapshots = this.#snapshots.filter((_, i) => i % 2 === 0);
      held = bytesOf(this.#snapshots);
    }
    this.length = machine.position;
  }

  get end(): Hash {
    if (this.#end === undefined) {
      this.#seek(this.length);
      this.#end = this.#machine.stateHash();
    }
    return this.#end;
  }

  #begin(): void {
    this.#start();
    this.#machine.owner = this;
    if (this.#tamper?.position === 0) this.#tamper.apply(this.#machine);
  }

  /** Runs on to `target`, past the change if it lies between. */
  #advance(target: number): void {
    const machine = this.#machine;
    const change = this.#tamper;
    if (change && machine.position < change.position && change.position <= target) {
      machine.run(change.position - machine.position);
      if (machine.position === change.position) change.apply(machine);
    }
    machine.run(target - machine.position);
  }

  /** Makes the machine stand at a position, or at the end if that comes first. */
  #seek(position: number): void {
    const machine = this.#machine;
    const target = Math.min(position, this.length ?? position);
    const isOurs = machine.owner === this;
    if (!isOurs) this.#begin();
    const nearest = this.#snapshots.findLast((snapshot) => snapshot.position <= target);
    const from = machine.position;
    if (nearest && (from > target || nearest.position > from)) machine.restore(nearest);
    this.#advance(target);
  }

  async hashes(positions: readonly number[]): Promise<Hash[]> {
    return positions.map((position) => {
      if (position >= this.length) return this.end;
      this.#seek(position);
      return this.#machine.stateHash();
    });
  }

  async witness(position: number): Promise<Uint8Array> {
    this.#seek(position);
    return buildWitness(this.#machine);
  }

  async describe(position: number): Promise<StepDescription> {
    this.#seek(position);
    const machine = this.#machine;
    const { fp, pc, status } = machine;
    if (status !== 'running') return { pc, fp, text: `(${status})`, operands: [] };
    const leaf = machine.code.leaf(Math.floor(pc / WORDS_PER_LEAF));
    const offset = (pc % WORDS_PER_LEAF) * WORD_BYTES;
    const word = leaf.subarray(offset, offset + WORD_BYTES);
    const second = leaf.subarray(offset + WORD_BYTES, offset + 2 * WORD_BYTES);
    const text = disassemble(word, second.length === WORD_BYTES ? second : undefined, pc);
    const { outOfRange, reads, writes } = formOperands(word, fp);
    const value = (slot: number): string => `0x${machine.readSlot(slot).toString(16)}`;
    const operands = outOfRange
      ? []
      : reads.map((slot) => ({ name: `slot ${slot - fp}`, value: value(slot) }));
    if (!outOfRange && writes.length > 0) {
      machine.run(1);
      if (machine.status === 'running') {
        for (const slot of writes) {
          operands.push({ name: `slot ${slot - fp} after`, value: value(slot) });
        }
      }
    }
    const kernel = machine.image.functions.find(({ start, end }) => pc >= start && pc < end)?.name;
    return { pc, fp, text, operands, ...(kernel ? { kernel } : {}) };
  }
}
