/** Where a function's values live: its frame, its operand stack, and moves between slots. */
import type { FunctionType, Instruction, WasmFunction } from '../types.ts';
import { LoweringError } from './errors.ts';

/** Highest slot that an operand field (u16) names. */
const HIGHEST_SLOT = 0xffff;

/** The slot that holds the return pc and the caller's fp. */
export const returnSlot = (type: FunctionType): number =>
  Math.max(type.params.length, type.results.length);

/** Slots of a frame: parameters (later results), return slot, other locals, operands. */
export class Frame {
  readonly #name: string;
  readonly #params: number;
  readonly return: number;
  readonly #operands: number;

  constructor(fn: WasmFunction, name: string) {
    this.#name = name;
    this.#params = fn.type.params.length;
    this.return = returnSlot(fn.type);
    this.#operands = this.#check(this.return + 1 + fn.locals.length);
  }

  /** Slot of a local; parameters are locals too. */
  local(index: number): number {
    return index < this.#params ? index : this.return + 1 + index - this.#params;
  }

  /** The home of the operand at a position of the stack. */
  home(position: number): number {
    return this.#check(this.#operands + position);
  }

  #check(slot: number): number {
    if (slot <= HIGHEST_SLOT) return slot;
    throw new LoweringError(
      'frame',
      `function ${this.#name} needs more than ${HIGHEST_SLOT + 1} slots for its locals and operands: split the function`,
    );
  }
}

/** An operand: in its home, still in a local, or a constant that no slot holds yet. */
export type Operand =
  | { readonly kind: 'home' }
  | { readonly kind: 'local'; readonly slot: number }
  | { readonly kind: 'constant'; readonly lo: number; readonly hi: number };

export const HOME: Operand = { kind: 'home' };

/** The operand that a constant instruction of up to 8 bytes pushes. */
export function constantOf({ opcode: op, bytes }: Instruction): Operand {
  if (!bytes || bytes.length > 8) {
    throw new Error(`lowering: opcode 0x${op.toString(16)} is no constant instruction`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hi = bytes.length === 8 ? view.getUint32(4, true) : 0;
  return { kind: 'constant', lo: view.getUint32(0, true), hi };
}

/** A value on its way to a slot: from another slot, or a constant. */
export interface Move {
  readonly to: number;
  readonly from: number | { readonly lo: number; readonly hi: number };
}

/**
 * Puts moves that are meant to happen at once into an order that has the same effect; a cycle is
 * opened through the slot `spare`. No two moves have the same destination.
 */
export function sequence(moves: readonly Move[], spare: number): Move[] {
  const pending = moves.filter((move) => move.from !== move.to);
  const ordered: Move[] = [];
  while (pending.length > 0) {
    const free = pending.findIndex((move) => !pending.some((other) => other.from === move.to));
    if (free >= 0) {
      ordered.push(...pending.splice(free, 1));
      continue;
    }
    // Every destination is still to be read: save one of them, and read the copy instead.
    const { to } = pending[0]!;
    ordered.push({ to: spare, from: to });
    pending.forEach((move, i) => {
      if (move.from === to) pending[i] = { to: move.to, from: spare };
    });
  }
  return ordered;
}
