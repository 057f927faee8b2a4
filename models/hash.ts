import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { LEAF_BYTES, REGION_DEPTH } from '../vm/constants.ts';
import type { Hash } from './types.ts';

export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes);
export const node = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const pair = new Uint8Array(64);
  pair.set(left);
  pair.set(right, 32);
  return keccak256(pair);
};
export const ZERO: Uint8Array[] = [keccak256(new Uint8Array(LEAF_BYTES))];
while (ZERO.length < 40) ZERO.push(node(ZERO.at(-1)!, ZERO.at(-1)!));

export function tensorRoot(bytes: Uint8Array): Uint8Array {
  let level: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) {
    const leaf = new Uint8Array(LEAF_BYTES);
    leaf.set(bytes.subarray(at, at + LEAF_BYTES));
    level.push(keccak256(leaf));
  }
  for (let height = 0; height < REGION_DEPTH; height++) {
    const up: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2)
      up.push(node(level[i]!, level[i + 1] ?? ZERO[height]!));
    level = up;
  }
  return level[0] ?? ZERO[REGION_DEPTH]!;
}

export const toHash = (bytes: Uint8Array): Hash => `0x${bytesToHex(bytes)}`;
export const fromHash = (hash: Hash): Uint8Array => hexToBytes(hash.slice(2));

/** Multiproof of ascending distinct leaves: bitmap, then siblings (docs/machine.md). */
export function multiproof(
  leaves: readonly number[],
  depth: number,
  bitmapBytes: number,
  at: (height: number, index: number) => Uint8Array,
  zero: (height: number) => Uint8Array,
): Uint8Array {
  let bits = 0n;
  let asked = 0n;
  const siblings: Uint8Array[] = [];
  let level = leaves;
  for (let height = 0; height < depth; height++) {
    const here = new Set(level);
    for (const index of level) {
      if (here.has(index ^ 1)) continue;
      const sibling = at(height, index ^ 1);
      if (!equal(sibling, zero(height))) {
        bits |= 1n << asked;
        siblings.push(sibling);
      }
      asked++;
    }
    level = [...new Set(level.map((index) => index >> 1))];
  }
  const proof = new Uint8Array(bitmapBytes + 32 * siblings.length);
  for (let i = bitmapBytes - 1; i >= 0; i--) {
    proof[i] = Number(bits & 0xffn);
    bits >>= 8n;
  }
  siblings.forEach((sibling, i) => {
    proof.set(sibling, bitmapBytes + 32 * i);
  });
  return proof;
}

const equal = (x: Uint8Array, y: Uint8Array): boolean => x.every((byte, i) => byte === y[i]);
