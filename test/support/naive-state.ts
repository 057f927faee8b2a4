/** A machine state in memory with no cleverness: sparse leaves in maps, every hash recomputed when asked for. */
import {
  CODE_DEPTH,
  LEAF_BYTES,
  MEMORY_DEPTH,
  REGION_DEPTH,
  REGION_OUTPUT,
  SLOT_BYTES,
  SLOTS_DEPTH,
} from '../../vm/constants.ts';
import { combine, keccak256, ZERO } from '../../vm/multiproof.ts';
import type { StateView, Status, TreeView } from '../../vm/types.ts';

/** A tree of 128-byte leaves, addressed by byte. */
export class NaiveTree implements TreeView {
  readonly depth: number;
  readonly leaves: Map<number, Uint8Array>;

  constructor(depth: number, leaves = new Map<number, Uint8Array>()) {
    this.depth = depth;
    this.leaves = leaves;
  }

  clone(): NaiveTree {
    return new NaiveTree(
      this.depth,
      new Map([...this.leaves].map(([i, leaf]) => [i, leaf.slice()])),
    );
  }

  write(address: number, bytes: Uint8Array): void {
    bytes.forEach((byte, i) => {
      const index = Math.floor((address + i) / LEAF_BYTES);
      const leaf = this.leaves.get(index) ?? new Uint8Array(LEAF_BYTES);
      leaf[(address + i) % LEAF_BYTES] = byte;
      this.leaves.set(index, leaf);
    });
  }

  read(address: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => {
      const leaf = this.leaves.get(Math.floor((address + i) / LEAF_BYTES));
      return leaf?.[(address + i) % LEAF_BYTES] ?? 0;
    });
  }

  leaf(index: number): Uint8Array {
    return this.leaves.get(index) ?? new Uint8Array(LEAF_BYTES);
  }

  node(height: number, index: number): Uint8Array | undefined {
    const span = 2 ** height;
    const touched = [...this.leaves.keys()].some(
      (i) => i >= index * span && i < (index + 1) * span,
    );
    if (!touched) return undefined;
    if (height === 0) return keccak256(this.leaf(index));
    const zero = ZERO[height - 1] as Uint8Array;
    return combine(
      this.node(height - 1, 2 * index) ?? zero,
      this.node(height - 1, 2 * index + 1) ?? zero,
    );
  }

  root(): Uint8Array {
    return this.node(this.depth, 0) ?? (ZERO[this.depth] as Uint8Array);
  }
}

/** Little-endian bytes of a number. */
export const littleEndian = (value: bigint, width: number): Uint8Array =>
  Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

export interface WordFields {
  readonly op: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly d?: number;
  readonly lo?: number;
  readonly hi?: number;
  readonly imm?: bigint;
}

/** The 16 bytes of a code word; `d` stands in the low bits of `lo`, and `imm` gives both halves. */
export function codeWord(fields: WordFields): Uint8Array {
  const { op, a = 0, b = 0, c = 0, d = 0, lo = d, hi = 0 } = fields;
  const imm = fields.imm ?? (BigInt(hi) << 32n) | BigInt(lo);
  return littleEndian(
    BigInt(op) | (BigInt(a) << 16n) | (BigInt(b) << 32n) | (BigInt(c) << 48n) | (imm << 64n),
    16,
  );
}

/** Mutable, unlike the view that it is: tests write the state they want. */
export class NaiveState implements StateView {
  status: Status = 'running';
  position = 0;
  pc = 0;
  fp = 0;
  pages = 1;
  code = new NaiveTree(CODE_DEPTH);
  slots = new NaiveTree(SLOTS_DEPTH);
  memory = new NaiveTree(MEMORY_DEPTH);

  clone(): NaiveState {
    const copy = new NaiveState();
    Object.assign(copy, this);
    copy.code = this.code.clone();
    copy.slots = this.slots.clone();
    copy.memory = this.memory.clone();
    return copy;
  }

  setSlot(slot: number, value: bigint): void {
    this.slots.write(slot * SLOT_BYTES, littleEndian(value, SLOT_BYTES));
  }

  preimage(): Uint8Array {
    if (this.status === 'trapped') return Uint8Array.of(3);
    if (this.status === 'halted') {
      const output = this.memory.node(REGION_DEPTH, REGION_OUTPUT);
      return Uint8Array.of(2, ...(output ?? (ZERO[REGION_DEPTH] as Uint8Array)));
    }
    const word = (value: number): number[] => [...littleEndian(BigInt(value), 4)].reverse();
    return Uint8Array.of(
      1,
      ...word(this.pc),
      ...word(this.fp),
      ...word(this.pages),
      ...this.slots.root(),
      ...this.memory.root(),
    );
  }

  hash(): Uint8Array {
    return keccak256(this.preimage());
  }
}
