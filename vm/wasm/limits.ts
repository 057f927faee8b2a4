import { CODE_WORDS, GLOBALS, REGION_BYTES } from '../constants.ts';
import { WasmError } from './errors.ts';

/**
 * Upper bounds (inclusive) on what a module may hold. Together they bound the memory and the time
 * that reading takes, whatever the bytes are: a few bytes may declare thousands of locals, operands or table
 * entries, and every instruction becomes an object. Whatever needs a code word of its own is bounded
 * by the number of code words, because more could never be lowered.
 */
export const LIMITS = {
  /** Bytes of the module. */
  moduleBytes: 64 * 2 ** 20,
  types: 16_384,
  /** Parameters of a type, results of a type. */
  arity: 64,
  functions: 100_000,
  /** Bytes of one function body. */
  bodyBytes: 4 * 2 ** 20,
  /** Instructions of all functions: each becomes an object, with a constant's bytes some 300 bytes large. */
  instructions: CODE_WORDS / 2,
  /** Locals of one function, parameters included. */
  locals: 16_384,
  /** Locals of all functions, parameters left out: each takes a word that zeroes it. */
  totalLocals: CODE_WORDS,
  /** Values on a function's operand stack. */
  operands: 16_384,
  /** Open blocks in one function. */
  nesting: 4_096,
  /** Labels of one br_table, the default left out. */
  brTable: 65_520,
  /** Labels of all br_tables: each takes a jump. */
  totalLabels: CODE_WORDS,
  tableEntries: 100_000,
  elementSegments: 100_000,
  globals: GLOBALS,
  exports: 100_000,
  /** Bytes of an export's name, in UTF-8. */
  nameBytes: 4_096,
  dataSegments: 100_000,
  /** Bytes of all passive data segments: 8 of them take two code words. */
  passiveBytes: 4 * 2 ** 20,
  /** End of the highest active data segment: data lie in memory region 0. */
  dataBytes: REGION_BYTES,
} as const;

/** Throws `limit` if `value` is above the bound; `what` names it with its unit, as in "bytes of a body". */
export function checkLimit(
  name: keyof typeof LIMITS,
  value: number,
  offset: number,
  what: string,
): void {
  const limit = LIMITS[name];
  if (value > limit) {
    throw new WasmError(
      'limit',
      offset,
      `${value} ${what}, but at most ${limit} are taken: split or shrink the module`,
    );
  }
}
