/** What 128-byte and 256-byte leaves cost: time to hash a tensor, bytes and gas of the witness of a step. */
import { LEAF_BYTES } from '../vm/constants.ts';
import { formOperands } from '../vm/forms.ts';
import type { Machine } from '../vm/machine.ts';
import { combine, keccak256, type NodeView, prove } from '../vm/multiproof.ts';
import type { TreeView } from '../vm/types.ts';
import { memoryLeaves, slotLeaves } from '../vm/witness.ts';

const WIDE = 2 * LEAF_BYTES;

/** Milliseconds to hash all leaves of `bytes` and the nodes above them, the best of three. */
export function hashingTime(bytes: Uint8Array, leafBytes: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const from = performance.now();
    let level: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += leafBytes) {
      level.push(keccak256(bytes.subarray(at, at + leafBytes)));
    }
    while (level.length > 1) {
      level = level
        .filter((_, i) => i % 2 === 0)
        .map((left, i) => combine(left, level[2 * i + 1] ?? left));
    }
    best = Math.min(best, performance.now() - from);
  }
  return best;
}

/** The same tree with leaves twice as long: its nodes are those one level up. */
const widened = (tree: TreeView): NodeView => ({
  depth: tree.depth - 1,
  node: (height, index) => tree.node(height + 1, index),
});

const CALLDATA_GAS = 16;
const KECCAK_GAS = 30;
const WORD_GAS = 6;

/** Bytes of the proofs of these leaves, and gas to send and fold them (EVM's own prices; the contract's work comes on top). */
function proofCost(tree: TreeView, leaves: readonly number[], leafBytes: number) {
  const isWide = leafBytes === WIDE;
  const indices = isWide ? [...new Set(leaves.map((leaf) => Math.floor(leaf / 2)))] : leaves;
  const depth = isWide ? tree.depth - 1 : tree.depth;
  const proof = prove(isWide ? widened(tree) : tree, indices, 16, isWide ? 1 : 0);
  const bytes = indices.length * leafBytes + proof.length;
  const leafGas = KECCAK_GAS + WORD_GAS * (leafBytes / 32);
  const nodes = depth * indices.length;
  const gas = bytes * CALLDATA_GAS + indices.length * leafGas + nodes * (KECCAK_GAS + 2 * WORD_GAS);
  return { bytes, gas };
}

/** Cost of the trees' part of the witness of the machine's next step. */
export function witnessCost(machine: Machine, leafBytes: number): { bytes: number; gas: number } {
  const { code, fp, memory, pc, slots } = machine;
  const word = code.leaf(pc >> 3).subarray((pc % 8) * 16, (pc % 8) * 16 + 16);
  const operands = formOperands(word, fp);
  const costs = [proofCost(code, [pc >> 3], leafBytes)];
  if (operands.slots.length > 0) {
    costs.push(proofCost(slots, slotLeaves(operands.slots), leafBytes));
  }
  const { lo, row } = operands;
  if (row?.width) {
    const base = machine.readSlot(fp + operands.b);
    const address = Number(BigInt.asUintN(32, base)) + lo;
    costs.push(proofCost(memory, memoryLeaves(address, row.width), leafBytes));
  }
  return costs.reduce((sum, cost) => ({
    bytes: sum.bytes + cost.bytes,
    gas: sum.gas + cost.gas,
  }));
}
