import { leafHash2, leafHash3, nodeHash2, nodeHash3, permute } from './generated/keccak';
import { QUEUE, SPONGE, ZEROS } from './layout';

const RATE: usize = 136;
const LAST_BIT: u64 = 0x8000000000000000;

/** keccak256 of `length` bytes at `from`, to 32 bytes at `to`. */
export function keccak(from: usize, length: usize, to: usize): void {
  memory.fill(SPONGE, 0, 200);
  while (length >= RATE) {
    for (let i: usize = 0; i < RATE; i += 8) {
      store<u64>(SPONGE + i, load<u64>(SPONGE + i) ^ load<u64>(from + i));
    }
    permute(SPONGE);
    from += RATE;
    length -= RATE;
  }
  let i: usize = 0;
  for (; i < length; i++) store<u8>(SPONGE + i, load<u8>(SPONGE + i) ^ load<u8>(from + i));
  store<u8>(SPONGE + i, load<u8>(SPONGE + i) ^ 1);
  store<u8>(SPONGE + RATE - 1, load<u8>(SPONGE + RATE - 1) ^ 0x80);
  permute(SPONGE);
  memory.copy(to, SPONGE, 32);
}

// Hashes are computed three at a time: two side by side in vector registers, one in the others. What is asked for waits until there
// are three, or until the level is done.
let leaves: u32 = 0;
let nodes: u32 = 0;
let from0: usize = 0;
let from1: usize = 0;
let to0: usize = 0;
let to1: usize = 0;

/** Asks for the hash of the leaf at `from`; zeros stand for that of a leaf of zeros, as in all trees. */
export function leafNode(from: usize, to: usize): void {
  const a = v128.or(v128.or(v128.load(from), v128.load(from, 16)), v128.or(v128.load(from, 32), v128.load(from, 48)));
  const b = v128.or(v128.or(v128.load(from, 64), v128.load(from, 80)), v128.or(v128.load(from, 96), v128.load(from, 112)));
  if (v128.any_true(v128.or(a, b))) queueLeaf(from, to);
  else setZero(to);
}

function queueLeaf(from: usize, to: usize): void {
  if (leaves == 0) {
    from0 = from;
    to0 = to;
    leaves = 1;
  } else if (leaves == 1) {
    from1 = from;
    to1 = to;
    leaves = 2;
  } else {
    leafHash3(from0, from1, from, to0, to1, to);
    leaves = 0;
  }
}

/** Computes the leaves that wait. */
export function flushLeaves(): void {
  if (leaves == 1) leafHash(from0, to0);
  else if (leaves == 2) leafHash2(from0, from1, to0, to1);
  leaves = 0;
}

/** Asks for the hash of the 64 bytes at `from`. */
function queueNode(from: usize, to: usize): void {
  if (nodes == 0) {
    from0 = from;
    to0 = to;
    nodes = 1;
  } else if (nodes == 1) {
    from1 = from;
    to1 = to;
    nodes = 2;
  } else {
    nodeHash3(from0, from1, from, to0, to1, to);
    nodes = 0;
  }
}

/** Computes the nodes that wait. */
export function flushNodes(): void {
  if (nodes == 1) nodeHash(from0, from0 + 32, to0);
  else if (nodes == 2) nodeHash2(from0, from1, to0, to1);
  nodes = 0;
}

/** Hash of the 128 bytes at `from`. */
function leafHash(from: usize, to: usize): void {
  memory.copy(SPONGE, from, 128);
  store<u64>(SPONGE, LAST_BIT | 1, 128);
  memory.fill(SPONGE + 136, 0, 64);
  permute(SPONGE);
  memory.copy(to, SPONGE, 32);
}

@inline
function isZero(at: usize): bool {
  return !v128.any_true(v128.or(v128.load(at), v128.load(at, 16)));
}

@inline
function setZero(at: usize): void {
  v128.store(at, i64x2.splat(0));
  v128.store(at, i64x2.splat(0), 16);
}

/** Hash of the node above two nodes. */
function nodeHash(left: usize, right: usize, to: usize): void {
  memory.copy(SPONGE, left, 32);
  memory.copy(SPONGE + 32, right, 32);
  store<u64>(SPONGE, 1, 64);
  memory.fill(SPONGE + 72, 0, 128);
  store<u64>(SPONGE, LAST_BIT, 128);
  permute(SPONGE);
  memory.copy(to, SPONGE, 32);
}

/** Asks for node `key` of a tree in heap order from its children, which have `height`. */
export function combine(tree: usize, key: usize, height: usize): void {
  const children = tree + (key << 6);
  const to = tree + (key << 5);
  const leftIsZero = isZero(children);
  const rightIsZero = isZero(children + 32);
  if (!leftIsZero && !rightIsZero) {
    queueNode(children, to);
    return;
  }
  if (leftIsZero && rightIsZero) {
    setZero(to);
    return;
  }
  const zero = ZEROS + (height << 5);
  // Written out where it can wait.
  const pair = QUEUE + ((<usize>nodes) << 6);
  memory.copy(pair, leftIsZero ? zero : children, 32);
  memory.copy(pair + 32, rightIsZero ? zero : children + 32, 32);
  queueNode(pair, to);
}

/** Fills the table of zero subtrees. */
export function initialiseZeros(): void {
  memory.fill(ZEROS + 64, 0, 128);
  leafHash(ZEROS + 64, ZEROS);
  for (let h: usize = 0; h < 63; h++) {
    nodeHash(ZEROS + (h << 5), ZEROS + (h << 5), ZEROS + ((h + 1) << 5));
  }
}

/**
 * Root of a tree over `length` bytes at `from`, zero-extended to 2^depth leaves of 128 bytes; the content is overwritten.
 * The buffer must have room for whole leaves, zeroed behind the content.
 */
export function denseRoot(from: usize, length: usize, depth: usize, to: usize): void {
  let count: usize = (length + 127) >> 7;
  if (count == 0) {
    memory.copy(to, ZEROS + (depth << 5), 32);
    return;
  }
  for (let i: usize = 0; i < count; i++) queueLeaf(from + (i << 7), from + (i << 5));
  flushLeaves();
  for (let h: usize = 0; h < depth; h++) {
    const pairs = count >> 1;
    for (let i: usize = 0; i < pairs; i++) queueNode(from + (i << 6), from + (i << 5));
    flushNodes();
    if (count & 1) nodeHash(from + (pairs << 6), ZEROS + (h << 5), from + (pairs << 5));
    count = (count + 1) >> 1;
  }
  memory.copy(to, from, 32);
}
