/** How generated code reads the decoded word at `w` (vm/assembly/layout.ts), or the k-th after it. */
import type { ValueType } from '../../vm/opcodes.ts';

export const STRIDE = 32;
export type Field = 'a' | 'b' | 'c' | 'd';
const OFFSETS: Readonly<Record<'a' | 'b' | 'c', number>> = { a: 4, b: 8, c: 12 };

/** Address of the slot that a field names. */
export function place(field: Field, k: number): string {
  if (field === 'd') return `frame + ((<usize>load<u16>(w, ${16 + STRIDE * k})) << 4)`;
  return `frame + load<u32>(w, ${OFFSETS[field] + STRIDE * k})`;
}

/** u32 at a byte of the word. */
export const u32At = (offset: number, k: number): string => `load<u32>(w, ${offset + STRIDE * k})`;
export const LO = 16;
export const HI = 20;
/** Control: the target's pc where `lo` holds its address, and the pc of the next word. */
export const TARGET = 24;
export const NEXT_PC = 28;

/** A value in a slot or an immediate. */
export const read = (type: ValueType | 'u32', at: string): string =>
  type === 'v128' ? `v128.load(${at})` : `load<${type}>(${at})`;

/** Puts a value into a slot. */
export function write(type: ValueType | undefined, at: string, value: string): string {
  switch (type) {
    case 'i32':
      return `store<u64>(${at}, <u64><u32>(${value}));`;
    case 'i64':
      return `store<i64>(${at}, ${value});`;
    case 'f32':
      return `store<u64>(${at}, <u64>reinterpret<u32>(${value}));`;
    case 'f64':
      return `store<u64>(${at}, reinterpret<u64>(${value}));`;
    default:
      return `v128.store(${at}, ${value});`;
  }
}

/** Moves a slot's 16 bytes in two halves: the processor can't forward a 16-byte load from an 8-byte store just made. */
export const moveSlot = (to: string, from: string): string =>
  `const from = ${from}; const to = ${to}; const low = load<u64>(from); const high = load<u64>(from, 8); store<u64>(to, low); store<u64>(to, high, 8);`;

/** Trapped: all steps of the block were counted when it was entered. */
export const trap = (k: number): string =>
  `{ registers.pages = <u32>(limit >> 16); registers.status = TRAPPED; return left + <i64>load<u16>(w, ${2 + STRIDE * k}) - 1; }`;

/** Stops before the k-th word for want of memory. */
export const outOfMemory = (k: number): string =>
  `{ leave(w + ${STRIDE * k}, limit); registers.status = OUT_OF_MEMORY; return left + <i64>load<u16>(w, ${2 + STRIDE * k}); }`;
