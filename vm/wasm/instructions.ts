import { BY_CODE, type Opcode, SIMD, type ValueType } from '../opcodes.ts';
import type { FunctionType, Instruction } from '../types.ts';
import { WasmError } from './errors.ts';
import { checkLimit } from './limits.ts';
import type { Reader } from './reader.ts';

/** Opcodes that aren't rows of the machine's table: control, variables, constants, reinterpretations. */
export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  f32ReinterpretI32: 0xbe,
  f64ReinterpretI64: 0xbf,
  memoryInit: 0xfc08,
  dataDrop: 0xfc09,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  v128Const: 0xfd0c,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OP).map(([name, code]) => [code, name]),
);

/** First of the machine's codes of saturating truncation (0xfc 0..7). */
const TRUNC_SAT = 0xd0;
const SAT_COUNT = 8;
/** table.fill; table.init, elem.drop, table.copy, table.grow and table.size come before it. */
const LAST_OF_TABLES = 0xfc11;

/**
 * The machine's row for a decoded load, store, scalar or SIMD instruction; undefined for control, variables,
 * constants, memory.size and memory.grow, reinterpretations and numbers that aren't instructions.
 */
export function rowOf(opcode: number): Opcode | undefined {
  if (opcode >= 0x28 && opcode <= 0xc4) return BY_CODE.get(opcode);
  if (opcode >= 0xfc00 && opcode < 0xfc00 + SAT_COUNT)
    return BY_CODE.get(TRUNC_SAT + opcode - 0xfc00);
  if (opcode >= 0xfd00 && opcode <= 0xfdff) return BY_CODE.get(SIMD + opcode - 0xfd00);
  return undefined;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

/** For messages: "i32.add (0x6a)". */
export function describe(opcode: number): string {
  return `${rowOf(opcode)?.name ?? NAMES.get(opcode) ?? 'instruction'} (${hex(opcode)})`;
}

const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

/** Whether a byte begins a reference type of any proposal. */
const isReferenceType = (byte: number): boolean => byte >= 0x63 && byte <= 0x74;

/** A value type: one byte. */
export function readValueType(reader: Reader): ValueType {
  const offset = reader.offset;
  const byte = reader.u8();
  const type = VALUE_TYPES.get(byte);
  if (type) return type;
  if (isReferenceType(byte)) {
    throw new WasmError(
      'unsupported-reference-types',
      offset,
      `reference type ${hex(byte)} as a value type: use i32, i64, f32, f64 or v128`,
    );
  }
  throw new WasmError('malformed', offset, `${hex(byte)} is no value type (0x7b to 0x7f)`);
}

const EMPTY: FunctionType = { params: [], results: [] };
const SINGLE: ReadonlyMap<ValueType, FunctionType> = new Map(
  [...VALUE_TYPES.values()].map((type) => [type, { params: [], results: [type] }]),
);

function readBlockType(reader: Reader, types: readonly FunctionType[]): FunctionType {
  const offset = reader.offset;
  const byte = reader.peek();
  if (byte === 0x40) {
    reader.u8();
    return EMPTY;
  }
  // One byte with the sign bit: a value type; anything else is a signed number, an index if not negative.
  if ((byte & 0xc0) === 0x40) return SINGLE.get(readValueType(reader))!;
  const index = reader.s33();
  if (index < 0) {
    throw new WasmError(
      'malformed',
      offset,
      `block type ${index} is neither a value type nor an index`,
    );
  }
  return typeAt(types, index, offset);
}

/** The type with an index; throws `index` where there is none. */
export function typeAt(
  types: readonly FunctionType[],
  index: number,
  offset: number,
): FunctionType {
  const type = types[index];
  if (!type) {
    throw new WasmError(
      'index',
      offset,
      `type ${index} doesn't exist, the module has ${types.length}`,
    );
  }
  return type;
}

function readLane(reader: Reader, lanes: number, name: string): number {
  const offset = reader.offset;
  const lane = reader.u8();
  if (lane >= lanes) {
    throw new WasmError(
      'lane',
      offset,
      `lane ${lane} of ${name}, which has lanes 0 to ${lanes - 1}`,
    );
  }
  return lane;
}

/** Alignment and constant offset of a load or store; returns the offset. */
function readMemoryArgument(reader: Reader, row: Opcode): number {
  const offset = reader.offset;
  const align = reader.u32();
  if (align >= 0x40 && align < 0x80) {
    throw new WasmError(
      'unsupported-multi-memory',
      offset,
      `${row.name} names a memory (flags ${hex(align)}): use the one memory implicitly`,
    );
  }
  const natural = Math.log2(row.width ?? 1);
  if (align > natural) {
    throw new WasmError(
      'alignment',
      offset,
      `alignment 2^${align} of ${row.name} is above its width of ${row.width} bytes: use 2^${natural} or less`,
    );
  }
  return reader.u32();
}

/** The 4, 8 or 16 bytes of a constant, little-endian; undefined if `opcode` isn't a constant instruction. */
export function readConstant(reader: Reader, opcode: number): Uint8Array | undefined {
  switch (opcode) {
    case OP.i32Const: {
      const value = reader.s32();
      return Uint8Array.of(value, value >> 8, value >> 16, value >> 24);
    }
    case OP.i64Const: {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, reader.s64(), true);
      return bytes;
    }
    case OP.f32Const:
      return reader.take(4, 'an f32 constant');
    case OP.f64Const:
      return reader.take(8, 'an f64 constant');
    case OP.v128Const:
      return reader.take(16, 'a v128 constant');
    default:
      return undefined;
  }
}

