/** What an instruction touches: the decoded code word, its slots and its memory access (docs/machine.md, "Forms"). */
import { FRAME_SLOTS, GLOBAL_BASE, GLOBALS, WORD_BYTES, WORDS_PER_LEAF } from './constants.ts';
import { BRANCH, BRANCH_IMM, BY_CODE, IMM, type Opcode } from './opcodes.ts';

/** A code word and what its form touches in a frame. */
export interface FormOperands {
  readonly op: number;
  /** The row of the opcode table; undefined: rule 4 traps. */
  readonly row: Opcode | undefined;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** u64, its low and high 32 bits, its low 16 bits. */
  readonly imm: bigint;
  readonly lo: number;
  readonly hi: number;
  readonly d: number;
  /** Absolute slots that the form reads and writes, in the order of its operands. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Distinct slots of the form, ascending. */
  readonly slots: readonly number[];
  /** Rule 5: a slot operand outside the frame's slots, or a global that doesn't exist. */
  readonly outOfRange: boolean;
  /** The word that follows belongs to this instruction. */
  readonly twoWords: boolean;
}

/** A form's slot operands, and whether it names a global. */
interface SlotRule {
  readonly reads?: readonly ('a' | 'b' | 'c' | 'd' | 'a+c')[];
  readonly writes?: readonly ('a' | 'b' | 'c' | 'd' | 'a+c')[];
  readonly global?: 'read' | 'write';
}

const RULES: Readonly<Record<Opcode['form'], SlotRule>> = {
  trap: {},
  nop: {},
  jump: {},
  brIf: { reads: ['b'] },
  brUnless: { reads: ['b'] },
  brTable: { reads: ['b'] },
  cmpBranch: { reads: ['b', 'c'] },
  cmpBranchImm: { reads: ['b'] },
  call: { writes: ['a+c'] },
  callIndirect: { reads: ['b'], writes: ['a+c'] },
  return: { reads: ['c'] },
  halt: {},
  copy: { reads: ['b'], writes: ['a'] },
  select: { reads: ['b', 'c', 'd'], writes: ['a'] },
  const: { writes: ['a'] },
  const128: { writes: ['a'] },
  globalGet: { writes: ['a'], global: 'read' },
  globalSet: { reads: ['b'], global: 'write' },
  memorySize: { writes: ['a'] },
  memoryGrow: { reads: ['b'], writes: ['a'] },
  load: { reads: ['b'], writes: ['a'] },
  store: { reads: ['b', 'c'] },
  loadLane: { reads: ['a', 'b'], writes: ['a'] },
  storeLane: { reads: ['b', 'c'] },
  unary: { reads: ['b'], writes: ['a'] },
  binary: { reads: ['b', 'c'], writes: ['a'] },
  binaryImm: { reads: ['b'], writes: ['a'] },
  ternary: { reads: ['b', 'c', 'd'], writes: ['a'] },
  extractLane: { reads: ['b'], writes: ['a'] },
  replaceLane: { reads: ['b', 'c'], writes: ['a'] },
  shuffle: { reads: ['b', 'c'], writes: ['a'] },
};

/** Forms after which the next word isn't simply the following one, or the run may be over. */
export const ENDS_BLOCK: ReadonlySet<Opcode['form']> = new Set([
  'trap',
  'jump',
  'brIf',
  'brUnless',
  'brTable',
  'cmpBranch',
  'cmpBranchImm',
  'call',
  'callIndirect',
  'return',
  'halt',
]);

/** Decodes the 16 bytes of a code word for a frame that starts at slot `fp` (u32). */
export function formOperands(word: Uint8Array, fp: number): FormOperands {
  if (word.length !== WORD_BYTES) {
    throw new RangeError(`code word: ${word.length} bytes where ${WORD_BYTES} are wanted`);
  }
  const view = new DataView(word.buffer, word.byteOffset, WORD_BYTES);
  const op = view.getUint16(0, true);
  const a = view.getUint16(2, true);
  const b = view.getUint16(4, true);
  const c = view.getUint16(6, true);
  const d = view.getUint16(8, true);
  const lo = view.getUint32(8, true);
  const row = BY_CODE.get(op);
  const rule = row ? RULES[row.form] : {};
  const offsets = { a, b, c, d, 'a+c': a + c };
  const reads = (rule.reads ?? []).map((name) => fp + offsets[name]);
  const writes = (rule.writes ?? []).map((name) => fp + offsets[name]);
  const outOfRange =
    [...reads, ...writes].some((slot) => slot >= FRAME_SLOTS) ||
    (rule.global !== undefined && lo >= GLOBALS);
  if (rule.global) (rule.global === 'read' ? reads : writes).push(GLOBAL_BASE + lo);
  return {
    op,
    row,
    a,
    b,
    c,
    imm: view.getBigUint64(8, true),
    lo,
    hi: view.getUint32(12, true),
    d,
    reads,
    writes,
    slots: [...new Set([...reads, ...writes])].sort((x, y) => x - y),
    outOfRange,
    twoWords: row?.form === 'const128' || row?.form === 'shuffle',
  };
}

/** Rules 4 and 5: the code word alone decides that the step at `pc` traps. */
export function trapsByCode(operands: FormOperands, pc: number): boolean {
  const { row, twoWords, outOfRange } = operands;
  if (!row || row.form === 'trap') return true;
  return (twoWords && pc % WORDS_PER_LEAF === WORDS_PER_LEAF - 1) || outOfRange;
}

export interface MemoryAccess {
  /** First byte; up to 2^33 - 2, to be checked against the pages (rule 6). */
  readonly address: number;
  /** Bytes. */
  readonly width: number;
  readonly write: boolean;
}

/** The memory access of the form when slot b holds `slotB` (a u128 of which the low 32 bits count); undefined if it has none. */
export function memoryAccess(operands: FormOperands, slotB: bigint): MemoryAccess | undefined {
  const { row, lo } = operands;
  if (!row?.width) return undefined;
  return {
    address: Number(BigInt.asUintN(32, slotB)) + lo,
    width: row.width,
    write: row.form === 'store' || row.form === 'storeLane',
  };
}

/** The base instruction of an `.imm` or `br.` variant; any other row's own number. */
export function baseOpcode(row: Opcode): number {
  switch (row.form) {
    case 'binaryImm':
      return row.code - IMM;
    case 'cmpBranch':
      return row.code - BRANCH;
    case 'cmpBranchImm':
      return row.code - BRANCH_IMM;
    default:
      return row.code;
  }
}
