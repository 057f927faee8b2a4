/** Proofs of several leaves of one sparse Merkle tree (docs/machine.md, "Trees"). */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { LEAF_BYTES } from './constants.ts';

export const HASH_BYTES = 32;

export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);

/** Hash of the node above two nodes. */
export function combine(left: Uint8Array, right: Uint8Array): Uint8Array {
  const pair = new Uint8Array(2 * HASH_BYTES);
  pair.set(left);
  pair.set(right, HASH_BYTES);
  return keccak256(pair);
}

const zeros: Uint8Array[] = [keccak256(new Uint8Array(LEAF_BYTES))];
while (zeros.length < 64) {
  const below = zeros.at(-1) as Uint8Array;
  zeros.push(combine(below, below));
}
/** ZERO[h]: hash of a subtree of height h whose leaves are all zero. */
export const ZERO: readonly Uint8Array[] = zeros;

export function sameBytes(x: Uint8Array, y: Uint8Array): boolean {
  if (x.length !== y.length) return false;
  let difference = 0;
  for (let i = 0; i < x.length; i++) difference |= (x[i] as number) ^ (y[i] as number);
  return difference === 0;
}

/** The inner nodes of a tree; undefined (or the zero hash itself) for a subtree of zeros. A `TreeView` is one. */
export interface NodeView {
  readonly depth: number;
  node(height: number, index: number): Uint8Array | undefined;
}

export type MultiproofErrorCode = 'short' | 'bitmap' | 'leaves';

/** A proof that no tree can have. */
export class MultiproofError extends Error {
  readonly code: MultiproofErrorCode;

  constructor(code: MultiproofErrorCode, message: string) {
    super(`multiproof: ${message}`);
    this.name = 'MultiproofError';
    this.code = code;
  }
}

/**
 * The siblings that a set of leaves asks for, in the order of the proof: level by level from the leaves up, ascending within
 * a level. Throws if the indices don't ascend or lie outside the tree.
 */
function asked(leaves: readonly number[], depth: number): { height: number; index: number }[] {
  leaves.forEach((leaf, i) => {
    const before = leaves[i - 1] ?? -1;
    if (!Number.isSafeInteger(leaf) || leaf <= before || leaf >= 2 ** depth) {
      throw new MultiproofError(
        'leaves',
        `leaf ${leaf} after ${before} in a tree of depth ${depth}: indices must ascend and lie below 2^depth`,
      );
    }
  });
  if (leaves.length === 0) {
    throw new MultiproofError('leaves', 'no leaves: a proof is of at least one');
  }
  const siblings: { height: number; index: number }[] = [];
  let level: readonly number[] = leaves;
  for (let height = 0; height < depth; height++) {
    const here = new Set(level);
    const above = new Set<number>();
    for (const index of level) {
      const sibling = index % 2 === 0 ? index + 1 : index - 1;
      if (!here.has(sibling)) siblings.push({ height, index: sibling });
      above.add(Math.floor(index / 2));
    }
    level = [...above];
  }
  return siblings;
}

/**
 * Bitmap (big-endian, `bitmapBytes` wide) and siblings of the proof of `leaves` (ascending, distinct).
 *
 * @param zeroOffset Height of what the tree's leaves stand for: 0 for leaves of 128 bytes, REGION_DEPTH for a tree of
 * region or tensor roots.
 * @throws MultiproofError if the leaves are no set of the tree or ask for more siblings than the bitmap has bits.
 */
