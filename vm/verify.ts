/**
 * One step checked from its witness, as the arbiter contract checks it: the witness is untrusted, the code root and the
 * position are the caller's.
 */
import {
  CODE_DEPTH,
  CODE_WORDS,
  LEAF_BYTES,
  LIMIT,
  MAX_PAGES,
  MEMORY_DEPTH,
  REGION_DEPTH,
  REGION_OUTPUT,
  SLOT_BYTES,
  SLOTS_DEPTH,
  WORD_BYTES,
  WORDS_PER_LEAF,
} from './constants.ts';
import { evaluate, type Registers, type SlotWrite, writeLittleEndian } from './effect.ts';
import { formOperands, trapsByCode } from './forms.ts';
import {
  type Fold,
  fold,
  HASH_BYTES,
  keccak256,
  MultiproofError,
  sameBytes,
} from './multiproof.ts';
import {
  CODE_BITMAP,
  HEADER_BYTES,
  MEMORY_BITMAP,
  memoryLeaves,
  REGION_BITMAP,
  REGION_LEVELS,
  SLOTS_BITMAP,
  slotLeaves,
} from './witness.ts';

/** Tags and sizes of the state preimages. */
export const TAG_RUNNING = 1;
export const TAG_HALTED = 2;
export const TAG_TRAPPED = 3;
export const RUNNING_BYTES = 77;
export const HALTED_BYTES = 33;
export const TRAPPED_BYTES = 1;

/**
 * `short`, `trailing`: too few or too many bytes. `tag`, `pages`: the preimage is no state's. `bitmap`: a bit that no sibling
 * asks for. `code-root`: the code's path leads to another root.
 */
export type WitnessErrorCode = 'short' | 'trailing' | 'tag' | 'pages' | 'bitmap' | 'code-root';

/** A witness that decides nothing. */
export class WitnessError extends Error {
  readonly code: WitnessErrorCode;

  constructor(code: WitnessErrorCode, message: string) {
    super(`witness: ${message}`);
    this.name = 'WitnessError';
    this.code = code;
  }
}

/** State hashes before and after the step. */
export interface VerifiedStep {
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
}

/** Reads the witness from front to back. */
class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(length: number, what: string): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) {
      throw new WitnessError(
        'short',
        `${this.bytes.length} bytes end within the ${what}, which takes ${end}`,
      );
    }
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  proof(leaves: readonly number[], depth: number, bitmapBytes: number, zeroOffset = 0): Fold {
    try {
      const path = fold(this.bytes.subarray(this.at), leaves, depth, bitmapBytes, zeroOffset);
      this.at += path.bytes;
      return path;
    } catch (error) {
      if (error instanceof MultiproofError && error.code !== 'leaves') {
        throw new WitnessError(error.code, error.message);
      }
      throw error;
    }
  }

  end(): void {
    if (this.at === this.bytes.length) return;
    throw new WitnessError(
      'trailing',
      `${this.bytes.length} bytes where ${this.at} decide the step`,
    );
  }
}

/** Leaves of one tree and their path; writing to them changes the copy in here, and so the root. */
class Opening {
  private readonly leaves: ReadonlyMap<number, Uint8Array>;
  private readonly path: Fold;

  constructor(
    reader: Reader,
    indices: readonly number[],
    depth: number,
    bitmapBytes: number,
    name: 'code' | 'slots' | 'memory',
  ) {
    this.leaves = new Map(
      indices.map((index) => [
        index,
        reader.take(LEAF_BYTES, `leaf ${index} of the ${name}`).slice(),
      ]),
    );
    this.path = reader.proof(indices, depth, bitmapBytes);
  }

  root(): Uint8Array {
    return this.path.root([...this.leaves.values()].map(keccak256));
  }

  /** The little-endian integer in bytes `[address, address + width)` of the tree's content. */
  read(address: number, width: number): bigint {
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) {
      value =
        (value << 8n) | BigInt(this.leafAt(address + i)[(address + i) % LEAF_BYTES] as number);
    }
    return value;
  }

  write(address: number, width: number, value: bigint): void {
    for (let i = 0; i < width; i++) {
      this.leafAt(address + i)[(address + i) % LEAF_BYTES] = Number(
        (value >> BigInt(8 * i)) & 0xffn,
      );
    }
  }

  private leafAt(address: number): Uint8Array {
    const index = Math.floor(address / LEAF_BYTES);
    const leaf = this.leaves.get(index);
    if (!leaf) throw new Error(`verify: leaf ${index} isn't part of the step`);
    return leaf;
  }
}

/** The 77-byte preimage of a running state. */
export function runningPreimage(
  registers: Registers,
  slotsRoot: Uint8Array,
  memoryRoot: Uint8Array,
): Uint8Array {
  const preimage = new Uint8Array(RUNNING_BYTES);
  const view = new DataView(preimage.buffer);
  view.setUint8(0, TAG_RUNNING);
  view.setUint32(1, registers.pc);
  view.setUint32(5, registers.fp);
  view.setUint32(9, registers.pages);
  preimage.set(slotsRoot, 13);
  preimage.set(memoryRoot, 45);
  return preimage;
}

/** The 33-byte preimage of a halted state. */
export function haltedPreimage(outputRoot: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(HALTED_BYTES);
  preimage[0] = TAG_HALTED;
  preimage.set(outputRoot, 1);
  return preimage;
}

const trappedHash = (): Uint8Array => keccak256(new Uint8Array([TAG_TRAPPED]));

