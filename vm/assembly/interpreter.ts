/** The interpreter: docs/machine.md, one machine for each instance. vm/machine.ts is its host. */
import { combine, initialiseZeros, leafNode } from './hash';
import {
  CODE,
  DECODED_BYTES,
  FRAME_SLOTS,
  GLOBALS,
  SLOT_NODES,
  SLOTS,
} from './layout';
import { commitMemory, initialisePages, placePages } from './memory';
import { registers } from './registers';

export { denseRoot, keccak } from './hash';
export { run } from './generated/steps';
export {
  dirtyCount,
  dropPage,
  ensurePage,
  forgetWritten,
  touch,
  writtenCount,
} from './memory';
export { registers } from './registers';

/** Slots from a frame's start that an instruction of this code may write. */
let reach: u32 = 0;
let isFresh = true;

/**
 * Makes room for an image of `words` words and forgets everything; false: no memory. Behind the decoded words (two more than
 * those, which trap) lie the numbers of their instructions. `highest`: highest slot, from a frame's start, that the code names;
 * `limit`: bytes for guest memory.
 */
export function initialise(words: u32, reaches: u32, highest: u32, limit: f64): bool {
  const plain = CODE + (<usize>words + 2) * DECODED_BYTES;
  const end = plain + ((<usize>words + 2) << 1);
  const needed = <i32>((end + 0xffff) >> 16) - memory.size();
  if (needed > 0 && memory.grow(needed) < 0) return false;
  initialiseZeros();
  initialisePages();
  placePages(end, limit);
  memory.fill(CODE, 0, end - CODE);
  // What was never written is zero already, and hashes that are out of date are computed again.
  const used = isFresh ? 0 : slotsInUse();
  memory.fill(SLOTS, 0, (<usize>used) << 4);
  memory.fill(SLOTS + ((<usize>FRAME_SLOTS) << 4), 0, (<usize>GLOBALS) << 4);
  registers.words = words;
  registers.plain = plain;
  registers.safeFp = FRAME_SLOTS - 1 - highest;
  registers.globalsDirty = isFresh ? 0 : 1;
  registers.lowFp = 0;
  registers.highFp = used;
  registers.peakFp = 0;
  reach = reaches;
  isFresh = false;
  return true;
}

/** One more than the highest slot that may differ from zero below the globals. */
export function slotsInUse(): u32 {
  const top = max(registers.peakFp, registers.highFp);
  return <u32>min<u64>(<u64>top + <u64>reach + 1, <u64>FRAME_SLOTS);
}

/** Marks slots [from, to] as written by the host. */
export function touchSlots(from: u32, to: u32): void {
  if (from >= FRAME_SLOTS) {
    registers.globalsDirty = 1;
    return;
  }
  registers.lowFp = min(registers.lowFp, from);
  registers.highFp = max(registers.highFp, min(to, FRAME_SLOTS - 1));
}

function commitRange(first: usize, last: usize): void {
  for (let i = first; i <= last; i++) {
    leafNode(SLOTS + (i << 7), SLOT_NODES + ((0x20000 + i) << 5));
  }
  let from = first;
  let to = last;
  for (let height: usize = 0; height < 17; height++) {
    from >>= 1;
    to >>= 1;
    const base: usize = <usize>1 << (16 - height);
    for (let i = from; i <= to; i++) combine(SLOT_NODES, base + i, height);
  }
}

/** Brings both trees up to date. */
export function commit(): void {
  if (registers.lowFp < FRAME_SLOTS) {
    const to = min<u64>(<u64>registers.highFp + <u64>reach, <u64>(FRAME_SLOTS - 1));
    commitRange(<usize>(registers.lowFp >> 3), <usize>(to >> 3));
  }
  if (registers.globalsDirty) {
    commitRange(<usize>(FRAME_SLOTS >> 3), <usize>((FRAME_SLOTS + GLOBALS - 1) >> 3));
  }
  registers.globalsDirty = 0;
  registers.peakFp = max(registers.peakFp, registers.highFp);
  registers.lowFp = registers.fp;
  registers.highFp = registers.fp;
  commitMemory();
}