/** An opcode with its prefix folded in: 0xfc00 + n, 0xfd00 + n. Refuses everything that isn't supported. */
export function readOpcode(reader: Reader): number {
  const offset = reader.offset;
  const byte = reader.u8();
  if (byte !== 0xfc && byte !== 0xfd) {
    refusePlain(byte, offset);
    return byte;
  }
  const sub = reader.u32();
  if (byte === 0xfd && sub >= 0x100) {
    throw new WasmError(
      'unsupported-relaxed-simd',
      offset,
      `SIMD instruction 0xfd ${hex(sub)} is relaxed (its result depends on the host): compile without relaxed SIMD`,
    );
  }
  const opcode = byte * 0x100 + sub;
  if (opcode > OP.memoryFill && opcode <= LAST_OF_TABLES) {
    throw new WasmError(
      'unsupported-table-instruction',
      offset,
      `instruction 0xfc ${hex(sub)} changes or measures a table: tables are fixed when a module is lowered, compile without table instructions`,
    );
  }
  if (sub > 0xff || !(PREFIXED.has(opcode) || rowOf(opcode))) {
    throw new WasmError('opcode', offset, `${hex(byte)} ${hex(sub)} is no instruction`);
  }
  return opcode;
}

const CODES = Object.values(OP);
const PLAIN: ReadonlySet<number> = new Set(CODES.filter((code) => code <= 0xff));
const PREFIXED: ReadonlySet<number> = new Set(CODES.filter((code) => code > 0xff));

function refusePlain(byte: number, offset: number): void {
  if (PLAIN.has(byte) || rowOf(byte)) return;
  const refuse = (code: WasmError['code'], what: string, remedy: string): never => {
    throw new WasmError(code, offset, `instruction ${hex(byte)} ${what}: ${remedy}`);
  };
  if ((byte >= 0x06 && byte <= 0x0a) || byte === 0x18 || byte === 0x19 || byte === 0x1f) {
    refuse('unsupported-exceptions', 'handles exceptions', 'compile without exceptions');
  }
  if (byte === 0x12 || byte === 0x13) {
    refuse('unsupported-tail-calls', 'is a tail call', 'compile without tail calls');
  }
  if (
    byte === 0x14 ||
    byte === 0x15 ||
    byte === 0x25 ||
    byte === 0x26 ||
    (byte >= 0xd0 && byte <= 0xd6)
  ) {
    refuse('unsupported-reference-types', 'works on references', 'compile without reference types');
  }
  if (byte === 0xfb) refuse('unsupported-gc', 'is of the GC proposal', 'compile to linear memory');
  if (byte === 0xfe) {
    refuse('unsupported-threads', 'is atomic', 'compile without threads and shared memory');
  }
  refuse('opcode', 'does not exist', 'compile to WebAssembly 1.0 with SIMD');
}

/** What all bodies of a module share, and what they have used up so far. */
export interface DecodeContext {
  readonly types: readonly FunctionType[];
  instructions: number;
  labels: number;
}