/**
 * The step that a witness proves, as hashes of the state before and after.
 *
 * A witness of another state than the disputed one is no error in itself: it yields another `previous`, and the caller has to
 * compare. That covers leaves and siblings of slots and memory too, because the roots in the state's preimage are computed from
 * them. Only code, whose root the preimage doesn't contain, is checked here.
 *
 * @param position Of the state before the step, 0 to LIMIT - 1.
 * @throws WitnessError if the witness decides nothing; RangeError if position or code root are no such things.
 */
export function verifyStep(
  codeRoot: Uint8Array,
  position: number,
  witness: Uint8Array,
): VerifiedStep {
  if (!Number.isSafeInteger(position) || position < 0 || position >= LIMIT) {
    throw new RangeError(`verify: position ${position} isn't an integer from 0 to ${LIMIT - 1}`);
  }
  if (codeRoot.length !== HASH_BYTES) {
    throw new RangeError(`verify: a code root of ${codeRoot.length} bytes where 32 are wanted`);
  }
  const reader = new Reader(witness);
  const verified = verify(codeRoot, position, reader);
  reader.end();
  return verified;
}

function verify(codeRoot: Uint8Array, position: number, reader: Reader): VerifiedStep {
  const tag = reader.take(1, 'tag')[0] as number;
  if (tag === TAG_RUNNING) return step(codeRoot, position, reader);
  if (tag === TAG_TRAPPED) return { previous: trappedHash(), next: trappedHash() };
  if (tag !== TAG_HALTED) {
    throw new WitnessError('tag', `a state begins with 1, 2 or 3, not with ${tag}`);
  }
  const hash = keccak256(haltedPreimage(reader.take(HASH_BYTES, 'root of the output region')));
  return { previous: hash, next: hash };
}

/** The step from a running state. */
function step(codeRoot: Uint8Array, position: number, reader: Reader): VerifiedStep {
  const bytes = reader.take(HEADER_BYTES - 1, 'header');
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pc = header.getUint32(0);
  const fp = header.getUint32(4);
  const pages = header.getUint32(8);
  if (pages > MAX_PAGES) {
    throw new WitnessError('pages', `${pages} pages: no state has more than ${MAX_PAGES}`);
  }
  const registers = { pc, fp, pages };
  const trapped = (slotsRoot: Uint8Array, memoryRoot: Uint8Array): VerifiedStep => ({
    previous: keccak256(runningPreimage(registers, slotsRoot, memoryRoot)),
    next: trappedHash(),
  });
  const slotsRootGiven = (): Uint8Array => reader.take(HASH_BYTES, 'slots root');
  const memoryRootGiven = (): Uint8Array => reader.take(HASH_BYTES, 'memory root');
  if (position === LIMIT - 1 || pc >= CODE_WORDS) {
    return trapped(slotsRootGiven(), memoryRootGiven());
  }

  const codeIndex = Math.floor(pc / WORDS_PER_LEAF);
  const code = new Opening(reader, [codeIndex], CODE_DEPTH, CODE_BITMAP, 'code');
  if (!sameBytes(code.root(), codeRoot)) {
    throw new WitnessError('code-root', "the code path doesn't lead to the code root");
  }
  const word = new Uint8Array(WORD_BYTES);
  writeLittleEndian(word, 0, WORD_BYTES, code.read(pc * WORD_BYTES, WORD_BYTES));
  const operands = formOperands(word, fp);
  if (trapsByCode(operands, pc)) return trapped(slotsRootGiven(), memoryRootGiven());
  const second = operands.twoWords ? code.read((pc + 1) * WORD_BYTES, WORD_BYTES) : 0n;

  const slots =
    operands.slots.length > 0
      ? new Opening(reader, slotLeaves(operands.slots), SLOTS_DEPTH, SLOTS_BITMAP, 'slots')
      : undefined;
  const slotsRoot = slots?.root() ?? slotsRootGiven();
  const readSlot = (index: number): bigint => slots?.read(index * SLOT_BYTES, SLOT_BYTES) ?? 0n;
  const effect = evaluate(operands, registers, second, readSlot);
  if (effect.kind === 'trap') return trapped(slotsRoot, memoryRootGiven());
  if (effect.kind === 'halt') {
    const root = reader.take(HASH_BYTES, 'root of the output region');
    const path = reader.proof([REGION_OUTPUT], REGION_LEVELS, REGION_BITMAP, REGION_DEPTH);
    return {
      previous: keccak256(runningPreimage(registers, slotsRoot, path.root([root]))),
      next: keccak256(haltedPreimage(root)),
    };
  }

  const stepped = (write: SlotWrite | undefined, before: Uint8Array, after: Uint8Array) => {
    if (write) slots?.write(write.slot * SLOT_BYTES, SLOT_BYTES, write.value);
    return {
      previous: keccak256(runningPreimage(registers, slotsRoot, before)),
      next: keccak256(runningPreimage(effect.registers, slots?.root() ?? slotsRoot, after)),
    };
  };
  if (effect.kind === 'slots') {
    const root = memoryRootGiven();
    return stepped(effect.write, root, root);
  }
  const { address, width } = effect;
  const leaves = memoryLeaves(address, width);
  const memory = new Opening(reader, leaves, MEMORY_DEPTH, MEMORY_BITMAP, 'memory');
  const before = memory.root();
  if (effect.kind === 'load') {
    return stepped(effect.finish(memory.read(address, width)), before, before);
  }
  memory.write(address, width, effect.value);
  return stepped(undefined, before, memory.root());
}
