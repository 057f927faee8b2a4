import { MAX_INPUTS, REGION_BYTES } from '../vm/constants.ts';
import { ModelError } from './errors.ts';

/** Element types: number in the slot table (docs/protocol.md) and bytes of one element. */
export const DTYPES = {
  f32: { number: 1, bytes: 4 },
  u8: { number: 2, bytes: 1 },
  i8: { number: 3, bytes: 1 },
  i16: { number: 4, bytes: 2 },
  i32: { number: 5, bytes: 4 },
  i64: { number: 6, bytes: 8 },
  f64: { number: 7, bytes: 8 },
  u32: { number: 8, bytes: 4 },
  f16: { number: 9, bytes: 2 },
  u16: { number: 10, bytes: 2 },
  u64: { number: 11, bytes: 8 },
  /** 0 or 1 in a byte. */
  bool: { number: 12, bytes: 1 },
  bf16: { number: 13, bytes: 2 },
} as const;

export type Dtype = keyof typeof DTYPES;

/** Static type of a slot. A shape of rank 0 is one element. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The four groups of slots; a slot's group is its top two bits. */
export const GROUPS = ['input', 'output', 'constant', 'temporary'] as const;
export type Group = (typeof GROUPS)[number];
export const GROUP_SLOTS = 1 << 14;
export const SLOTS = 1 << 16;
/** Dimensions that fit the leaf of the slot table beside dtype and rank. */
export const MAX_RANK = 31;
/** Instructions of a program at most: leaves of the program tree. */
export const MAX_PROGRAM = 1 << 20;

/** One used slot. */
export interface Slot extends TensorType {
  /** 0 to 65535; its group is `groupOf(slot)`. */
  readonly slot: number;
  readonly name: string;
  /** Initial content, little-endian row-major, of exactly `byteLength(type)` bytes; without it zeros. Never for inputs. */
  readonly data?: Uint8Array;
}

/** One instruction of a program, kernels by name. */
export type Instruction =
  | {
      readonly kind: 'call';
      readonly kernel: string;
      readonly inputs: readonly number[];
      readonly output: number;
      /** Slot of the little-endian u32 parameters. */
      readonly attributes: number;
    }
  | { readonly kind: 'stopIf'; readonly slot: number }
  /** 128 bytes that are no instruction: reaching them is FAILED. */
  | { readonly kind: 'malformed'; readonly bytes: Uint8Array };

/** A model's graph: everything but the kernels. */
export interface Graph {
  readonly name: string;
  /** Largest T, at least 1. */
  readonly maxIterations: number;
  /** Ascending by slot number. */
  readonly slots: readonly Slot[];
  readonly program: readonly Instruction[];
}

export function groupOf(slot: number): Group {
  return GROUPS[slot >> 14] as Group;
}

/** First slot of a group. */
export function groupBase(group: Group): number {
  return GROUPS.indexOf(group) * GROUP_SLOTS;
}

export function elements(type: TensorType): number {
  return type.shape.reduce((product, dim) => product * dim, 1);
}

/** Bytes of a tensor of this type. */
export function byteLength(type: TensorType): number {
  return elements(type) * DTYPES[type.dtype].bytes;
}

/** `f32 [2,3]`, as messages print it. */
export function describeType(type: TensorType): string {
  return `${type.dtype} [${type.shape.join(',')}]`;
}

const hex = (slot: number): string => `0x${slot.toString(16).padStart(4, '0')}`;

function bad(message: string): never {
  throw new ModelError('BAD_GRAPH', message);
}

function checkSlot(entry: Slot): void {
  const where = `slot ${hex(entry.slot)} (${entry.name})`;
  if (!Object.hasOwn(DTYPES, entry.dtype)) bad(`${where}: unknown dtype ${entry.dtype}`);
  if (entry.shape.length > MAX_RANK) bad(`${where}: rank ${entry.shape.length} above ${MAX_RANK}`);
  for (const dim of entry.shape) {
    if (!Number.isInteger(dim) || dim < 1 || dim > 0xffffffff) {
      bad(`${where}: dimension ${dim} is not between 1 and 2^32 - 1`);
    }
  }
  const size = byteLength(entry);
  if (size > REGION_BYTES) {
    bad(`${where}: ${describeType(entry)} takes ${size} bytes; a tensor holds ${REGION_BYTES}`);
  }
  if (!entry.data) return;
  if (groupOf(entry.slot) === 'input') bad(`${where}: an input slot has no initial content`);
  if (entry.data.length !== size) {
    bad(`${where}: ${describeType(entry)} takes ${size} bytes, got ${entry.data.length}`);
  }
}

/**
 * Checks the rules that don't depend on kernels: slots ascending, distinct, in range and of the right sizes;
 * instructions well-formed and naming used slots only. Throws `ModelError` BAD_GRAPH.
 */
