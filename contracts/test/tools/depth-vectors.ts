/**
 * Writes build/vectors/depths.bin: steps of every opcode in a tree as deep as an MNIST-size model makes it, and in one whose
 * siblings are all given and whose operands lie as far apart as a code word lets them. OpcodeGas.t.sol measures them. The records
 * are those of steps.bin.
 *
 * The states before are made up here and the hashes after are vm/verify.ts's.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  codeWord,
  littleEndian,
  NaiveState,
  NaiveTree,
} from '../../../test/support/naive-state.ts';
import { fromBytes, slotOf } from '../../../test/support/step-builder.ts';
import { casesOf } from '../../../test/support/step-cases.ts';
import { CODE_DEPTH, MEMORY_DEPTH, SLOTS_DEPTH } from '../../../vm/constants.ts';
import { formOperands } from '../../../vm/forms.ts';
import { keccak256 } from '../../../vm/multiproof.ts';
import { OPCODES, type Opcode } from '../../../vm/opcodes.ts';
import { verifyStep } from '../../../vm/verify.ts';
import { buildWitness } from '../../../vm/witness.ts';
import { record } from './records.ts';

const OUT = 'build/vectors';
/** Steps of a row and depth: with other operands, and a branch both ways. */
const STEPS = 3;

/** A tree in which untouched subtrees of some heights have a hash made up from their place. */
class DepthTree extends NaiveTree {
  readonly salt: number;
  readonly isUsed: (height: number) => boolean;

  constructor(depth: number, salt: number, isUsed: (height: number) => boolean) {
    super(depth);
    this.salt = salt;
    this.isUsed = isUsed;
  }

  override node(height: number, index: number): Uint8Array | undefined {
    const span = 2 ** height;
    const first = index * span;
    const isTouched = [...this.leaves.keys()].some((i) => i >= first && i < first + span);
    if (isTouched || !this.isUsed(height)) return super.node(height, index);
    return keccak256(Uint8Array.of(this.salt, height, ...littleEndian(BigInt(index), 8)));
  }
}

interface Depth {
  readonly name: string;
  readonly pc: number;
  readonly fp: number;
  /** Operands a, b, c, d. */
  readonly fields: readonly [number, number, number, number];
  /** Address of the access; wider ones than a byte begin a byte before it. */
  readonly address: number;
  tree(kind: 'code' | 'slots' | 'memory'): DepthTree;
}

const DEPTHS: readonly Depth[] = [
  {
    // Code of 2^8 leaves, a frame of 2^3, tensors of up to 2^12 (512 KiB) in some of 2^4 regions.
    name: 'MNIST',
    pc: 8 * 0x9c + 2,
    fp: 8,
    fields: [3, 12, 21, 30],
    address: 4 * 2 ** 28 + 1000 * 128,
    tree: (kind) =>
      kind === 'code'
        ? new DepthTree(CODE_DEPTH, 1, (height) => height < 8)
        : kind === 'slots'
          ? new DepthTree(SLOTS_DEPTH, 2, (height) => height < 3)
          : new DepthTree(MEMORY_DEPTH, 3, (height) => height < 12 || height >= 21),
  },
  {
    // The four slots ask for 53 siblings (three for 43, two for 32), the most that random search finds; the two leaves of an
    // access in the middle of memory share no node below the root.
    name: 'full',
    pc: 8 * 0x1579a + 2,
    fp: 0x7c1f8,
    fields: [0x4c40, 0x0360, 0xf5e0, 0xfe70],
    address: 2 ** 31,
    tree: (kind) =>
      new DepthTree(
        { code: CODE_DEPTH, slots: SLOTS_DEPTH, memory: MEMORY_DEPTH }[kind],
        { code: 1, slots: 2, memory: 3 }[kind],
        () => true,
      ),
  },
];

/** The step of another state with its operands' values moved to where this depth has them. */
function place(row: Opcode, from: NaiveState, depth: Depth): NaiveState {
  const word = from.code.read(16 * from.pc, 16);
  const old = formOperands(word, from.fp);
  const state = new NaiveState();
  const [code, slots, memory] = [depth.tree('code'), depth.tree('slots'), depth.tree('memory')];
  Object.assign(state, { code, slots, memory, pc: depth.pc, fp: depth.fp, pages: 65536 });
  state.position = 2 ** 40 + 5;
  const [a, b, c, d] = depth.fields;
  // Whole leaves, so that reading a slot beside doesn't find zeros.
  const noise = (tree: NaiveTree, index: number): void => {
    const parts = [0, 1, 2, 3].map((i) =>
      keccak256(Uint8Array.of(i, ...littleEndian(BigInt(index), 8))),
    );
    tree.write(128 * index, Uint8Array.from(parts.flatMap((part) => [...part])));
  };
  noise(code, Math.floor(state.pc / 8));
  let { imm } = old;
  if (row.form === 'select' || row.form === 'ternary') imm = (imm & ~0xffffn) | BigInt(d);
  if (row.width) imm = (imm & (0xffffffffn << 32n)) | 5n;
  code.write(16 * state.pc, codeWord({ op: row.code, a, b, c, imm }));
  if (old.twoWords) code.write(16 * (state.pc + 1), from.code.read(16 * (from.pc + 1), 16));
  const operands = formOperands(code.read(16 * state.pc, 16), state.fp);
  for (const slot of operands.slots) noise(slots, Math.floor(slot / 8));
  const values = [
    [a, old.a],
    [b, old.b],
    [c, old.c],
    [d, old.d],
  ] as const;
  const named = new Set(operands.slots);
  for (const [to, at] of values) {
    if (named.has(state.fp + to)) state.setSlot(state.fp + to, slotOf(from, from.fp + at));
  }
  if (row.width) {
    const start = depth.address - (row.width > 1 ? 1 : 0);
    for (const address of [start, start + row.width - 1]) noise(memory, Math.floor(address / 128));
    const pointer = fromBytes(slots.read(16 * (state.fp + b), 16));
    state.setSlot(state.fp + b, ((pointer >> 32n) << 32n) | BigInt(start - 5));
  }
  return state;
}

const chunks: Uint8Array[] = [];
for (const row of OPCODES) {
  if (row.form === 'trap') continue;
  const cases = casesOf(row).filter(({ after }) => after.status !== 'trapped');
  // The ones in the middle have random operands where there are many.
  const from = Math.max(0, Math.floor(cases.length / 2) - 1);
  for (const depth of DEPTHS) {
    for (const { before } of cases.slice(from, from + STEPS)) {
      const state = place(row, before, depth);
      const witness = buildWitness(state);
      const codeRoot = state.code.root();
      const { next, previous } = verifyStep(codeRoot, state.position, witness);
      chunks.push(
        record({
          name: depth.name,
          opcode: row.code,
          position: state.position,
          codeRoot,
          previous,
          next,
          witness,
        }),
      );
    }
  }
}
mkdirSync(OUT, { recursive: true });
writeFileSync(`${OUT}/depths.bin`, Buffer.concat(chunks));
console.log(`${OUT}/depths.bin: ${chunks.length} steps`);
