/** An image's code in the form the interpreter runs, and its tree. */
import {
  CODE_DEPTH,
  CODE_WORDS,
  FRAME_SLOTS,
  LEAF_BYTES,
  WORD_BYTES,
  WORDS_PER_LEAF,
} from './constants.ts';
import { ENDS_BLOCK, type FormOperands, formOperands } from './forms.ts';
import { fusionAt } from './fuse.ts';
import { FUSIONS } from './fusions.ts';
import * as layout from './layout.ts';
import { CODE, DECODED_BYTES } from './layout.ts';
import { combine, keccak256, ZERO } from './multiproof.ts';
import { type Form, OPCODES, type Opcode } from './opcodes.ts';
import type { TreeView } from './types.ts';

const NUMBER = new Map(OPCODES.map((row, i) => [row.code, i]));
const TWO_WORDS: ReadonlySet<Form> = new Set(['const128', 'shuffle']);
/** Forms whose target stands in the word. */
const FIXED_TARGET: ReadonlySet<Form> = new Set([
  'jump',
  'brIf',
  'brUnless',
  'cmpBranch',
  'cmpBranchImm',
  'call',
]);
const TRAP = 0;

/** Which operands name slots: 1 a, 2 b, 4 c, 8 d, 16 a + c; and whether it takes two words: 32; one byte for each row of the opcode table. */
export function slotMasks(): Uint8Array {
  const [A, B, C, D] = [1, 1 << 4, 1 << 8, 1 << 12];
  return Uint8Array.from(OPCODES, ({ code, form }) => {
    // Each field gets a value of its own, so the slots that come out say which fields were meant.
    const word = new Uint8Array(WORD_BYTES);
    const view = new DataView(word.buffer);
    [code, A, B, C, D].forEach((field, i) => {
      view.setUint16(2 * i, field, true);
    });
    const { reads, writes } = formOperands(word, 0);
    const slots = new Set([...reads, ...writes]);
    const two = TWO_WORDS.has(form) ? layout.TWO_WORDS : 0;
    return [A, B, C, D, A + C].reduce(
      (mask, slot, i) => mask | (slots.has(slot) ? 1 << i : 0),
      two,
    );
  });
}

export interface Decoded {
  /** DECODED_BYTES for each word, and for two more that trap. */
  readonly words: Uint8Array;
  /** u16 for each of these: the number of its instruction. */
  readonly plain: Uint8Array;
  /** Words of the image. */
  readonly count: number;
  /** Highest slot, counted from its frame's start, that an instruction writes. */
  readonly reach: number;
  /** Highest slot, counted likewise, that an instruction names. */
  readonly highest: number;
}

/** Longest block that is counted at once: its length is a u16. */
const LONGEST_BLOCK = 0xffff;
/** Behind the numbers of instructions and fusions. */
const LONG_BLOCK = OPCODES.length + FUSIONS.length;
/** A straight run of code is fused in pieces of this length: what a block's dead values are looked for in. */
const PIECE = 4096;