/** Decodes the instructions of one body up to its last `end`, with which the reader's range must end. */
export function readInstructions(reader: Reader, context: DecodeContext): Instruction[] {
  const body: Instruction[] = [];
  let depth = 1;
  while (depth > 0) {
    const offset = reader.offset;
    const instruction = readInstruction(reader, context);
    context.instructions += 1;
    checkLimit('instructions', context.instructions, offset, 'instructions in the module');
    const { opcode } = instruction;
    if (opcode === OP.block || opcode === OP.loop || opcode === OP.if) {
      depth += 1;
      checkLimit('nesting', depth - 1, offset, 'blocks open at once');
    } else if (opcode === OP.end) depth -= 1;
    body.push(instruction);
  }
  if (!reader.done) {
    throw new WasmError(
      'control',
      reader.offset,
      `${reader.end - reader.offset} bytes follow the end of the function's body: its size is wrong or an end is too many`,
    );
  }
  return body;
}

function readInstruction(reader: Reader, context: DecodeContext): Instruction {
  const offset = reader.offset;
  const opcode = readOpcode(reader);
  const row = rowOf(opcode);
  if (row) {
    switch (row.form) {
      case 'load':
      case 'store':
        return { opcode, offset, memoryOffset: readMemoryArgument(reader, row) };
      case 'loadLane':
      case 'storeLane': {
        const memoryOffset = readMemoryArgument(reader, row);
        return { opcode, offset, memoryOffset, lane: readLane(reader, row.lanes!, row.name) };
      }
      case 'extractLane':
      case 'replaceLane':
        return { opcode, offset, lane: readLane(reader, row.lanes!, row.name) };
      case 'shuffle': {
        const start = reader.offset;
        const bytes = reader.take(16, 'the lanes of a shuffle');
        const bad = bytes.findIndex((lane) => lane >= 32);
        if (bad >= 0) {
          throw new WasmError(
            'lane',
            start + bad,
            `lane ${bytes[bad]} of ${row.name}, which has lanes 0 to 31`,
          );
        }
        return { opcode, offset, bytes };
      }
      default:
        return { opcode, offset };
    }
  }
  switch (opcode) {
    case OP.block:
    case OP.loop:
    case OP.if:
      return { opcode, offset, type: readBlockType(reader, context.types) };
    case OP.br:
    case OP.brIf:
    case OP.call:
    case OP.localGet:
    case OP.localSet:
    case OP.localTee:
    case OP.globalGet:
    case OP.globalSet:
      return { opcode, offset, index: reader.u32() };
    case OP.callIndirect: {
      const index = reader.u32();
      const at = reader.offset;
      const table = reader.u32();
      if (table !== 0) {
        throw new WasmError(
          'unsupported-multi-table',
          at,
          `call_indirect through table ${table}: only table 0 exists`,
        );
      }
      return { opcode, offset, index };
    }
    case OP.brTable:
      return { opcode, offset, labels: readLabels(reader, context) };
    case OP.selectTyped:
      return { opcode: OP.select, offset, type: readSelectType(reader) };
    case OP.dataDrop:
      return { opcode, offset, index: reader.u32() };
    case OP.memoryInit: {
      const index = reader.u32();
      readMemoryIndex(reader, opcode);
      return { opcode, offset, index };
    }
    case OP.memoryCopy:
      readMemoryIndex(reader, opcode);
      readMemoryIndex(reader, opcode);
      return { opcode, offset };
    case OP.memorySize:
    case OP.memoryGrow:
    case OP.memoryFill:
      readMemoryIndex(reader, opcode);
      return { opcode, offset };
    default: {
      const bytes = readConstant(reader, opcode);
      return bytes ? { opcode, offset, bytes } : { opcode, offset };
    }
  }
}

/** The byte that names the memory. */
function readMemoryIndex(reader: Reader, opcode: number): void {
  const offset = reader.offset;
  const memory = reader.u8();
  if (memory !== 0) {
    throw new WasmError(
      'unsupported-multi-memory',
      offset,
      `${describe(opcode)} names memory ${memory}: only memory 0 exists`,
    );
  }
}

function readLabels(reader: Reader, context: DecodeContext): number[] {
  const offset = reader.offset;
  const count = reader.u32();
  checkLimit('brTable', count, offset, 'labels of a br_table');
  context.labels += count + 1;
  checkLimit('totalLabels', context.labels, offset, 'labels of br_tables in the module');
  const labels: number[] = [];
  for (let i = 0; i <= count; i++) labels.push(reader.u32());
  return labels;
}

function readSelectType(reader: Reader): FunctionType {
  const offset = reader.offset;
  const count = reader.u32();
  if (count !== 1) {
    throw new WasmError('malformed', offset, `select with ${count} types: it takes exactly one`);
  }
  const type = readValueType(reader);
  return { params: [type, type, 'i32'], results: [type] };
}
