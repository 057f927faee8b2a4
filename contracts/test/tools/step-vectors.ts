/**
 * Writes build/vectors/steps.bin, the steps that contracts/test/ArbiterVectors.t.sol runs: those of test/vectors/steps.json,
 * packed because forge can't read a column of a JSON file, then steps whose trees have no zero subtree beside their leaves,
 * which is what a witness looks like at its longest.
 *
 * A record, all numbers big-endian: u16 length of the name, name, u16 opcode, u64 position, code root, previous, next, u16
 * length of the witness, witness.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromHash, keccak256, multiproof, node } from '../../../models/hash.ts';
import { inflateCode } from '../../../test/support/inflate.ts';
import {
  CODE_DEPTH,
  LEAF_BYTES,
  MEMORY_DEPTH,
  REGION_DEPTH,
  SLOT_BYTES,
  SLOTS_DEPTH,
} from '../../../vm/constants.ts';
import { opcode } from '../../../vm/opcodes.ts';
import { RUNNING_BYTES, TAG_RUNNING } from '../../../vm/verify.ts';
import {
  CODE_BITMAP,
  HEADER_BYTES,
  MEMORY_BITMAP,
  REGION_BITMAP,
  SLOTS_BITMAP,
} from '../../../vm/witness.ts';
import { bigEndian, record, type StepRecord as Step } from './records.ts';

const bytes = (...parts: (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const littleEndian = (value: number, width: number): number[] => bigEndian(value, width).reverse();

/** A tree in which every node that isn't above one of its known leaves has a hash made up from its place. */
class DenseTree {
  readonly leaves = new Map<number, Uint8Array>();
  readonly depth: number;
  readonly salt: number;

  constructor(depth: number, salt: number) {
    this.depth = depth;
    this.salt = salt;
  }

  /** The leaf that holds unit `index` of `width` bytes, to be changed in place; made up when first asked for. */
  leaf(index: number): Uint8Array {
    let leaf = this.leaves.get(index);
    if (!leaf) {
      leaf = bytes(...[0, 1, 2, 3].map((i) => this.invent(0, index * 4 + i)));
      this.leaves.set(index, leaf);
    }
    return leaf;
  }

  write(address: number, content: Uint8Array): void {
    content.forEach((byte, i) => {
      this.leaf(Math.floor((address + i) / LEAF_BYTES))[(address + i) % LEAF_BYTES] = byte;
    });
  }

  hash(height: number, index: number): Uint8Array {
    const known = [...this.leaves.keys()].some((leaf) => Math.floor(leaf / 2 ** height) === index);
    if (!known) return this.invent(height, index);
    if (height === 0) return keccak256(this.leaf(index));
    return node(this.hash(height - 1, 2 * index), this.hash(height - 1, 2 * index + 1));
  }

  root(): Uint8Array {
    return this.hash(this.depth, 0);
  }

  /** All known leaves and their proof. */
  opening(bitmapBytes: number): Uint8Array {
    const indices = [...this.leaves.keys()].sort((x, y) => x - y);
    return bytes(
      ...indices.map((index) => this.leaf(index)),
      multiproof(
        indices,
        this.depth,
        bitmapBytes,
        (height, index) => this.hash(height, index),
        () => new Uint8Array(32),
      ),
    );
  }

  private invent(height: number, index: number): Uint8Array {
    return keccak256(Uint8Array.from([this.salt, ...bigEndian(height, 4), ...bigEndian(index, 8)]));
  }
}

/** fp of the dense steps; their slots lie as far apart as the fields of a code word allow. */
const FP = 0x4_5671;
const [A, B, C, D] = [0x0003, 0x5557, 0xaaa9, 0xfff2];
const PC = 0x0a_bcd1;
const PAGES = 65536;
const slotAddress = (offset: number): number => (FP + offset) * SLOT_BYTES;

/** A step that reads slots a.. and leaves `result` in slot a or in memory. */
interface Dense {
  readonly name: string;
  readonly imm?: readonly number[];
  /** Contents of slots b, c, d, as far as the form has them. */
  readonly slots: readonly Uint8Array[];
  /** Absent for stores. */
  /** What the result's slot holds before, where the instruction reads it. */
  readonly own?: Uint8Array;
  readonly result?: Uint8Array;
  readonly access?: {
    readonly address: number;
    readonly before: Uint8Array;
    readonly after: Uint8Array;
  };
}

