/** A module under test in a form that can be changed and encoded again: what instrumentation and reduction work on. */
import { type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';
import type { FunctionType, Instruction, WasmModule } from '../../vm/types.ts';
import { readModule } from '../../vm/wasm/index.ts';
import { OP } from '../../vm/wasm/instructions.ts';

/** An instruction with the alignment that the original bytes gave it, which the machine's loader drops. */
export type Code = Instruction & { readonly align?: number };

export interface GuestFunction {
  readonly type: FunctionType;
  /** Locals that aren't parameters. */
  readonly locals: readonly ValueType[];
  /** Ends with the function's own `end`. */
  readonly body: readonly Code[];
}

export interface GuestGlobal {
  readonly type: ValueType;
  readonly mutable: boolean;
  /** 16 bytes, as in a slot. */
  readonly init: Uint8Array;
}

export interface Guest {
  /** What call_indirect refers to; other types are added when it is encoded. */
  readonly types: readonly FunctionType[];
  readonly functions: readonly GuestFunction[];
  readonly table: readonly (number | undefined)[];
  readonly memory?: { readonly initial: number; readonly maximum: number };
  readonly globals: readonly GuestGlobal[];
  readonly exports: readonly { readonly name: string; readonly functionIndex: number }[];
  readonly start?: number;
  readonly data: Uint8Array;
  /** Data segments by index; undefined: active, and so part of `data`. */
  readonly passive: readonly (Uint8Array | undefined)[];
  /** Globals (i64) that show a run's outcome; exported as r0, r1, ... */
  readonly observed: readonly number[];
}

/** Decodes through the machine's own loader. Throws WasmError. */
export function guestOf(bytes: Uint8Array, observed: readonly number[] = []): Guest {
  return fromModule(readModule(bytes), observed);
}

export function fromModule(module: WasmModule, observed: readonly number[] = []): Guest {
  const { types, table, memory, globals, exports, start, data, passive } = module;
  return {
    types,
    functions: module.functions.map(({ type, locals, body }) => ({
      type,
      locals,
      body: body.map((instruction) => withAlignment(module.bytes, instruction)),
    })),
    table,
    ...(memory ? { memory } : {}),
    globals,
    exports,
    ...(start === undefined ? {} : { start }),
    data,
    passive,
    observed,
  };
}

function withAlignment(bytes: Uint8Array, instruction: Instruction): Code {
  if (instruction.memoryOffset === undefined) return instruction;
  let at = instruction.offset + 1;
  // After the prefix comes the number, one or two bytes of LEB128.
  if (instruction.opcode >= 0xfc00) while ((bytes[at++] as number) >= 0x80);
  return { ...instruction, align: bytes[at] as number };
}

/** Number of an instruction as the decoder gives it: prefixed ones from 0xfc00 and 0xfd00 on. */
export function decodedOpcode(row: Opcode): number {
  if (row.code >= SIMD) return 0xfd00 + row.code - SIMD;
  return row.code >= 0xd0 && row.code <= 0xd7 ? 0xfc00 + row.code - 0xd0 : row.code;
}

/** An instruction that no bytes stand behind yet. */
export const code = (
  opcode: number,
  fields: Omit<Partial<Code>, 'opcode' | 'offset'> = {},
): Code => ({
  opcode,
  offset: 0,
  ...fields,
});

export const END = code(OP.end);
export const local = {
  get: (index: number): Code => code(OP.localGet, { index }),
  set: (index: number): Code => code(OP.localSet, { index }),
  tee: (index: number): Code => code(OP.localTee, { index }),
};
export const global = {
  get: (index: number): Code => code(OP.globalGet, { index }),
  set: (index: number): Code => code(OP.globalSet, { index }),
};

const CONST: Readonly<Record<ValueType, readonly [opcode: number, bytes: number]>> = {
  i32: [OP.i32Const, 4],
  i64: [OP.i64Const, 8],
  f32: [OP.f32Const, 4],
  f64: [OP.f64Const, 8],
  v128: [OP.v128Const, 16],
};

/** A constant with these bits. */
export function constant(type: ValueType, bits: bigint): Code {
  const [opcode, width] = CONST[type];
  const bytes = Uint8Array.from({ length: width }, (_, i) =>
    Number((bits >> BigInt(8 * i)) & 0xffn),
  );
  return code(opcode, { bytes });
}

/** Instructions of all functions, without the `end` that each has anyway. */
export const instructionCount = (guest: Guest): number =>
  guest.functions.reduce((sum, { body }) => sum + body.length - 1, 0);

/** Replaces a function's body. */
export function withBody(guest: Guest, index: number, change: Partial<GuestFunction>): Guest {
  const functions = guest.functions.map((fn, i) => (i === index ? { ...fn, ...change } : fn));
  return { ...guest, functions };
}