export function checkGraph(graph: Graph): void {
  const { maxIterations, program, slots } = graph;
  if (!Number.isInteger(maxIterations) || maxIterations < 1 || maxIterations > 0xffffffff) {
    bad(`maxIterations is ${maxIterations}; it must be between 1 and 2^32 - 1`);
  }
  if (program.length < 1 || program.length > MAX_PROGRAM) {
    bad(`the program has ${program.length} instructions; it must have 1 to ${MAX_PROGRAM}`);
  }
  let last = -1;
  for (const entry of slots) {
    if (!Number.isInteger(entry.slot) || entry.slot <= last || entry.slot >= SLOTS) {
      bad(`slot ${entry.slot} after ${last}: slots must be ascending and below ${SLOTS}`);
    }
    last = entry.slot;
    checkSlot(entry);
  }
  // A request's inputs root is the tree of its tensors in order, so that order must be the slots'.
  const inputs = slots.filter((entry) => groupOf(entry.slot) === 'input');
  inputs.forEach(({ slot }, i) => {
    if (slot !== i)
      bad(`input slots must be 0, 1, ... without gaps; slot ${hex(slot)} is number ${i}`);
  });
  const used = new Set(slots.map((entry) => entry.slot));
  program.forEach((instruction, index) => {
    if (instruction.kind === 'malformed') return;
    const named =
      instruction.kind === 'stopIf'
        ? [instruction.slot]
        : [...instruction.inputs, instruction.output, instruction.attributes];
    for (const slot of named) {
      if (!used.has(slot)) bad(`instruction ${index} names slot ${hex(slot)}, which has no type`);
    }
    if (instruction.kind === 'stopIf') return;
    const { inputs, output, attributes } = instruction;
    if (inputs.length > MAX_INPUTS) {
      bad(`instruction ${index} has ${inputs.length} inputs; ${MAX_INPUTS} are possible`);
    }
    const group = groupOf(output);
    if (group !== 'output' && group !== 'temporary') {
      bad(`instruction ${index} writes slot ${hex(output)} in the ${group} group`);
    }
    if (inputs.includes(output) || attributes === output) {
      bad(`instruction ${index} reads its own output slot ${hex(output)}`);
    }
  });
}

/** Puts a graph together: allots slots in order of declaration and keeps equal attributes once. */
export interface GraphBuilder {
  input(name: string, type: TensorType): number;
  /** `data`: initial content; without it zeros. */
  output(name: string, type: TensorType, data?: Uint8Array): number;
  constant(name: string, type: TensorType, data: Uint8Array): number;
  temporary(name: string, type: TensorType, data?: Uint8Array): number;
  /** Appends a call; `attributes` are u32 values, stored as a constant. */
  call(
    kernel: string,
    inputs: readonly number[],
    output: number,
    attributes: readonly number[],
  ): void;
  stopIf(slot: number): void;
  /** The checked graph. */
  build(): Graph;
}

export function createGraph(name: string, { maxIterations = 1 } = {}): GraphBuilder {
  const slots: Slot[] = [];
  const program: Instruction[] = [];
  const next = new Map<Group, number>(GROUPS.map((group) => [group, groupBase(group)]));
  const attributeSlots = new Map<string, number>();

  function put(group: Group, name: string, type: TensorType, data?: Uint8Array): number {
    const slot = next.get(group)!;
    if (slot >= groupBase(group) + GROUP_SLOTS) bad(`more than ${GROUP_SLOTS} ${group} slots`);
    next.set(group, slot + 1);
    const { dtype, shape } = type;
    slots.push({ slot, name, dtype, shape: [...shape], ...(data ? { data } : {}) });
    return slot;
  }

  function attributeSlot(values: readonly number[]): number {
    const key = values.join(',');
    const known = attributeSlots.get(key);
    if (known !== undefined) return known;
    const data = new Uint8Array(4 * values.length);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => {
      if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
        bad(`attribute ${i} is ${value}; attributes are u32`);
      }
      view.setUint32(4 * i, value, true);
    });
    const type: TensorType = { dtype: 'u32', shape: [values.length] };
    const slot = put('constant', `attributes ${key}`, type, data);
    attributeSlots.set(key, slot);
    return slot;
  }

  return {
    input: (name, type) => put('input', name, type),
    output: (name, type, data) => put('output', name, type, data),
    constant: (name, type, data) => put('constant', name, type, data),
    temporary: (name, type, data) => put('temporary', name, type, data),
    call(kernel, inputs, output, attributes) {
      const slot = attributeSlot(attributes);
      program.push({ kind: 'call', kernel, inputs: [...inputs], output, attributes: slot });
    },
    stopIf(slot) {
      program.push({ kind: 'stopIf', slot });
    },
    build() {
      const graph: Graph = {
        name,
        maxIterations,
        slots: slots.toSorted((x, y) => x.slot - y.slot),
        program,
      };
      checkGraph(graph);
      return graph;
    },
  };
}
