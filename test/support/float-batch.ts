/** Float instructions run in bulk by the engine: the expectations of contracts/test/Floats.t.sol. */
import { VALUE_FORMS } from '../../vm/alu.ts';
import { OPCODES, type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';
import { type OperandType, widthOf } from './float-operands.ts';
import { encoding, LOAD, STORE } from './value-module.ts';

/** Bytes of a record: x, y, result, and 16 of which the first says whether the engine trapped and the next two are the opcode. */
export const RECORD_BYTES = 64;

/** What arithmetic makes of NaNs is the machine's to say (docs/machine.md, Floats), in lanes of this width. */
const ARITHMETIC =
  /^f(32|64)(x\d)?\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w*|demote\w*)$/;

/**
 * Every instruction that computes with floats: scalars and lanes, comparisons and conversions from and to integers. The `.imm`
 * and `br.` variants run as these (docs/machine.md, Opcode numbers), moves of lanes move bits.
 */
export const FLOAT_OPCODES: readonly Opcode[] = OPCODES.filter(
  (row) =>
    VALUE_FORMS.has(row.form) &&
    ['unary', 'binary'].includes(row.form) &&
    /f32|f64/.test(row.name) &&
    !row.name.endsWith('.splat'),
);

/** Lanes that an instruction reads; scalars have one. */
export interface Lanes {
  readonly type: OperandType;
  readonly count: number;
}

export function lanesOf({ code, name, operands }: Opcode): Lanes {
  if (code < SIMD) return { type: operands[0] as OperandType, count: 1 };
  const of = /_(low_)?([if]\d+)x(\d)/.exec(name) ?? /^()([if]\d+)x(\d)/.exec(name);
  const type = of?.[2] as OperandType;
  // Of some, the low half of the lanes.
  return { type, count: of?.[1] ? 2 : 128 / widthOf(type) };
}

const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...leb(content.length),
  ...content,
];

/** The engine's memory with `count` records, and the function that computes one of them. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Computes the results of the first `records` records, replaces NaNs, marks traps. */
  run(records: number): void;
}

/** A module that loads its operands at the pointer it is given, computes, and stores the result beside them. */
export function createBatch(row: Opcode, count: number): Batch {
  const pages = Math.ceil((count * RECORD_BYTES) / 65536);
  const at = (access: readonly number[], offset: number): number[] => [
    ...access.slice(0, -1),
    offset,
  ];
  const pointer = [0x20, 0];
  const body = [
    0,
    ...pointer,
    ...row.operands.flatMap((type, i) => [...pointer, ...at(LOAD[type], 16 * i)]),
    ...encoding(row),
    ...at(STORE[row.result as ValueType], 32),
    0x0b,
  ];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...leb(pages)]),
    ...section(7, [2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
  // The workers' types know no compilation from bytes, which Node has.
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  const { exports } = new WebAssembly.Instance(new Module(bytes));
  const { buffer } = exports.m as WebAssembly.Memory;
  const compute = exports.f as (pointer: number) => void;
  const words = new Uint32Array(buffer, 0, (count * RECORD_BYTES) / 4);
  const nan = Number(ARITHMETIC.exec(row.name)?.[1] ?? 0);
  const run = (records: number): void => {
    for (let i = 0; i < records; i++) {
      const word = 16 * i;
      words.fill(0, word + 8, word + 16);
      words[word + 12] = row.code << 8;
      try {
        compute(RECORD_BYTES * i);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        words[word + 12] = (row.code << 8) | 1;
      }
      if (nan !== 0) canonicalise(words, word + 8, nan);
    }
  };
  return { bytes: new Uint8Array(buffer, 0, count * RECORD_BYTES), words, run };
}

function canonicalise(words: Uint32Array, at: number, width: number): void {
  if (width === 32) {
    for (let i = at; i < at + 4; i++) {
      if (((words[i] as number) & 0x7fffffff) > 0x7f800000) words[i] = 0x7fc00000;
    }
    return;
  }
  for (let i = at; i < at + 4; i += 2) {
    const high = (words[i + 1] as number) & 0x7fffffff;
    if (high > 0x7ff00000 || (high === 0x7ff00000 && words[i] !== 0)) {
      words[i] = 0;
      words[i + 1] = 0x7ff80000;
    }
  }
}
