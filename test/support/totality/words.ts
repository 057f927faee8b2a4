/** Random code words: bits without sense, instructions with any operands, instructions with a few bits flipped. */
import { GLOBALS, MAX_PAGES, WORD_BYTES } from '../../../vm/constants.ts';
import { OPCODES, type Opcode } from '../../../vm/opcodes.ts';
import { codeWord } from '../naive-state.ts';
import { slotValue } from '../values.ts';

export type Random = () => number;

/** Slot fields of a word: within a few leaves of the frame's start, anywhere they can say, or now this and now that. */
export type Reach = 'near' | 'far' | 'mixed';

export const pick = <T>(random: Random, from: readonly T[]): T => from[random() % from.length] as T;
/** True once in `n` times on average. */
export const once = (random: Random, n: number): boolean => random() % n === 0;

const U32 = 2 ** 32 - 1;

function field(random: Random, reach: Reach): number {
  if (reach === 'near') return once(random, 4) ? pick(random, [0, 7, 8, 15, 39]) : random() % 40;
  return once(random, 4) ? pick(random, [0, 1, 0xffff, 0x8000]) : random() % 0x10000;
}

/** lo and hi of the immediate that make the form's edges likely. */
function immediate(random: Random, row: Opcode, words: number): [lo: number, hi: number] {
  const any = (): number => random();
  switch (row.form) {
    case 'jump':
    case 'brIf':
    case 'brUnless':
    case 'cmpBranch':
    case 'call':
      return [once(random, 8) ? any() : random() % words, any()];
    case 'cmpBranchImm':
      return [random() % words, Number(slotValue(32, random) & 0xffffffffn)];
    case 'brTable':
      return [pick(random, [0, 1, 5, U32, any()]), any()];
    case 'callIndirect':
      return [pick(random, [random() % words, U32, any()]), pick(random, [0, 1, 4, U32, any()])];
    case 'globalGet':
    case 'globalSet':
      return [pick(random, [0, random() % GLOBALS, GLOBALS - 1, GLOBALS, U32, any()]), any()];
    case 'memoryGrow':
      return [pick(random, [0, 1, MAX_PAGES, MAX_PAGES + 1, U32, random() % MAX_PAGES]), any()];
    default:
      if (row.width) return [pick(random, [0, 0, random() % 1024, 0x80000000, U32, any()]), any()];
      {
        const value = slotValue(64, random);
        return [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
      }
  }
}

/** A word with this row's opcode. `words`: size of the image, for targets of jumps. */
export function wordOf(random: Random, row: Opcode, kind: Reach, words: number): Uint8Array {
  const reach = kind === 'mixed' ? pick(random, ['near', 'near', 'near', 'far'] as const) : kind;
  const [a, b, c] = [field(random, reach), field(random, reach), field(random, reach)];
  let [lo, hi] = immediate(random, row, words);
  if (['select', 'ternary'].includes(row.form)) lo = (lo & ~0xffff) | field(random, reach);
  return codeWord({ op: row.code, a, b, c, lo: lo >>> 0, hi });
}

/** Flips one to three of its bits. */
export function flipBits(random: Random, word: Uint8Array): void {
  for (let i = 1 + (random() % 3); i > 0; i--) {
    const at = random() % word.length;
    word[at] = (word[at] as number) ^ (1 << (random() % 8));
  }
}

/**
 * Code of `words` words. Rows are taken in turn from `first` on, so that every `OPCODES.length` instructions have all of them.
 *
 * A flipped bit may turn a near operand into a far one; near images flip only bits of opcode and immediate.
 */
export function randomCode(random: Random, words: number, reach: Reach, first: number): Uint8Array {
  const code = new Uint8Array(words * WORD_BYTES);
  let turn = first;
  for (let i = 0; i < words; i++) {
    const word = code.subarray(i * WORD_BYTES, (i + 1) * WORD_BYTES);
    if (once(random, 16)) {
      for (let at = 0; at < WORD_BYTES; at++) word[at] = random();
      if (reach === 'near') word.fill(0, 2, 8);
      continue;
    }
    word.set(wordOf(random, OPCODES[turn++ % OPCODES.length] as Opcode, reach, words));
    if (!once(random, 8)) continue;
    if (reach !== 'near') flipBits(random, word);
    else flipBits(random, once(random, 2) ? word.subarray(0, 2) : word.subarray(8));
  }
  return code;
}
