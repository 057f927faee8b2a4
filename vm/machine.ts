/** The host of the interpreter (vm/assembly): one machine, its state and its trees. */
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  FRAME_SLOTS,
  GLOBAL_BASE,
  GLOBALS,
  LEAF_BYTES,
  LIMIT,
  MAX_PAGES,
  MEMORY_DEPTH,
  PAGE_BYTES,
  REGION_BYTES,
  REGION_DEPTH,
  REGION_OUTPUT,
  REGIONS,
  SLOT_BYTES,
  SLOTS_DEPTH,
} from './constants.ts';
import { codeTree, decodeCode, slotMasks } from './decode.ts';
import * as at from './layout.ts';
import { keccak256, ZERO } from './multiproof.ts';
import type { Image, StateView, Status, TreeView } from './types.ts';

export type MachineErrorCode = 'OUT_OF_MEMORY' | 'NO_IMAGE' | 'OUT_OF_RANGE';

/** The host's fault or its limit, never the guest's: what a guest does wrong is a trap. */
export class MachineError extends Error {
  readonly code: MachineErrorCode;
  constructor(code: MachineErrorCode, message: string) {
    super(message);
    this.name = 'MachineError';
    this.code = code;
  }
}

/** A state that can be returned to while the run that it is of is loaded. */
export interface Snapshot {
  readonly position: number;
  readonly registers: Uint8Array;
  readonly slots: Uint8Array;
  readonly globals: Uint8Array | undefined;
  /** Content of the pages written since the start. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Bytes that it holds, those shared with other snapshots included. */
  readonly bytes: number;
  /** Bytes that were copied for it: pages written since the last snapshot, and slots. */
  readonly copied: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly dirtyCount: WebAssembly.Global;
  readonly writtenCount: WebAssembly.Global;
  initialise(words: number, reach: number, highest: number, limit: number): number;
  clearSlots(): void;
  slotsInUse(): number;
  touchSlots(from: number, to: number): void;
  ensurePage(page: number): number;
  replacePage(page: number): number;
  dropPage(page: number): void;
  touch(page: number): void;
  forgetWritten(): void;
  commit(): void;
  run(steps: number): number;
}

/** Fields of vm/assembly/registers.ts. */
const REGISTERS = 0x1f00;
const REGISTERS_BYTES = 48;
const [STATUS, PC, FP, PAGES, GLOBALS_DIRTY] = [0, 1, 2, 3, 5];
const STATUSES: readonly Status[] = ['running', 'halted', 'trapped'];
/** Height of a page's root in the memory tree. */
const PAGE_HEIGHT = 9;
const PAGES_PER_REGION = REGION_BYTES / PAGE_BYTES;
const GLOBALS_AT = at.SLOTS + GLOBAL_BASE * SLOT_BYTES;
const DEFAULT_MEMORY = 2 ** 31;
/** Steps executed by one call: an engine changes to its optimised code only between calls. */
const SLICE = 2 ** 20;

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** A machine without an image. `maxMemoryBytes`: what the guest's memory may take of the host's. */
export function createMachine(
  interpreter: WebAssembly.Module,
  { maxMemoryBytes = DEFAULT_MEMORY }: { maxMemoryBytes?: number } = {},
): Machine {
  return new Machine(interpreter, maxMemoryBytes);
}

export class Machine implements StateView {
  /** Who started it last: runs that share a machine must know whether it is still theirs. */
  owner: object | undefined;
  readonly #exports: Exports;
  readonly #maxMemoryBytes: number;
  #image: Image | undefined;
  #code = codeTree(new Uint8Array());
  /** Content of each region at the start, which pages that are no longer written return to. */
  #regions: ReadonlyMap<number, Uint8Array> = new Map();
  /** What pages were when a snapshot last copied them. */
  readonly #copies = new Map<number, Uint8Array>();
  #position = 0;
  /** Whether the trees are those of the state: a witness reads dozens of nodes. */
  #isCommitted = false;
  #bytes = new Uint8Array();

