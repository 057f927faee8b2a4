import { LEAF_BYTES, MACHINE_VERSION } from '../vm/constants.ts';
import { DTYPES, GROUP_SLOTS, type Slot, type TensorType } from './graph.ts';
import { fromHash, keccak256, node, tensorRoot, toHash, ZERO } from './hash.ts';
import { createSlotTree, type SlotTree } from './slots.ts';
import type { Hash } from './types.ts';

/** Depth of the tree over a program's instructions. */
export const PROGRAM_DEPTH = 20;
/** Depth of the tree over the slot table. */
export const SLOT_TABLE_DEPTH = 16;
const RUNNING = 0x11;
const DONE = 0x12;
const FAILED = 0x13;
const IMAGE = 0x21;
const MODEL = 0x22;

/** The parts of an image's hash. */
export interface ImageParts {
  readonly codeRoot: Hash;
  readonly dataRoot: Hash;
  /** keccak256 of the kernels' WebAssembly. */
  readonly wasmHash: Hash;
  readonly loweringVersion: number;
}

/** All that a model's id binds, and what a registration on chain is given. */
export interface Registration {
  /** L: instructions of the program. */
  readonly length: number;
  /** Largest T. */
  readonly maxIterations: number;
  readonly programRoot: Hash;
  /** Slots root with an empty inputs group. */
  readonly initialSlotsRoot: Hash;
  /** Initial root of the outputs group. */
  readonly outputsRoot: Hash;
  /** node(constants, temporaries). */
  readonly rest: Hash;
  readonly slotTableRoot: Hash;
  readonly image: ImageParts;
  readonly imageHash: Hash;
  readonly machineVersion: number;
}

/** Concatenates big-endian fields: bytes as they are, [value, width in bytes] for integers. */
function pack(...fields: readonly (Uint8Array | readonly [number, 1 | 4 | 8])[]): Uint8Array {
  const parts = fields.map((field) => {
    if (field instanceof Uint8Array) return field;
    const [value, width] = field;
    const bytes = new Uint8Array(width);
    let rest = BigInt(value);
    for (let i = width - 1; i >= 0; i--) {
      bytes[i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return bytes;
  });
  const packed = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** Root of a sparse tree whose leaf hashes are given from index 0 on; `zero`: height of its zero leaf in `ZERO`. */
export function denseRoot(leaves: readonly Uint8Array[], depth: number, zero = 0): Uint8Array {
  let level = leaves;
  for (let height = 0; height < depth; height++) {
    const up: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      up.push(node(level[i]!, level[i + 1] ?? ZERO[zero + height]!));
    }
    level = up;
  }
  return level[0] ?? ZERO[zero + depth]!;
}

/** Preimage of a running graph state at position `g`. */
export function runningPreimage(g: number, slotsRoot: Uint8Array): Uint8Array {
  return pack([RUNNING, 1], [g, 8], slotsRoot);
}

/** Preimage of DONE. */
export function donePreimage(outputsRoot: Uint8Array): Uint8Array {
  return pack([DONE, 1], outputsRoot);
}

/** Preimage of FAILED. */
export function failedPreimage(): Uint8Array {
  return new Uint8Array([FAILED]);
}

/** Leaf of the slot table: dtype, rank, dimensions. */
export function slotTableLeaf(type: TensorType): Uint8Array {
  const leaf = new Uint8Array(LEAF_BYTES);
  const view = new DataView(leaf.buffer);
  leaf[0] = DTYPES[type.dtype].number;
  leaf[1] = type.shape.length;
  type.shape.forEach((dim, i) => {
    view.setUint32(2 + 4 * i, dim);
  });
  return leaf;
}

/** Root of the slot table. */
export function slotTableRoot(slots: readonly Slot[]): Uint8Array {
  let level = new Map(slots.map((entry) => [entry.slot, keccak256(slotTableLeaf(entry))]));
  for (let height = 0; height < SLOT_TABLE_DEPTH; height++) {
    const up = new Map<number, Uint8Array>();
    for (const index of level.keys()) {
      const parent = index >> 1;
      if (up.has(parent)) continue;
      const left = level.get(2 * parent) ?? ZERO[height]!;
      up.set(parent, node(left, level.get(2 * parent + 1) ?? ZERO[height]!));
    }
    level = up;
  }
  return level.get(0) ?? ZERO[SLOT_TABLE_DEPTH]!;
}

/** Root of a program, given as its 128-byte instructions. */
export function programRoot(instructions: readonly Uint8Array[]): Uint8Array {
  return denseRoot(instructions.map(keccak256), PROGRAM_DEPTH);
}

/** The slot tree of a model before a request: initial contents, inputs empty. */
export function initialSlots(slots: readonly Slot[], rootOf = tensorRoot): SlotTree {
  const tree = createSlotTree();
  for (const { data, slot } of slots) {
    if (data?.some((byte) => byte !== 0)) tree.set(slot, rootOf(data));
  }
  return tree;
}

/** A request's inputs root: tensor i in input slot i. */
export function inputsRoot(inputs: readonly Uint8Array[]): Hash {
  if (inputs.length > GROUP_SLOTS) {
    throw new RangeError(`${inputs.length} inputs; the inputs group has ${GROUP_SLOTS} slots`);
  }
  const tree = createSlotTree();
  inputs.forEach((input, slot) => {
    tree.set(slot, tensorRoot(input));
  });
  return toHash(tree.group(0));
}

/** Slots root of a model's initial slots with the inputs group replaced: what a request's run starts from. */
export function requestSlotsRoot(
  inputs: Uint8Array,
  outputs: Uint8Array,
  rest: Uint8Array,
): Uint8Array {
  return node(node(inputs, outputs), rest);
}

/** Hash of an image. */
export function imageHash(parts: ImageParts): Hash {
  const { codeRoot, dataRoot, loweringVersion, wasmHash } = parts;
  return toHash(
    keccak256(
      pack([IMAGE, 1], fromHash(codeRoot), fromHash(dataRoot), fromHash(wasmHash), [
        loweringVersion,
        4,
      ]),
    ),
  );
}

/** Id of a model. */
export function modelId(registration: Registration): Hash {
  return toHash(
    keccak256(
      pack(
        [MODEL, 1],
        [registration.length, 4],
        [registration.maxIterations, 4],
        fromHash(registration.programRoot),
        fromHash(registration.initialSlotsRoot),
        fromHash(registration.slotTableRoot),
        fromHash(registration.imageHash),
        [registration.machineVersion, 4],
      ),
    ),
  );
}

/** Registration of a model from its parts. */
export function createRegistration(parts: {
  readonly instructions: readonly Uint8Array[];
  readonly maxIterations: number;
  readonly slots: readonly Slot[];
  readonly tree: SlotTree;
  readonly image: ImageParts;
}): Registration {
  const { image, instructions, maxIterations, slots, tree } = parts;
  return {
    length: instructions.length,
    maxIterations,
    programRoot: toHash(programRoot(instructions)),
    initialSlotsRoot: toHash(tree.root()),
    outputsRoot: toHash(tree.group(1)),
    rest: toHash(tree.rest()),
    slotTableRoot: toHash(slotTableRoot(slots)),
    image,
    imageHash: imageHash(image),
    machineVersion: MACHINE_VERSION,
  };
}