export function prove(
  tree: NodeView,
  leaves: readonly number[],
  bitmapBytes: number,
  zeroOffset = 0,
): Uint8Array {
  const given: Uint8Array[] = [];
  const bitmap = new Uint8Array(bitmapBytes);
  const siblings = asked(leaves, tree.depth);
  if (siblings.length > 8 * bitmapBytes) {
    throw new MultiproofError(
      'bitmap',
      `${siblings.length} siblings for a bitmap of ${8 * bitmapBytes} bits: prove fewer leaves or widen it`,
    );
  }
  siblings.forEach(({ height, index }, bit) => {
    const sibling = tree.node(height, index);
    if (!sibling || sameBytes(sibling, ZERO[zeroOffset + height] as Uint8Array)) return;
    given.push(sibling);
    const at = bitmapBytes - 1 - (bit >> 3);
    bitmap[at] = (bitmap[at] as number) | (1 << (bit & 7));
  });
  const proof = new Uint8Array(bitmapBytes + HASH_BYTES * given.length);
  proof.set(bitmap);
  given.forEach((sibling, i) => {
    proof.set(sibling, bitmapBytes + HASH_BYTES * i);
  });
  return proof;
}

/** A parsed proof: folds the hashes of its leaves (in the order of the indices) to the root they imply. */
export interface Fold {
  /** Bytes of the proof: where in the input the next part begins. */
  readonly bytes: number;
  root(hashes: readonly Uint8Array[]): Uint8Array;
}

/**
 * Parses the proof of `leaves` that stands at the beginning of `proof`; what follows it is the caller's. The same
 * siblings fold the old leaves to the old root and the new leaves to the new one. Which root is right is the
 * caller's to check: a wrong sibling yields another root, never an error.
 *
 * A sibling that is given although it is the zero subtree folds to the same root and is accepted, as the arbiter does.
 *
 * @throws MultiproofError if the proof is short, or a bit is set that nobody asks for.
 */
export function fold(
  proof: Uint8Array,
  leaves: readonly number[],
  depth: number,
  bitmapBytes: number,
  zeroOffset = 0,
): Fold {
  const siblings = asked(leaves, depth);
  if (proof.length < bitmapBytes) {
    throw new MultiproofError(
      'short',
      `${proof.length} bytes where a bitmap of ${bitmapBytes} stands`,
    );
  }
  let bytes = bitmapBytes;
  const hashes: Uint8Array[] = [];
  for (let bit = 0; bit < Math.max(8 * bitmapBytes, siblings.length); bit++) {
    const byte = proof[bitmapBytes - 1 - (bit >> 3)] as number;
    const isGiven = bit < 8 * bitmapBytes && ((byte >> (bit & 7)) & 1) === 1;
    const sibling = siblings[bit];
    if (!sibling) {
      if (isGiven) {
        throw new MultiproofError(
          'bitmap',
          `bit ${bit} is set but only ${siblings.length} are asked for`,
        );
      }
    } else if (isGiven) {
      if (proof.length < bytes + HASH_BYTES) {
        throw new MultiproofError('short', `${proof.length} bytes end before sibling ${bit}`);
      }
      hashes.push(proof.subarray(bytes, bytes + HASH_BYTES));
      bytes += HASH_BYTES;
    } else {
      hashes.push(ZERO[zeroOffset + sibling.height] as Uint8Array);
    }
  }
  return { bytes, root: (nodes) => climb(nodes, leaves, depth, hashes) };
}

function climb(
  nodes: readonly Uint8Array[],
  leaves: readonly number[],
  depth: number,
  siblings: readonly Uint8Array[],
): Uint8Array {
  if (nodes.length !== leaves.length) {
    throw new MultiproofError('leaves', `${nodes.length} hashes for ${leaves.length} leaves`);
  }
  let next = 0;
  let level = leaves.map((index, i) => ({ index, hash: nodes[i] as Uint8Array }));
  for (let height = 0; height < depth; height++) {
    const above: typeof level = [];
    for (let i = 0; i < level.length; i++) {
      const { index, hash } = level[i] as (typeof level)[number];
      const right = level[i + 1];
      const parent = Math.floor(index / 2);
      if (index % 2 === 0 && right?.index === index + 1) {
        above.push({ index: parent, hash: combine(hash, right.hash) });
        i++;
        continue;
      }
      const sibling = siblings[next++] as Uint8Array;
      const isLeft = index % 2 === 0;
      above.push({ index: parent, hash: isLeft ? combine(hash, sibling) : combine(sibling, hash) });
    }
    level = above;
  }
  return (level[0] as (typeof level)[number]).hash;
}
