/** An image's code in the form the interpreter runs, and its tree. */
import {
  CODE_DEPTH,
  CODE_WORDS,
  FRAME_SLOTS,
  LEAF_BYTES,
  WORD_BYTES,
  WORDS_PER_LEAF,
} from './constants.ts';
import { formOperands } from './forms.ts';
import { DECODED_BYTES } from './layout.ts';
import { combine, keccak256, ZERO } from './multiproof.ts';
import { type Form, OPCODES } from './opcodes.ts';
import type { TreeView } from './types.ts';

const NUMBER = new Map(OPCODES.map((row, i) => [row.code, i]));
const TWO_WORDS: ReadonlySet<Form> = new Set(['const128', 'shuffle']);
const TRAP = 0;

/** Which operands name slots: 1 a, 2 b, 4 c, 8 d, 16 a + c; one byte for each row of the opcode table. */
export function slotMasks(): Uint8Array {
  const [A, B, C, D] = [1, 1 << 4, 1 << 8, 1 << 12];
  return Uint8Array.from(OPCODES, ({ code }) => {
    // Each field gets a value of its own, so the slots that come out say which fields were meant.
    const word = new Uint8Array(WORD_BYTES);
    const view = new DataView(word.buffer);
    [code, A, B, C, D].forEach((field, i) => {
      view.setUint16(2 * i, field, true);
    });
    const { reads, writes } = formOperands(word, 0);
    const slots = new Set([...reads, ...writes]);
    return [A, B, C, D, A + C].reduce((mask, slot, i) => mask | (slots.has(slot) ? 1 << i : 0), 0);
  });
}

export interface Decoded {
  /** DECODED_BYTES for each word. */
  readonly words: Uint8Array;
  readonly count: number;
  /** Highest slot, counted from its frame's start, that an instruction writes. */
  readonly reach: number;
}

/** Throws `RangeError` if the code isn't whole words or more than a machine addresses. */
export function decodeCode(code: Uint8Array): Decoded {
  const count = code.length / WORD_BYTES;
  if (!Number.isInteger(count) || count > CODE_WORDS) {
    throw new RangeError(`code of ${code.length} bytes; it must be at most ${CODE_WORDS} words`);
  }
  const from = new DataView(code.buffer, code.byteOffset, code.length);
  const words = new Uint8Array(count * DECODED_BYTES);
  const to = new DataView(words.buffer);
  let reach = 0;
  for (let pc = 0; pc < count; pc++) {
    const source = pc * WORD_BYTES;
    const target = pc * DECODED_BYTES;
    const word = code.subarray(source, source + WORD_BYTES);
    const { row, writes } = formOperands(word, 0);
    const split = row && TWO_WORDS.has(row.form) && pc % WORDS_PER_LEAF === WORDS_PER_LEAF - 1;
    to.setUint16(target, row && !split ? (NUMBER.get(row.code) ?? TRAP) : TRAP, true);
    for (const i of [1, 2, 3]) {
      to.setUint32(target + 4 * i, from.getUint16(source + 2 * i, true) * 16, true);
    }
    to.setBigUint64(target + 16, from.getBigUint64(source + 8, true), true);
    to.setBigUint64(target + 24, from.getBigUint64(source, true), true);
    for (const slot of writes) if (slot < FRAME_SLOTS) reach = Math.max(reach, slot);
  }
  return { words, count, reach };
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
