import { LEAF_BYTES } from '../vm/constants.ts';
import { ModelError } from './errors.ts';
import {
  byteLength,
  checkGraph,
  DTYPES,
  type Dtype,
  type Graph,
  type Instruction,
  type Slot,
} from './graph.ts';
import { decodeInstruction } from './program.ts';

/**
 * The model file: a graph and its tensors, in one canonical form (equal graphs give equal bytes).
 *
 *   0   8 bytes   "PINPOINT"
 *   8   u32       version (1), little-endian
 *   12  u32       length of the header in bytes
 *   16  header    JSON, UTF-8: name, maxIterations, slots (slot, name, dtype, shape, data), program
 *   ... tensors   of the slots whose `data` is true, ascending, each starting at the next multiple of 128,
 *                 with zeros between; the file ends with the last tensor's last byte
 */
export const BUNDLE_VERSION = 1;
const MAGIC = new TextEncoder().encode('PINPOINT');
const HEADER_AT = 16;
/** A header above this is refused before it is parsed. */
export const MAX_HEADER_BYTES = 64 * 2 ** 20;

function bad(message: string, cause?: unknown): never {
  throw new ModelError('BAD_BUNDLE', `model file: ${message}`, { cause });
}

const align = (at: number): number => Math.ceil(at / LEAF_BYTES) * LEAF_BYTES;

/** 128 bytes as lower-case hex. */
const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function headerOf(graph: Graph): Uint8Array {
  const header = {
    name: graph.name,
    maxIterations: graph.maxIterations,
    slots: graph.slots.map(({ data, dtype, name, shape, slot }) => ({
      slot,
      name,
      dtype,
      shape,
      data: data !== undefined,
    })),
    program: graph.program.map((instruction) => {
      if (instruction.kind === 'stopIf') return { stopIf: instruction.slot };
      if (instruction.kind === 'malformed') return { malformed: toHex(instruction.bytes) };
      const { attributes, inputs, kernel, output } = instruction;
      return { call: kernel, inputs, output, attributes };
    }),
  };
  return new TextEncoder().encode(JSON.stringify(header));
}

/** The file of a graph. Throws `ModelError` BAD_GRAPH. */
export function writeBundle(graph: Graph): Uint8Array {
  checkGraph(graph);
  const header = headerOf(graph);
  let end = HEADER_AT + header.length;
  const places = graph.slots.flatMap(({ data }) => {
    if (!data) return [];
    const at = align(end);
    end = at + data.length;
    return [{ at, data }];
  });
  const file = new Uint8Array(end);
  file.set(MAGIC);
  const view = new DataView(file.buffer);
  view.setUint32(8, BUNDLE_VERSION, true);
  view.setUint32(12, header.length, true);
  file.set(header, HEADER_AT);
  for (const { at, data } of places) file.set(data, at);
  return file;
}

type Json = Record<string, unknown>;

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    bad(`${what} is not an object`);
  }
  return value as Json;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) bad(`${what} is not a list`);
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string') bad(`${what} is not a string`);
  return value;
}

function integer(value: unknown, what: string, max: number): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > max) {
    bad(`${what} is ${JSON.stringify(value)}, not an integer from 0 to ${max}`);
  }
  return value as number;
}

const MAX_U16 = 0xffff;
const MAX_U32 = 0xffffffff;

function readInstruction(value: unknown, index: number): Instruction {
  const what = `program[${index}]`;
  const entry = object(value, what);
  if ('stopIf' in entry) {
    return { kind: 'stopIf', slot: integer(entry.stopIf, `${what}.stopIf`, MAX_U16) };
  }
  if ('malformed' in entry) {
    const hex = text(entry.malformed, `${what}.malformed`);
    if (!/^[0-9a-f]{256}$/.test(hex)) bad(`${what}.malformed is not 128 bytes of hex`);
    const bytes = Uint8Array.from({ length: LEAF_BYTES }, (_, i) =>
      Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
    );
    if (decodeInstruction(bytes).kind !== 'malformed') bad(`${what}.malformed is well-formed`);
    return { kind: 'malformed', bytes };
  }
  return {
    kind: 'call',
    kernel: text(entry.call, `${what}.call`),
    inputs: list(entry.inputs, `${what}.inputs`).map((slot, i) =>
      integer(slot, `${what}.inputs[${i}]`, MAX_U16),
    ),
    output: integer(entry.output, `${what}.output`, MAX_U16),
    attributes: integer(entry.attributes, `${what}.attributes`, MAX_U16),
  };
}

/**
 * Reads and checks a model file; tensors are views into it. Throws `ModelError` BAD_BUNDLE for a file that isn't
 * exactly what `writeBundle` makes of the graph it describes, BAD_GRAPH for a graph that breaks a rule.
 */
export function readBundle(file: Uint8Array): Graph {
  if (file.length < HEADER_AT || MAGIC.some((byte, i) => file[i] !== byte)) {
    bad(`it doesn't start with "PINPOINT" (${file.length} bytes)`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = view.getUint32(8, true);
  if (version !== BUNDLE_VERSION) bad(`version ${version}; this reads ${BUNDLE_VERSION}`);
  const headerBytes = view.getUint32(12, true);
  if (headerBytes > MAX_HEADER_BYTES || HEADER_AT + headerBytes > file.length) {
    bad(`a header of ${headerBytes} bytes doesn't fit a file of ${file.length}`);
  }
  const encoded = file.subarray(HEADER_AT, HEADER_AT + headerBytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded));
  } catch (error) {
    bad(`the header is not JSON: ${(error as Error).message}`, error);
  }
  const header = object(parsed, 'the header');
  let end = HEADER_AT + headerBytes;
  const slots = list(header.slots, 'slots').map((value, i): Slot => {
    const entry = object(value, `slots[${i}]`);
    const dtype = text(entry.dtype, `slots[${i}].dtype`);
    if (!Object.hasOwn(DTYPES, dtype)) bad(`slots[${i}].dtype is "${dtype}", which is unknown`);
    const shape = list(entry.shape, `slots[${i}].shape`).map((dim, j) =>
      integer(dim, `slots[${i}].shape[${j}]`, MAX_U32),
    );
    const slot: Slot = {
      slot: integer(entry.slot, `slots[${i}].slot`, MAX_U16),
      name: text(entry.name, `slots[${i}].name`),
      dtype: dtype as Dtype,
      shape,
    };
    if (typeof entry.data !== 'boolean') bad(`slots[${i}].data is not true or false`);
    if (!entry.data) return slot;
    const at = align(end);
    const size = byteLength(slot);
    if (!Number.isSafeInteger(size) || at + size > file.length) {
      bad(`tensor "${slot.name}" takes bytes ${at} to ${at + size}; the file has ${file.length}`);
    }
    for (let gap = end; gap < at; gap++) if (file[gap] !== 0) bad(`byte ${gap} should be zero`);
    end = at + size;
    return { ...slot, data: file.subarray(at, end) };
  });
  if (end !== file.length) bad(`it has ${file.length} bytes; its header describes ${end}`);
  const graph: Graph = {
    name: text(header.name, 'name'),
    maxIterations: integer(header.maxIterations, 'maxIterations', MAX_U32),
    slots,
    program: list(header.program, 'program').map(readInstruction),
  };
  checkGraph(graph);
  const canonical = headerOf(graph);
  if (canonical.length !== headerBytes || canonical.some((byte, i) => byte !== encoded[i])) {
    bad('the header is not in canonical form (order of keys, white space, unknown keys)');
  }
  return graph;
}
