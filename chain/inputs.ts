/** Parts of a request's inputs, with their paths: what answers a demand (docs/protocol.md, "Demands"). */
import { fromHash, keccak256, node as pair, toHash, ZERO } from '../models/hash.ts';
import { createSlotTree, GROUP_HEIGHT } from '../models/slots.ts';
import type { Hash } from '../models/types.ts';
import { LEAF_BYTES, REGION_DEPTH } from '../vm/constants.ts';

/** Bytes that one demand can ask for. */
export const PART_BYTES = 16_384;
/** Height of a part above the leaves, and parts of one slot. */
const PART_HEIGHT = 7;
const PARTS_BITS = REGION_DEPTH - PART_HEIGHT;

export interface InputPart {
  /** Bytes PART_BYTES x node and on of the inputs group, whose slot s has bytes s x 2^28 and on. */
  readonly node: number;
  /** 1 to PART_BYTES bytes; what follows is 0. */
  readonly content: Uint8Array;
  /** Path to the inputs group's root. */
  readonly siblings: readonly Hash[];
}

/** Hashes of a tensor's tree, leaves first; what isn't there is zero. */
function tensorLevels(bytes: Uint8Array): Uint8Array[][] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) {
    const leaf = new Uint8Array(LEAF_BYTES);
    leaf.set(bytes.subarray(at, at + LEAF_BYTES));
    leaves.push(keccak256(leaf));
  }
  const levels = [leaves];
  for (let height = 0; height < REGION_DEPTH; height++) {
    const below = levels[height] as Uint8Array[];
    levels.push(
      Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
        pair(below[2 * i] as Uint8Array, below[2 * i + 1] ?? (ZERO[height] as Uint8Array)),
      ),
    );
  }
  return levels;
}

/**
 * A part of the inputs, tensor i in input slot i.
 *
 * @throws RangeError if the inputs group has no such part
 */
export function inputPart(inputs: readonly Uint8Array[], node: number): InputPart {
  if (!Number.isInteger(node) || node < 0 || node >= 2 ** (PARTS_BITS + GROUP_HEIGHT)) {
    throw new RangeError(`part ${node}: the inputs have 2^${PARTS_BITS + GROUP_HEIGHT}`);
  }
  const slot = node >> PARTS_BITS;
  const part = node & (2 ** PARTS_BITS - 1);
  const tensor = inputs[slot] ?? new Uint8Array();
  const tree = createSlotTree();
  const levels = tensorLevels(tensor);
  inputs.forEach((input, i) => {
    const root = i === slot ? levels[REGION_DEPTH]?.[0] : tensorLevels(input)[REGION_DEPTH]?.[0];
    if (root) tree.set(i, root);
  });
  const siblings: Hash[] = [];
  for (let height = PART_HEIGHT; height < REGION_DEPTH; height++) {
    const index = (part >> (height - PART_HEIGHT)) ^ 1;
    siblings.push(toHash(levels[height]?.[index] ?? (ZERO[height] as Uint8Array)));
  }
  for (let height = 0; height < GROUP_HEIGHT; height++) {
    siblings.push(toHash(tree.node(height, (slot >> height) ^ 1)));
  }
  const content = tensor.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
  // Zeros need no bytes, but the contract wants one.
  return { node, content: content.length > 0 ? content : new Uint8Array(1), siblings };
}

/** Root of an inputs group from one of its parts, as the contract computes it. */
export function rootOfPart({ content, node, siblings }: InputPart): Hash {
  const levels = tensorLevels(content);
  let hash = levels[PART_HEIGHT]?.[0] ?? (ZERO[PART_HEIGHT] as Uint8Array);
  let index = node;
  for (const sibling of siblings) {
    const other = fromHash(sibling);
    hash = (index & 1) === 0 ? pair(hash, other) : pair(other, hash);
    index >>= 1;
  }
  return toHash(hash);
}
