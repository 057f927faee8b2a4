/** Random states: registers, slots and memory at the edges of what the next instruction asks of them. */
import {
  CODE_WORDS,
  FRAME_SLOTS,
  LEAF_BYTES,
  LIMIT,
  MAX_PAGES,
  PAGE_BYTES,
  REGION_BYTES,
} from '../../../vm/constants.ts';
import { type FormOperands, formOperands } from '../../../vm/forms.ts';
import type { Machine } from '../../../vm/machine.ts';
import { slotValue } from '../values.ts';
import { once, pick, type Random } from './words.ts';

const U32 = 2 ** 32;
const MEMORY_BYTES = MAX_PAGES * PAGE_BYTES;

/** Where the cases of one image lie: frames and pages keep close, or every case would hash its way across the trees. */
export interface Place {
  /** Frames start here or a little above. */
  readonly frame: number;
  readonly frames: number;
  /** Pages that accesses prefer. */
  readonly pages: readonly number[];
  readonly words: number;
}

const width = (random: Random): 8 | 16 | 32 | 64 => pick(random, [8, 16, 32, 32, 64, 64] as const);

function frameOf(random: Random, { frame, frames }: Place): number {
  if (once(random, 64)) return pick(random, [U32 - 1, FRAME_SLOTS, FRAME_SLOTS + 1, random()]);
  return Math.min(frame + (random() % frames), U32 - 1);
}

function pagesOf(random: Random): number {
  return pick(random, [0, 1, 2, 4096, 4097, 65535, MAX_PAGES, MAX_PAGES, random() % MAX_PAGES]);
}

/** An address whose access of `bytes` bytes is at an edge: of memory, a page, a leaf, a region, the address space. */
function addressOf(random: Random, place: Place, pages: number, bytes: number): number {
  const near = (at: number): number => at - bytes + (random() % (bytes + 2));
  const page = pick(random, place.pages) * PAGE_BYTES;
  const end = pages * PAGE_BYTES;
  const address = pick(random, [
    () => near(end),
    () => end - bytes,
    () => near(page + PAGE_BYTES),
    () => near(page + LEAF_BYTES * (1 + (random() % 500))),
    () => near(REGION_BYTES),
    () => page + (random() % PAGE_BYTES),
    () => page,
    () => (once(random, 8) ? random() : near(MEMORY_BYTES)),
  ])();
  return Math.max(0, address);
}

/** What the operand in slot b should be so that the form's edges come up; undefined: anything. */
function operandOf(
  random: Random,
  operands: FormOperands,
  place: Place,
  pages: number,
): bigint | undefined {
  const { row, lo, hi } = operands;
  const noise = BigInt(random()) << 32n;
  if (row?.width) {
    const address = addressOf(random, place, pages, row.width);
    return (BigInt(((address - lo) % U32) + U32) & 0xffffffffn) | noise;
  }
  switch (row?.form) {
    case 'brTable':
    case 'callIndirect': {
      const limit = row.form === 'brTable' ? lo : hi;
      return (
        BigInt(pick(random, [0, 1, limit, Math.max(0, limit - 1), limit + 1, random()])) | noise
      );
    }
    case 'memoryGrow': {
      const room = Math.max(0, Math.min(lo, MAX_PAGES) - pages);
      return BigInt(pick(random, [0, 1, room, room + 1, random(), U32 - 1]) % U32) | noise;
    }
    default:
      return undefined;
  }
}

function returnTo(random: Random, place: Place): bigint {
  const pc = once(random, 8) ? random() : random() % place.words;
  const fp = once(random, 16) ? random() : frameOf(random, place);
  return BigInt(pc) | (BigInt(fp) << 32n) | (BigInt(random()) << 64n);
}

/** Registers and position of a new case; the machine runs again if it had ended. */
export function randomRegisters(random: Random, machine: Machine, place: Place, pc: number): void {
  const lost = once(random, 48);
  machine.setRegisters({
    pc: lost ? pick(random, [CODE_WORDS, CODE_WORDS - 1, place.words, U32 - 1, random()]) : pc,
    fp: frameOf(random, place),
    pages: pagesOf(random),
    position: once(random, 48) ? LIMIT - 1 - (random() % 2) : random(),
  });
}

/** Fills the slots and the memory that the instruction at pc names, most of the time. */
export function randomContent(
  random: Random,
  machine: Machine,
  place: Place,
  word: Uint8Array,
): void {
  const { fp, pages } = machine;
  const operands = formOperands(word, fp);
  const { row, reads, writes } = operands;
  const isSlot = (slot: number): boolean => slot < FRAME_SLOTS;
  for (const slot of new Set([...reads, ...writes].filter(isSlot))) {
    if (once(random, 4)) continue;
    machine.writeSlot(slot, once(random, 8) ? 0n : slotValue(width(random), random));
  }
  if (row?.form === 'return') {
    const slot = fp + operands.c;
    if (isSlot(slot)) machine.writeSlot(slot, returnTo(random, place));
    return;
  }
  const slot = fp + operands.b;
  const wanted = operandOf(random, operands, place, pages);
  if (wanted === undefined || !isSlot(slot)) return;
  machine.writeSlot(slot, ((slotValue(64, random) >> 64n) << 64n) | wanted);
  const address = Number(wanted & 0xffffffffn) + operands.lo;
  if (!row?.width || address + row.width > MEMORY_BYTES || once(random, 3)) return;
  const bytes = Uint8Array.from({ length: row.width }, () => random());
  // Zeros where there may have been something: a leaf that becomes zero again must hash as one.
  machine.writeMemory(address, once(random, 4) ? new Uint8Array(row.width) : bytes);
}