  constructor(interpreter: WebAssembly.Module, maxMemoryBytes: number) {
    this.#exports = new WebAssembly.Instance(interpreter).exports as unknown as Exports;
    this.#maxMemoryBytes = maxMemoryBytes;
  }

  /** Takes an image; the state is gone. Throws `MachineError` OUT_OF_MEMORY. */
  load(image: Image): void {
    this.#isCommitted = false;
    const { count, highest, plain, reach, words } = decodeCode(image.code);
    if (!this.#exports.initialise(count, reach, highest, this.#maxMemoryBytes)) {
      throw new MachineError('OUT_OF_MEMORY', `no memory for ${count} words of code`);
    }
    const memory = this.#memory();
    memory.set(words, at.CODE);
    memory.set(plain, at.CODE + words.length);
    memory.set(slotMasks(), at.MASKS);
    this.#image = image;
    this.#code = codeTree(image.code);
    this.#regions = new Map();
    this.#position = 0;
    this.owner = undefined;
  }

  get image(): Image {
    if (!this.#image)
      throw new MachineError('NO_IMAGE', 'the machine has no image: load one first');
    return this.#image;
  }

  #memory(): Uint8Array {
    const { buffer } = this.#exports.memory;
    if (this.#bytes.buffer !== buffer) this.#bytes = new Uint8Array(buffer);
    return this.#bytes;
  }

  #registers(): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, REGISTERS, REGISTERS_BYTES / 4);
  }

  /**
   * The state at position 0. A region whose content is the very array of the start before keeps its tree.
   *
   * @param args contents of slots 0, 1, ..., u128 each
   * @param regions content of memory regions 0 to 15, zero-extended
   */
  start(
    entry: number,
    args: readonly bigint[],
    regions: ReadonlyMap<number, Uint8Array> = new Map(),
    pages = MAX_PAGES,
  ): void {
    if (!this.#image)
      throw new MachineError('NO_IMAGE', 'the machine has no image: load one first');
    for (const [region, content] of regions) {
      if (region < 0 || region >= REGIONS || content.length > REGION_BYTES) {
        throw new MachineError(
          'OUT_OF_RANGE',
          `region ${region} with ${content.length} bytes; there are ${REGIONS} of ${REGION_BYTES}`,
        );
      }
    }
    this.#isCommitted = false;
    const before = this.#regions;
    this.#regions = new Map(regions);
    for (const page of this.#written()) this.#reset(page);
    for (let region = 0; region < REGIONS; region++) {
      const content = regions.get(region);
      const old = before.get(region);
      if (content === old) continue;
      const length = Math.max(content?.length ?? 0, old?.length ?? 0);
      for (let i = 0; i * PAGE_BYTES < length; i++) this.#reset(region * PAGES_PER_REGION + i);
    }
    this.#exports.forgetWritten();
    this.#copies.clear();
    this.#exports.clearSlots();
    const registers = this.#registers();
    registers.set([0, entry, 0, pages], STATUS);
    args.forEach((value, i) => {
      this.writeSlot(i, value);
    });
    this.#position = 0;
    this.owner = undefined;
  }

  /** Sets what a run's start doesn't: for states that no run begins with. A machine that has ended runs again. */
  setRegisters({
    fp,
    pages,
    pc,
    position,
  }: Partial<Record<'pc' | 'fp' | 'pages' | 'position', number>>) {
    this.#isCommitted = false;
    const registers = this.#registers();
    registers[STATUS as number] = at.RUNNING;
    if (pc !== undefined) registers[PC as number] = pc;
    if (fp !== undefined) registers[FP as number] = fp;
    if (pages !== undefined) registers[PAGES as number] = pages;
    if (position !== undefined) this.#position = position;
    if (fp !== undefined && fp < FRAME_SLOTS) this.#exports.touchSlots(fp, fp);
  }

  /**
   * Goes on from the state as it is (the one before the step, if it has trapped) at another place in frame 0, at position 0
   * again: a call into an instance that is kept.
   */
  resume(pc: number, args: readonly bigint[]): void {
    this.#registers()[STATUS as number] = at.RUNNING;
    this.setRegisters({ pc, fp: 0, position: 0 });
    args.forEach((value, i) => {
      this.writeSlot(i, value);
    });
    this.owner = undefined;
  }

  /** Zeroes the slots in use from `from` on, and the globals. */
  #clearSlots(from: number): void {
    const end = this.#exports.slotsInUse();
    const memory = this.#memory();
    if (end > from) {
      memory.fill(0, at.SLOTS + from * SLOT_BYTES, at.SLOTS + end * SLOT_BYTES);
      this.#exports.touchSlots(from, end - 1);
    }
    if (this.#hasGlobals()) {
      memory.fill(0, GLOBALS_AT, GLOBALS_AT + GLOBALS * SLOT_BYTES);
      this.#registers()[GLOBALS_DIRTY as number] = 1;
    }
  }

  #hasGlobals(): boolean {
    const words = (GLOBALS * SLOT_BYTES) / 4;
    const globals = new Uint32Array(this.#exports.memory.buffer, GLOBALS_AT, words);
    for (let i = 0; i < words; i++) if (globals[i] !== 0) return true;
    return false;
  }

  #written(): number[] {
    const count = this.#exports.writtenCount.value as number;
    const list = new Uint32Array(this.#exports.memory.buffer, at.WRITTEN_LIST, count);
    return [...list];
  }

  /** Content that a page had at the start; empty: zeros. */
  #initial(page: number): Uint8Array {
    const content = this.#regions.get(Math.floor(page / PAGES_PER_REGION));
    const from = (page % PAGES_PER_REGION) * PAGE_BYTES;
    return content?.subarray(from, from + PAGE_BYTES) ?? new Uint8Array();
  }

