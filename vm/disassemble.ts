/** Code words as text. Every 16 bytes have a line: what isn't an instruction traps, and says so. */
import { WORD_BYTES, WORDS_PER_LEAF } from './constants.ts';
import { BY_CODE, type Opcode, type ValueType } from './opcodes.ts';
import type { Image } from './types.ts';

const hex = (n: number | bigint, digits = 1): string => `0x${n.toString(16).padStart(digits, '0')}`;

/** How a pc is written where a word names one. */
type Naming = (pc: number) => string;
const byNumber: Naming = (pc) => hex(pc, 4);

const scratch = new DataView(new ArrayBuffer(8));

/** Shortest decimal that reads back as the same binary32; NaNs with their bits. */
function f32Text(bits: number): string {
  scratch.setUint32(0, bits);
  const value = scratch.getFloat32(0);
  if (Number.isNaN(value)) return `nan:${hex(bits)}`;
  if (!Number.isFinite(value) || value === 0) return zeroOrInfinity(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

function f64Text(bits: bigint): string {
  scratch.setBigUint64(0, bits);
  const value = scratch.getFloat64(0);
  if (Number.isNaN(value)) return `nan:${hex(bits)}`;
  return !Number.isFinite(value) || value === 0 ? zeroOrInfinity(value) : String(value);
}

const zeroOrInfinity = (value: number): string =>
  value === 0 ? (Object.is(value, -0) ? '-0' : '0') : value > 0 ? 'inf' : '-inf';

/** An immediate as its type's number. */
function immediate(type: ValueType | undefined, imm: bigint): string {
  switch (type) {
    case 'f32':
      return f32Text(Number(BigInt.asUintN(32, imm)));
    case 'f64':
      return f64Text(imm);
    case 'i32':
      return String(BigInt.asIntN(32, imm));
    default:
      return String(BigInt.asIntN(64, imm));
  }
}

const bytesText = (bytes: Uint8Array | undefined): string =>
  bytes?.length === WORD_BYTES ? [...bytes].join(' ') : '(second word missing)';

function vectorText(bytes: Uint8Array | undefined): string {
  if (bytes?.length !== WORD_BYTES) return '(second word missing)';
  const view = new DataView(bytes.buffer, bytes.byteOffset, WORD_BYTES);
  return `i32x4 ${[0, 4, 8, 12].map((at) => hex(view.getUint32(at, true), 8)).join(' ')}`;
}

interface Word {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly lo: number;
  readonly hi: number;
  readonly imm: bigint;
}

function decode(word: Uint8Array): Word {
  if (word.length !== WORD_BYTES) {
    throw new RangeError(`disassemble: ${word.length} bytes, a code word has ${WORD_BYTES}`);
  }
  const view = new DataView(word.buffer, word.byteOffset, WORD_BYTES);
  return {
    op: view.getUint16(0, true),
    a: view.getUint16(2, true),
    b: view.getUint16(4, true),
    c: view.getUint16(6, true),
    lo: view.getUint32(8, true),
    hi: view.getUint32(12, true),
    imm: view.getBigUint64(8, true),
  };
}

function operandsText(
  row: Opcode,
  { a, b, c, lo, hi, imm }: Word,
  second: Uint8Array | undefined,
  name: Naming,
): string {
  const s = (slot: number): string => `s${slot}`;
  const d = s(lo & 0xffff);
  const to = `→ ${name(lo)}`;
  const memory = lo === 0 ? `[${s(b)}]` : `[${s(b)} + ${lo}]`;
  const lane = (n: number): number => n % (row.lanes ?? 1);
  switch (row.form) {
    case 'trap':
    case 'nop':
    case 'halt':
      return '';
    case 'jump':
      return to;
    case 'brIf':
    case 'brUnless':
      return `${s(b)} ${to}`;
    case 'brTable':
      return `${s(b)}, ${lo} and default`;
    case 'cmpBranch':
      return `${s(b)}, ${s(c)} ${to}`;
    case 'cmpBranchImm':
      return `${s(b)}, ${hi | 0} ${to}`;
    case 'call':
      return `${s(a)}, return ${s(a + c)} ${to}`;
    case 'callIndirect':
      return `${s(a)}, return ${s(a + c)} ${to} + ${s(b)} (of ${hi})`;
    case 'return':
      return s(c);
    case 'copy':
    case 'unary':
      return `${s(a)}, ${s(b)}`;
    case 'select':
      return `${s(a)}, ${s(b)}, ${s(c)}, ${d}`;
    case 'const':
      // Its type isn't in the word: small numbers read as such, others as bits.
      return `${s(a)}, ${imm < 0x10000n ? imm : hex(imm)}`;
    case 'const128':
      return `${s(a)}, ${vectorText(second)}`;
    case 'globalGet':
      return `${s(a)}, g${lo}`;
    case 'globalSet':
      return `g${lo}, ${s(b)}`;
    case 'memorySize':
      return s(a);
    case 'memoryGrow':
      return `${s(a)}, ${s(b)}, at most ${lo}`;
    case 'load':
      return `${s(a)}, ${memory}`;
    case 'store':
      return `${memory}, ${s(c)}`;
    case 'loadLane':
      return `${s(a)}[${lane(hi)}], ${memory}`;
    case 'storeLane':
      return `${memory}, ${s(c)}[${lane(hi)}]`;
    case 'binary':
      return `${s(a)}, ${s(b)}, ${s(c)}`;
    case 'binaryImm':
      return `${s(a)}, ${s(b)}, ${immediate(row.operands[1], imm)}`;
    case 'ternary':
      return `${s(a)}, ${s(b)}, ${s(c)}, ${d}`;
    case 'extractLane':
      return `${s(a)}, ${s(b)}[${lane(lo)}]`;
    case 'replaceLane':
      return `${s(a)}, ${s(b)}[${lane(lo)}], ${s(c)}`;
    case 'shuffle':
      return `${s(a)}, ${s(b)}, ${s(c)}, ${bytesText(second)}`;
  }
}

const isTwoWords = (row: Opcode | undefined): boolean =>
  row?.form === 'const128' || row?.form === 'shuffle';

function line(
  bytes: Uint8Array,
  second: Uint8Array | undefined,
  at: number | undefined,
  name: Naming,
): string {
  const word = decode(bytes);
  const row = BY_CODE.get(word.op);
  const prefix = at === undefined ? '' : `${hex(at, 4)}  `;
  if (!row) return `${prefix}trap (no opcode ${hex(word.op, 4)})`;
  if (isTwoWords(row) && at !== undefined && at % WORDS_PER_LEAF === WORDS_PER_LEAF - 1) {
    return `${prefix}trap (${row.name} in the last word of a leaf)`;
  }
  return `${prefix}${row.name} ${operandsText(row, word, second, name)}`.trimEnd();
}

/**
 * One line for a code word, as in `0x0123  f32x4.add s7, s3, s4` or `br.i32.lt_s s3, s4 → 0x0040`: the result's
 * slot first, slots relative to the frame, global 3 as `g3`. In `call s8, return s10`, s8 is the callee's first slot.
 *
 * @param word 16 bytes
 * @param second the 16 bytes that follow; shown for two-word forms only
 * @param at the word's pc, to be put in front
 * @throws RangeError if `word` isn't 16 bytes long
 */
export function disassemble(word: Uint8Array, second?: Uint8Array, at?: number): string {
  return line(word, second, at, byNumber);
}

const TARGET_FORMS = new Set(['jump', 'brIf', 'brUnless', 'cmpBranch', 'cmpBranchImm']);

/**
 * All code of an image: a heading for each function, and within it labels `L0`, `L1`... where branches of the same
 * function lead. Calls name the function they go to.
 */
export function disassembleImage(image: Pick<Image, 'code' | 'functions'>): string {
  const { code, functions } = image;
  const names = new Map(functions.map((f) => [f.start, f.name]));
  const word = (pc: number): Uint8Array => code.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES);
  const lines: string[] = [];
  for (const { name, start, end } of functions) {
    if (lines.length > 0) lines.push('');
    lines.push(`${name}:`);
    const labels = labelsOf(word, start, end);
    const naming: Naming = (pc) => labels.get(pc) ?? names.get(pc) ?? byNumber(pc);
    for (let pc = start; pc < end; pc++) {
      const here = labels.get(pc);
      if (here) lines.push(`${here}:`);
      const two = isTwoWords(BY_CODE.get(decode(word(pc)).op)) && pc + 1 < end;
      lines.push(`  ${line(word(pc), two ? word(pc + 1) : undefined, pc, naming)}`);
      if (two && pc % WORDS_PER_LEAF !== WORDS_PER_LEAF - 1) pc++;
    }
  }
  return `${lines.join('\n')}\n`;
}

function labelsOf(
  word: (pc: number) => Uint8Array,
  start: number,
  end: number,
): ReadonlyMap<number, string> {
  const targets = new Set<number>();
  for (let pc = start; pc < end; pc++) {
    const { op, lo } = decode(word(pc));
    const row = BY_CODE.get(op);
    if (row && TARGET_FORMS.has(row.form) && lo >= start && lo < end) targets.add(lo);
    if (isTwoWords(row)) pc++;
  }
  return new Map([...targets].sort((x, y) => x - y).map((pc, i) => [pc, `L${i}`]));
}
