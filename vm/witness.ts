/** The witness of one step: everything that a checker needs beside the code root and the position. */
import {
  CODE_WORDS,
  LEAF_BYTES,
  LIMIT,
  MEMORY_DEPTH,
  REGION_DEPTH,
  REGION_OUTPUT,
  SLOT_BYTES,
  SLOTS_PER_LEAF,
  WORD_BYTES,
  WORDS_PER_LEAF,
} from './constants.ts';
import { type Effect, evaluate, readLittleEndian } from './effect.ts';
import { formOperands, trapsByCode } from './forms.ts';
import { HASH_BYTES, type NodeView, prove, ZERO } from './multiproof.ts';
import type { StateView, TreeView } from './types.ts';

/** Bytes of the bitmap of each multiproof in a witness. */
export const CODE_BITMAP = 3;
export const SLOTS_BITMAP = 8;
export const MEMORY_BITMAP = 6;
export const REGION_BITMAP = 1;

/** Levels of the memory tree above the regions. */
export const REGION_LEVELS = MEMORY_DEPTH - REGION_DEPTH;

/** Distinct leaves that hold these slots (ascending). */
export const slotLeaves = (slots: readonly number[]): number[] => [
  ...new Set(slots.map((slot) => Math.floor(slot / SLOTS_PER_LEAF))),
];

/** The one or two leaves of a memory access. */
export function memoryLeaves(address: number, width: number): number[] {
  const first = Math.floor(address / LEAF_BYTES);
  const last = Math.floor((address + width - 1) / LEAF_BYTES);
  return first === last ? [first] : [first, last];
}

/** The regions of a memory tree as the leaves of a tree of their roots. */
const regions = (memory: TreeView): NodeView => ({
  depth: REGION_LEVELS,
  node: (height, index) => memory.node(REGION_DEPTH + height, index),
});

/** Bytes of a running state's preimage before its two roots: tag, pc, fp, pages. */
export const HEADER_BYTES = 13;

/** The bytes that decide the step from this state to the next one (docs/machine.md, "Witness of one step"). */
export function buildWitness(view: StateView): Uint8Array {
  const preimage = view.preimage();
  const { pc, fp, pages } = view;
  if (view.status !== 'running' || view.position >= LIMIT - 1 || pc >= CODE_WORDS) {
    return preimage;
  }
  const slotsRoot = preimage.subarray(HEADER_BYTES, HEADER_BYTES + HASH_BYTES);
  const memoryRoot = preimage.subarray(HEADER_BYTES + HASH_BYTES);
  const parts = [preimage.subarray(0, HEADER_BYTES)];
  const codeIndex = Math.floor(pc / WORDS_PER_LEAF);
  const code = view.code.leaf(codeIndex);
  parts.push(code, prove(view.code, [codeIndex], CODE_BITMAP));
  const offset = (pc % WORDS_PER_LEAF) * WORD_BYTES;
  const operands = formOperands(code.subarray(offset, offset + WORD_BYTES), fp);
  if (trapsByCode(operands, pc)) return concatenate([...parts, slotsRoot, memoryRoot]);

  if (operands.slots.length > 0)
    pushLeaves(parts, view.slots, slotLeaves(operands.slots), SLOTS_BITMAP);
  else parts.push(slotsRoot);
  const second = operands.twoWords ? readLittleEndian(code, offset + WORD_BYTES, WORD_BYTES) : 0n;
  const slot = (index: number): bigint =>
    readLittleEndian(
      view.slots.leaf(Math.floor(index / SLOTS_PER_LEAF)),
      (index % SLOTS_PER_LEAF) * SLOT_BYTES,
      SLOT_BYTES,
    );
  const effect: Effect = evaluate(operands, { pc, fp, pages }, second, slot);
  if (effect.kind === 'halt') {
    const root =
      view.memory.node(REGION_DEPTH, REGION_OUTPUT) ?? (ZERO[REGION_DEPTH] as Uint8Array);
    parts.push(root, prove(regions(view.memory), [REGION_OUTPUT], REGION_BITMAP, REGION_DEPTH));
  } else if (effect.kind === 'load' || effect.kind === 'store') {
    pushLeaves(parts, view.memory, memoryLeaves(effect.address, effect.width), MEMORY_BITMAP);
  } else parts.push(memoryRoot);
  return concatenate(parts);
}

function pushLeaves(
  parts: Uint8Array[],
  tree: TreeView,
  leaves: readonly number[],
  bitmapBytes: number,
): void {
  for (const index of leaves) parts.push(tree.leaf(index).slice());
  parts.push(prove(tree, leaves, bitmapBytes));
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