  #reset(page: number): void {
    const content = this.#initial(page);
    if (content.length === 0) this.#exports.dropPage(page);
    else this.#fill(page, content);
  }

  /** Replaces a page's content, zero-extended; what stays the same isn't hashed again. */
  #fill(page: number, content: Uint8Array): void {
    const memory = this.#memory();
    memory.set(content, at.STAGE);
    memory.fill(0, at.STAGE + content.length, at.STAGE + PAGE_BYTES);
    if (this.#exports.replacePage(page) === 0) throw this.#outOfMemory();
  }

  #ensure(page: number): number {
    const base = this.#exports.ensurePage(page) >>> 0;
    if (base === 0) throw this.#outOfMemory();
    return base;
  }

  #outOfMemory(): MachineError {
    const limit = `${this.#maxMemoryBytes} bytes`;
    return new MachineError('OUT_OF_MEMORY', `the guest's memory needs more than ${limit}`);
  }

  /** Address of a page's content in the interpreter, ZERO_PAGE if it has none. */
  #page(page: number): number {
    const table = new Uint32Array(this.#exports.memory.buffer, at.PAGE_TABLE, MAX_PAGES);
    return table[page] as number;
  }

  /**
   * Executes up to `steps` steps and returns how many it did: fewer when the machine halts or traps, which a
   * state that has done so repeats for ever. Throws `MachineError` OUT_OF_MEMORY; the machine must then be started
   * again.
   */
  run(steps: number): number {
    this.#isCommitted = false;
    const end = Math.min(this.#position + steps, LIMIT - 1);
    const from = this.#position;
    while (this.#position < end && this.status === 'running') {
      this.#position += this.#exports.run(Math.min(SLICE, end - this.#position));
      const registers = this.#registers();
      if (registers[STATUS as number] === at.OUT_OF_MEMORY) {
        registers[STATUS as number] = at.RUNNING;
        throw this.#outOfMemory();
      }
    }
    if (this.status === 'running' && this.#position === LIMIT - 1 && from + steps >= LIMIT) {
      this.#registers()[STATUS as number] = at.TRAPPED;
      this.#position = LIMIT;
    }
    return this.#position - from;
  }

  /** Steps since the start; it stands still when the machine has halted or trapped. */
  get position(): number {
    return this.#position;
  }

  get status(): Status {
    return STATUSES[this.#registers()[STATUS as number] as number] as Status;
  }

  get pc(): number {
    return this.#registers()[PC as number] as number;
  }

  get fp(): number {
    return this.#registers()[FP as number] as number;
  }

  get pages(): number {
    return this.#registers()[PAGES as number] as number;
  }

  /** All 16 bytes as u128. */
  readSlot(slot: number): bigint {
    const from = at.SLOTS + this.#checkSlot(slot) * SLOT_BYTES;
    return littleEndian(this.#memory().subarray(from, from + SLOT_BYTES));
  }

  writeSlot(slot: number, value: bigint): void {
    const from = at.SLOTS + this.#checkSlot(slot) * SLOT_BYTES;
    this.#isCommitted = false;
    const memory = this.#memory();
    for (let i = 0; i < SLOT_BYTES; i++) {
      memory[from + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    }
    this.#exports.touchSlots(slot, slot);
  }

  #checkSlot(slot: number): number {
    if (Number.isInteger(slot) && slot >= 0 && slot < FRAME_SLOTS + GLOBALS) return slot;
    throw new MachineError('OUT_OF_RANGE', `slot ${slot} of ${FRAME_SLOTS + GLOBALS}`);
  }

  #checkRange(address: number, length: number): void {
    if (address >= 0 && length >= 0 && address + length <= MAX_PAGES * PAGE_BYTES) return;
    throw new MachineError('OUT_OF_RANGE', `${length} bytes at address ${address} of 4 GiB`);
  }

  /** A copy of guest memory. */
  readMemory(address: number, length: number): Uint8Array {
    this.#checkRange(address, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const offset = (address + done) % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - offset, length - done);
      const from = this.#page(Math.floor((address + done) / PAGE_BYTES)) + offset;
      bytes.set(this.#memory().subarray(from, from + count), done);
      done += count;
    }
    return bytes;
  }

  writeMemory(address: number, bytes: Uint8Array): void {
    this.#checkRange(address, bytes.length);
    this.#isCommitted = false;
    for (let done = 0; done < bytes.length; ) {
      const page = Math.floor((address + done) / PAGE_BYTES);
      const offset = (address + done) % PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - offset, bytes.length - done);
      const base = this.#ensure(page);
      const memory = this.#memory();
      memory.set(bytes.subarray(done, done + count), base + offset);
      const flags = base + at.PAGE_FLAGS_AT;
      const last = Math.floor((offset + count - 1) / LEAF_BYTES);
      memory.fill(1, flags + Math.floor(offset / LEAF_BYTES), flags + last + 1);
      this.#exports.touch(page);
      done += count;
    }
  }

  /** Hashes nothing: a run that nobody asks for roots doesn't pay for them. */
  snapshot(): Snapshot {
    const memory = this.#memory();
    const slots = memory.slice(at.SLOTS, at.SLOTS + this.#exports.slotsInUse() * SLOT_BYTES);
    const pages = new Map<number, Uint8Array>();
    let copied = slots.length;
    for (const page of this.#written()) {
      const flags = at.PAGE_FLAGS + page;
      let copy = this.#copies.get(page);
      // Snapshots share the pages that weren't written between them.
      if (!copy || (memory[flags] as number) & at.CHANGED) {
        const base = this.#page(page);
        copy = memory.slice(base, base + PAGE_BYTES);
        this.#copies.set(page, copy);
        copied += PAGE_BYTES;
        memory[flags] = (memory[flags] as number) & ~at.CHANGED;
      }
      pages.set(page, copy);
    }
    return {
      position: this.#position,
      registers: memory.slice(REGISTERS, REGISTERS + 16),
      slots,
      globals: this.#hasGlobals()
        ? memory.slice(GLOBALS_AT, GLOBALS_AT + GLOBALS * SLOT_BYTES)
        : undefined,
      pages,
      bytes: slots.length + pages.size * PAGE_BYTES,
      copied,
    };
  }

  /** Returns to a state of the run that was started last. */
  restore(snapshot: Snapshot): void {
    this.#isCommitted = false;
    const registers = this.#registers();
    this.#clearSlots(snapshot.slots.length / SLOT_BYTES);
    const memory = this.#memory();
    memory.set(snapshot.slots, at.SLOTS);
    this.#exports.touchSlots(0, Math.max(0, snapshot.slots.length / SLOT_BYTES - 1));
    if (snapshot.globals) {
      memory.set(snapshot.globals, GLOBALS_AT);
      registers[GLOBALS_DIRTY as number] = 1;
    }
    for (const page of this.#written()) if (!snapshot.pages.has(page)) this.#reset(page);
    for (const [page, content] of snapshot.pages) this.#fill(page, content);
    this.#memory().set(snapshot.registers, REGISTERS);
    this.#position = snapshot.position;
  }

  readonly slots: TreeView = {
    depth: SLOTS_DEPTH,
    leaf: (index) => {
      const from = at.SLOTS + index * LEAF_BYTES;
      return this.#memory().slice(from, from + LEAF_BYTES);
    },
    node: (height, index) => this.#node(at.SLOT_NODES + (2 ** (SLOTS_DEPTH - height) + index) * 32),
  };

  readonly memory: TreeView = {
    depth: MEMORY_DEPTH,
    leaf: (index) => this.readMemory(index * LEAF_BYTES, LEAF_BYTES),
    node: (height, index) => {
      if (height >= PAGE_HEIGHT) {
        return this.#node(at.UPPER + (2 ** (MEMORY_DEPTH - height) + index) * 32);
      }
      const perPage = 2 ** (PAGE_HEIGHT - height);
      const base = this.#page(Math.floor(index / perPage));
      if (base === at.ZERO_PAGE) return undefined;
      return this.#node(base + at.PAGE_NODES_AT + (perPage + (index % perPage)) * 32);
    },
  };

  get code(): TreeView {
    return this.#code;
  }

  /** A node as a tree in the interpreter has it, once the trees are up to date. */
  #node(from: number): Uint8Array | undefined {
    if (!this.#isCommitted) {
      this.#exports.commit();
      this.#isCommitted = true;
    }
    const bytes = this.#memory().slice(from, from + 32);
    return bytes.some((byte) => byte !== 0) ? bytes : undefined;
  }

  codeRoot(): Uint8Array {
    return this.#code.root();
  }

  /** Root of one of the 16 memory regions. */
  regionRoot(region: number): Uint8Array {
    return this.memory.node(REGION_DEPTH, region) ?? (ZERO[REGION_DEPTH] as Uint8Array);
  }

  preimage(): Uint8Array {
    switch (this.status) {
      case 'trapped':
        return Uint8Array.of(3);
      case 'halted':
        return Uint8Array.of(2, ...this.regionRoot(REGION_OUTPUT));
      default: {
        const bytes = new Uint8Array(77);
        const view = new DataView(bytes.buffer);
        bytes[0] = 1;
        view.setUint32(1, this.pc);
        view.setUint32(5, this.fp);
        view.setUint32(9, this.pages);
        bytes.set(this.slots.node(SLOTS_DEPTH, 0) ?? (ZERO[SLOTS_DEPTH] as Uint8Array), 13);
        bytes.set(this.memory.node(MEMORY_DEPTH, 0) ?? (ZERO[MEMORY_DEPTH] as Uint8Array), 45);
        return bytes;
      }
    }
  }

  /** Hash of the state, 0x-prefixed. */
  stateHash(): `0x${string}` {
    return `0x${bytesToHex(keccak256(this.preimage()))}`;
  }
}
