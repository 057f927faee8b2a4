/** Steps of the suite for the arbiter: which are taken, with their witnesses, and what they cover. */

import type { ArbiterBatch } from '../../scripts/lib/arbiter-batch.ts';
import { WORD_BYTES } from '../../vm/constants.ts';
import type { Hasher } from '../../vm/keccak.ts';
import type { Machine } from '../../vm/machine.ts';
import { OPCODES } from '../../vm/opcodes.ts';
import { buildWitness } from '../../vm/witness.ts';
import { casesOf } from '../support/step-cases.ts';

/** Steps of an opcode that a sample takes at once; later ones are taken at the powers of two. */
const FIRST = 8;

/** Whether a sample takes the nth step of a kind, counted from 1. */
const isSampled = (n: number): boolean => n <= FIRST || (n & (n - 1)) === 0;

/**
 * `all`: every step. `thinned`: of calls longer than `after` steps every `stride`th of the rest, and their last one. `sample`: some
 * of every opcode, and of every opcode's traps.
 */
export type Choice =
  | { readonly kind: 'all' }
  | { readonly kind: 'thinned'; readonly after: number; readonly stride: number }
  | { readonly kind: 'sample' };

export class StepCollector {
  readonly #batch: ArbiterBatch;
  readonly #hasher: Hasher;
  readonly #choice: Choice;
  /** Steps seen by opcode; an opcode's traps are counted apart. */
  readonly #seen = new Map<number, number>();
  readonly #traps = new Map<number, number>();
  /** Opcodes of the steps that were taken. */
  readonly #taken = new Set<number>();
  #codeRoot = new Uint8Array();
  #codeOf: unknown;
  /** Hash of the state that the step before led to, if that was taken, and where that is. */
  #last: { machine: Machine; position: number; hash: Uint8Array } | undefined;
  executed = 0;
  collected = 0;

  constructor(batch: ArbiterBatch, hasher: Hasher, choice: Choice) {
    this.#batch = batch;
    this.#hasher = hasher;
    this.#choice = choice;
  }

  /** Executes one step and takes it if it is chosen. */
  readonly step = (machine: Machine): void => {
    this.executed++;
    const { pc, fp, position } = machine;
    const op = opcodeAt(machine, pc);
    if (this.#isChosen(op, position)) {
      this.#take(machine, op);
      return;
    }
    machine.run(1);
    this.#last = undefined;
    if (machine.status !== 'trapped') return;
    if (this.#choice.kind === 'sample' && !isSampled(count(this.#traps, op))) return;
    // A trap changes nothing but the status: the state before it is still there.
    machine.resume(pc, []);
    machine.setRegisters({ pc, fp, position });
    this.#take(machine, op);
  };

  #isChosen(op: number, position: number): boolean {
    switch (this.#choice.kind) {
      case 'all':
        return true;
      case 'thinned': {
        const { after, stride } = this.#choice;
        return position < after || position % stride === 0;
      }
      case 'sample':
        return isSampled(count(this.#seen, op));
    }
  }

  #take(machine: Machine, op: number): void {
    const { image, position } = machine;
    if (image !== this.#codeOf) {
      this.#codeRoot = machine.codeRoot() as Uint8Array<ArrayBuffer>;
      this.#codeOf = image;
    }
    const follows = this.#last?.machine === machine && this.#last.position === position;
    const previous = follows && position > 0 ? this.#last!.hash : this.#hash(machine);
    const witness = buildWitness(machine);
    machine.run(1);
    const next = this.#hash(machine);
    this.#batch.add({ codeRoot: this.#codeRoot, position, previous, next, witness });
    this.#last = { machine, position: machine.position, hash: next };
    this.#taken.add(op);
    this.collected++;
  }

  #hash(machine: Machine): Uint8Array {
    return this.#hasher.keccak256(machine.preimage());
  }

  /** Opcodes of which a step was taken, of all that there are. */
  get covered(): number {
    return OPCODES.filter(({ code }) => this.#taken.has(code)).length;
  }

  /** Adds the project's own steps of the opcodes that nothing in the suite executes; returns those opcodes' names. */
  addMissing(): string[] {
    const missing = OPCODES.filter(({ code }) => !this.#taken.has(code));
    for (const row of missing) {
      for (const { before, after } of casesOf(row)) {
        this.#batch.add({
          codeRoot: before.code.root(),
          position: before.position,
          previous: before.hash(),
          next: after.hash(),
          witness: buildWitness(before),
        });
        this.collected++;
      }
    }
    return missing.map(({ name }) => name);
  }
}

function count(counts: Map<number, number>, op: number): number {
  const n = (counts.get(op) ?? 0) + 1;
  counts.set(op, n);
  return n;
}

/** Opcode of the word at a place; 0 where there is none. */
function opcodeAt({ image: { code } }: Machine, pc: number): number {
  const at = pc * WORD_BYTES;
  return (code[at] ?? 0) | ((code[at + 1] ?? 0) << 8);
}
