/** Trees over hashes that are leaves without being hashed again: of dissections and of claims. Missing leaves are 0. */
import { type Hex, keccak256 } from 'viem';
import type { Hash } from '../models/types.ts';

export const ZERO_HASH: Hash = `0x${'00'.repeat(32)}`;
const pair = (left: Hash, right: Hash): Hash => keccak256(`${left}${right.slice(2)}` as Hex);
/** Levels of a tree over `count` leaves. */
const depthOf = (count: number): number => Math.ceil(Math.log2(count));

/** Lowest level first; nodes to the right of the leaves given are left out and are `zeros[height]`. */
function levelsOf(leaves: readonly Hash[], depth: number): { levels: Hash[][]; zeros: Hash[] } {
  const levels = [[...leaves]];
  const zeros = [ZERO_HASH];
  for (let height = 0; height < depth; height++) {
    const below = levels[height] as Hash[];
    const zero = zeros[height] as Hash;
    levels.push(
      Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
        pair(below[2 * i] as Hash, below[2 * i + 1] ?? zero),
      ),
    );
    zeros.push(pair(zero, zero));
  }
  return { levels, zeros };
}

function rootOf(leaves: readonly Hash[], depth: number): Hash {
  const { levels } = levelsOf(leaves, depth);
  const [root] = levels.at(-1) as Hash[];
  if (root === undefined) throw new RangeError('a tree without leaves');
  return root;
}

function dissectionDepth(ends: readonly Hash[], k: number): number {
  if (ends.length > k) throw new RangeError(`${ends.length} hashes in a dissection of ${k}`);
  return depthOf(k);
}

/** Root over the p end hashes of a dissection. */
export const dissectionRoot = (ends: readonly Hash[], k: number): Hash =>
  rootOf(ends, dissectionDepth(ends, k));

/** What `select` needs to prove a part's two ends (part 0: its one): level by level, within a level from the left. */
export function partSiblings(ends: readonly Hash[], part: number, k: number): Hash[] {
  const depth = dissectionDepth(ends, k);
  const { levels, zeros } = levelsOf(ends, depth);
  const siblings: Hash[] = [];
  let low = Math.max(0, part - 1);
  let high = part;
  for (let height = 0; height < depth; height++) {
    const at = (index: number): Hash => levels[height]?.[index] ?? (zeros[height] as Hash);
    if (low === high) siblings.push(at(high ^ 1));
    else if (low >> 1 !== high >> 1) siblings.push(at(low ^ 1), at(high ^ 1));
    low >>= 1;
    high >>= 1;
  }
  return siblings;
}

/** Root over a claim's leaves. */
export const batchRoot = (leaves: readonly Hash[]): Hash => rootOf(leaves, depthOf(leaves.length));

/** Siblings of a claim's leaf, from the leaf up. */
export function batchSiblings(leaves: readonly Hash[], index: number): Hash[] {
  if (!(index >= 0 && index < leaves.length)) {
    throw new RangeError(`leaf ${index} of a claim with ${leaves.length}`);
  }
  const depth = depthOf(leaves.length);
  const { levels, zeros } = levelsOf(leaves, depth);
  return Array.from(
    { length: depth },
    (_, height) => levels[height]?.[(index >> height) ^ 1] ?? (zeros[height] as Hash),
  );
}