/** Throws `RangeError` if the code isn't whole words or more than a machine addresses. */
export function decodeCode(code: Uint8Array): Decoded {
  const count = code.length / WORD_BYTES;
  if (!Number.isInteger(count) || count > CODE_WORDS) {
    throw new RangeError(`code of ${code.length} bytes; it must be at most ${CODE_WORDS} words`);
  }
  const words = new Uint8Array((count + 2) * DECODED_BYTES);
  const to = new DataView(words.buffer);
  const plain = new Uint16Array(count + 2);
  // What follows the code reads as zeros, and may be the second word of an instruction.
  const padded = new Uint8Array((count + 2) * WORD_BYTES);
  padded.set(code);
  const from = new DataView(padded.buffer);
  let reach = 0;
  let highest = 0;
  // Decoded twice rather than kept: the objects of two million words would fill a worker's memory.
  const operandsAt = (pc: number): FormOperands =>
    formOperands(padded.subarray(pc * WORD_BYTES, (pc + 1) * WORD_BYTES), 0);
  for (let pc = 0; pc < count + 2; pc++) {
    const found = operandsAt(pc);
    for (const slot of found.writes) if (slot < FRAME_SLOTS) reach = Math.max(reach, slot);
    for (const slot of found.slots) if (slot < FRAME_SLOTS) highest = Math.max(highest, slot);
    const { row, twoWords } = found;
    const split = twoWords && pc % WORDS_PER_LEAF === WORDS_PER_LEAF - 1;
    plain[pc] = row && !split ? (NUMBER.get(row.code) ?? TRAP) : TRAP;
    const source = pc * WORD_BYTES;
    const target = pc * DECODED_BYTES;
    for (const i of [1, 2, 3]) {
      to.setUint32(target + 4 * i, from.getUint16(source + 2 * i, true) * 16, true);
    }
    const form = OPCODES[plain[pc] as number]?.form;
    if (form && TWO_WORDS.has(form)) {
      words.set(padded.subarray(source + WORD_BYTES, source + 2 * WORD_BYTES), target + 16);
      continue;
    }
    to.setBigUint64(target + 16, found.imm, true);
    if (!form || !ENDS_BLOCK.has(form)) continue;
    if (FIXED_TARGET.has(form)) {
      to.setUint32(target + 16, found.lo < count ? CODE + found.lo * DECODED_BYTES : 0, true);
      to.setUint32(target + 24, found.lo, true);
    }
    to.setUint32(target + 28, pc + 1, true);
  }
  numberWords(operandsAt, plain, to);
  return { words, plain: new Uint8Array(plain.buffer), count, reach, highest };
}

/** Sets each word's number and the length of its block from there on. */
function numberWords(
  operandsAt: (pc: number) => FormOperands,
  plain: Uint16Array,
  to: DataView,
): void {
  const lengths = new Uint32Array(plain.length + 2);
  const formOf = (pc: number): Form => (OPCODES[plain[pc] as number] as Opcode).form;
  const next = (pc: number): number => pc + (TWO_WORDS.has(formOf(pc)) ? 2 : 1);
  for (let pc = plain.length - 1; pc >= 0; pc--) {
    const length = ENDS_BLOCK.has(formOf(pc)) ? 1 : 1 + (lengths[next(pc)] as number);
    lengths[pc] = length;
    const isLong = length >= LONGEST_BLOCK;
    to.setUint16(pc * DECODED_BYTES, isLong ? LONG_BLOCK : (plain[pc] as number), true);
    to.setUint16(pc * DECODED_BYTES + 2, isLong ? 0 : length, true);
  }
  for (let start = 0; start < plain.length; ) {
    const pcs: number[] = [];
    let pc = start;
    for (; pc < plain.length && pcs.length < PIECE; pc = next(pc)) {
      pcs.push(pc);
      if (!ENDS_BLOCK.has(formOf(pc))) continue;
      pc++;
      break;
    }
    const block = pcs.map(operandsAt);
    pcs.forEach((at, i) => {
      if ((lengths[at] as number) >= LONGEST_BLOCK) return;
      const fusion = fusionAt(block, i);
      if (fusion !== undefined) {
        to.setUint16(at * DECODED_BYTES, OPCODES.length + fusion, true);
      }
    });
    start = pc;
  }
}

/** The tree over an image's code. */
export function codeTree(code: Uint8Array): TreeView & { root(): Uint8Array } {
  const levels: Uint8Array[][] = [];
  const leaf = (index: number): Uint8Array => {
    const bytes = new Uint8Array(LEAF_BYTES);
    bytes.set(code.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES));
    return bytes;
  };
  const build = (): Uint8Array[][] => {
    if (levels.length > 0) return levels;
    const leaves = Math.ceil(code.length / LEAF_BYTES);
    levels.push(Array.from({ length: leaves }, (_, i) => keccak256(leaf(i))));
    for (let height = 0; height < CODE_DEPTH; height++) {
      const below = levels[height] as Uint8Array[];
      const level: Uint8Array[] = [];
      for (let i = 0; i < below.length; i += 2) {
        const right = below[i + 1] ?? (ZERO[height] as Uint8Array);
        level.push(combine(below[i] as Uint8Array, right));
      }
      levels.push(level);
    }
    return levels;
  };
  const node = (height: number, index: number) => build()[height]?.[index];
  return {
    depth: CODE_DEPTH,
    leaf,
    node,
    root: () => node(CODE_DEPTH, 0) ?? (ZERO[CODE_DEPTH] as Uint8Array),
  };
}