function dense({ name, imm = [], slots, own, result, access }: Dense): Step {
  const [code, frame, memory] = [
    new DenseTree(CODE_DEPTH, 1),
    new DenseTree(SLOTS_DEPTH, 2),
    new DenseTree(MEMORY_DEPTH, 3),
  ];
  const immediate = new Uint8Array(8);
  immediate.set(imm.length > 0 ? imm : littleEndian(D, 2));
  code.write(
    PC * 16,
    bytes(littleEndian(opcode(name), 2), ...[A, B, C].map((x) => littleEndian(x, 2)), immediate),
  );
  slots.forEach((content, i) => {
    frame.write(slotAddress([B, C, D][i]!), content);
  });
  if (own) frame.write(slotAddress(A), own);
  if (result) frame.leaf(Math.floor(slotAddress(A) / LEAF_BYTES));
  if (access) memory.write(access.address, access.before);
  const preimage = (pc: number): Uint8Array =>
    bytes([1], ...[pc, FP, PAGES].map((x) => bigEndian(x, 4)), frame.root(), memory.root());
  const before = preimage(PC);
  const witness = bytes(
    before.subarray(0, HEADER_BYTES),
    code.opening(CODE_BITMAP),
    frame.opening(SLOTS_BITMAP),
    access ? memory.opening(MEMORY_BITMAP) : memory.root(),
  );
  if (result) frame.write(slotAddress(A), result);
  if (access) memory.write(access.address, access.after);
  return {
    name: `${name} without zero subtrees`,
    opcode: opcode(name),
    position: 2 ** 40 + 5,
    codeRoot: code.root(),
    witness,
    previous: keccak256(before),
    next: keccak256(preimage(PC + 1)),
  };
}

const f32 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const f64 = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const some = (seed: number): Uint8Array => keccak256(Uint8Array.of(seed)).slice(0, 16);
const zip = (
  f: (x: number, y: number) => number,
  x: readonly number[],
  y: readonly number[],
): number[] => x.map((value, i) => f(value, y[i]!));

/** The middle of memory: the two leaves of a straddling access share no node below the root. */
const MIDDLE = 2 ** 31;
const pointer = (address: number): Uint8Array => bytes(littleEndian(address, 4), some(9).slice(4));
const singles = [3.0000002, 1e-39, 7.25e30, 0.1];
const others = [1.1, 3e-38, 1.7e-5, 123456.79];
const doubles = [1 / 3, 5e-310];
const more = [Math.PI * 1e200, 1.5e-300];
const bits = [some(1), some(2), some(3)] as const;
const vector = some(4);
const denseSteps = [
  dense({
    name: 'v128.bitselect',
    slots: bits,
    result: bits[0].map((x, i) => (x & bits[2][i]!) | (bits[1][i]! & ~bits[2][i]!)),
  }),
  dense({ name: 'copy', slots: [bits[1]], result: bits[1] }),
  dense({
    name: 'f64.div',
    slots: [f64(Math.PI), f64(1e-5)],
    result: f64(Math.PI / 1e-5),
  }),
  dense({ name: 'f64.sqrt', slots: [f64(2e-300)], result: f64(Math.sqrt(2e-300)) }),
  dense({
    name: 'f32x4.div',
    slots: [f32(...singles), f32(...others)],
    result: f32(...zip((x, y) => Math.fround(x) / Math.fround(y), singles, others)),
  }),
  dense({
    name: 'f32x4.sqrt',
    slots: [f32(...singles)],
    result: f32(...singles.map((x) => Math.sqrt(Math.fround(x)))),
  }),
  dense({
    name: 'f64x2.mul',
    slots: [f64(...doubles), f64(...more)],
    result: f64(...zip((x, y) => x * y, doubles, more)),
  }),
  dense({
    name: 'f64x2.sqrt',
    slots: [f64(...doubles)],
    result: f64(...doubles.map(Math.sqrt)),
  }),
  dense({
    name: 'i8x16.swizzle',
    slots: [bits[0], bits[1]],
    result: bits[1].map((at) => (at < 16 ? bits[0][at]! : 0)),
  }),
  dense({
    name: 'v128.load',
    imm: littleEndian(5, 4),
    slots: [pointer(MIDDLE - 10)],
    result: vector,
    access: { address: MIDDLE - 5, before: vector, after: vector },
  }),
  dense({
    name: 'v128.load64_lane',
    imm: [...littleEndian(5, 4), ...littleEndian(3, 4)],
    slots: [pointer(MIDDLE - 10)],
    own: bits[2],
    result: bytes(bits[2].slice(0, 8), vector.slice(0, 8)),
    access: { address: MIDDLE - 5, before: vector.slice(0, 8), after: vector.slice(0, 8) },
  }),
  dense({
    name: 'v128.store',
    imm: littleEndian(0, 4),
    slots: [pointer(MIDDLE - 3), vector],
    access: { address: MIDDLE - 3, before: bits[0], after: vector },
  }),
];

