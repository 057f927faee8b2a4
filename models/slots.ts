import { REGION_DEPTH } from '../vm/constants.ts';
import { multiproof, node, ZERO } from './hash.ts';

/** Depth of the slot tree. */
export const SLOT_TREE_DEPTH = 16;
/** Bytes of the bitmap in a proof of operand roots: 14 slots at most ask for at most 14 x 16 siblings. */
export const PROOF_BITMAP_BYTES = 28;
/** Height of a group's root in it. */
export const GROUP_HEIGHT = 14;

/**
 * The sparse tree over tensor roots. A zero subtree of height h is `ZERO[21 + h]`, since a leaf is the root of a
 * tensor. Setting one slot costs 16 hashes.
 */
export interface SlotTree {
  /** Tensor root of a slot. */
  get(slot: number): Uint8Array;
  /** Replaces one tensor root. */
  set(slot: number, root: Uint8Array): void;
  /** The slots root. */
  root(): Uint8Array;
  /** Root of the subtree of `height` (0 to 16) that is the `index`th of its level. */
  node(height: number, index: number): Uint8Array;
  /** Root of a group: 0 inputs, 1 outputs, 2 constants, 3 temporaries. */
  group(index: number): Uint8Array;
  /** node(constants, temporaries): what FINISH opens the outputs group by, beside the inputs group. */
  rest(): Uint8Array;
  /** Multiproof of distinct ascending slots: 28 bytes of bitmap, then the siblings asked for (docs/protocol.md). */
  proof(slots: readonly number[]): Uint8Array;
  copy(): SlotTree;
}

/** A tree of empty tensors, or a copy of `nodes` (keys: heap numbering, 1 is the root). */
export function createSlotTree(nodes: ReadonlyMap<number, Uint8Array> = new Map()): SlotTree {
  const known = new Map(nodes);
  const at = (height: number, index: number): Uint8Array =>
    known.get((1 << (SLOT_TREE_DEPTH - height)) + index) ?? ZERO[REGION_DEPTH + height]!;

  return {
    get: (slot) => at(0, slot),
    set(slot, root) {
      let key = (1 << SLOT_TREE_DEPTH) + slot;
      known.set(key, root);
      for (let height = 0; height < SLOT_TREE_DEPTH; height++) {
        const index = key - (1 << (SLOT_TREE_DEPTH - height));
        const left = at(height, index & ~1);
        const right = at(height, index | 1);
        key >>= 1;
        known.set(key, node(left, right));
      }
    },
    root: () => at(SLOT_TREE_DEPTH, 0),
    node: at,
    group: (index) => at(GROUP_HEIGHT, index),
    rest: () => at(GROUP_HEIGHT + 1, 1),
    proof: (slots) =>
      multiproof(slots, SLOT_TREE_DEPTH, PROOF_BITMAP_BYTES, at, (h) => ZERO[REGION_DEPTH + h]!),
    copy: () => createSlotTree(known),
  };
}