function denseHalt(): Step {
  const code = new DenseTree(CODE_DEPTH, 1);
  // Nodes of the memory tree above its regions, whose roots stand where this tree has its leaves' hashes.
  const depth = MEMORY_DEPTH - REGION_DEPTH;
  const regions = Array.from({ length: 2 ** depth }, (_, i) => some(100 + i)).map(keccak256);
  const levels = [regions];
  while (levels.at(-1)!.length > 1) {
    const below = levels.at(-1)!;
    levels.push(below.flatMap((left, i) => (i % 2 === 0 ? [node(left, below[i + 1]!)] : [])));
  }
  const region = regions[1]!;
  code.write(PC * 16, bytes(littleEndian(opcode('halt'), 2), new Uint8Array(14)));
  const preimage = bytes(
    [1],
    ...[PC, FP, PAGES].map((x) => bigEndian(x, 4)),
    keccak256(some(99)),
    levels[depth]![0]!,
  );
  const proof = multiproof(
    [1],
    depth,
    REGION_BITMAP,
    (h, i) => levels[h]![i]!,
    () => new Uint8Array(32),
  );
  return {
    name: 'halt without zero subtrees',
    opcode: opcode('halt'),
    position: 77,
    codeRoot: code.root(),
    witness: bytes(
      preimage.subarray(0, HEADER_BYTES),
      code.opening(CODE_BITMAP),
      keccak256(some(99)),
      region,
      proof,
    ),
    previous: keccak256(preimage),
    next: keccak256(bytes([2], region)),
  };
}

const root = join(import.meta.dirname, '../../..');
const source = join(root, 'test/vectors/steps.json');
const { steps } = JSON.parse(readFileSync(source, 'utf8')) as {
  readonly steps: readonly Readonly<Record<string, string | number>>[];
};
const hex = (text: string): Uint8Array => fromHash(text as `0x${string}`);
const packed: Step[] = [
  ...steps.map((step) => ({
    name: String(step.name),
    opcode: Number(step.opcode),
    position: Number(step.position),
    codeRoot: hex(String(step.codeRoot)),
    witness: hex(String(step.witness)),
    previous: hex(String(step.previous)),
    next: hex(String(step.next)),
  })),
  ...denseSteps,
  denseHalt(),
];
// One step of each opcode with the zero subtrees beside its code given: what it proves is the same.
const seen = new Set<number>();
for (const step of [...packed]) {
  const hasCode = step.witness[0] === TAG_RUNNING && step.witness.length > RUNNING_BYTES;
  if (!hasCode || seen.has(step.opcode)) continue;
  seen.add(step.opcode);
  packed.push({
    ...step,
    name: `${step.name}, zero subtrees given`,
    witness: inflateCode(step.witness),
  });
}
const target = join(root, 'build/vectors/steps.bin');
mkdirSync(dirname(target), { recursive: true });
const chunks = packed.map(record);
writeFileSync(target, Buffer.concat(chunks));
console.log(
  `build/vectors/steps.bin: ${packed.length} steps, the longest witness ${Math.max(...packed.map((s) => s.witness.length))} bytes`,
);
