/**
 * The routines that bulk memory instructions call: destination, source (or value) and length in slots 0, 1 and 2, return slot 3. Each checks its
 * whole range in 64 bits before it writes anything, so a trap leaves memory as it was; each word touches 16 bytes at most.
 * Pointers are modulo 2^32: a range may end at 4 GiB, where the pointer behind it is 0.
 */
import { opcode } from '../opcodes.ts';
import { OP } from '../wasm/instructions.ts';
import { type Assembler, type Fields, type Label, label } from './assembler.ts';

/** A data segment as `memory.init` finds it. */
export interface Segment {
  readonly bytes: Uint8Array;
  /** The global that is 1 once the segment has been dropped; undefined: it never is. */
  readonly dropped: number | undefined;
}

const [TO, FROM, LENGTH, LINK] = [0, 1, 2, 3] as const;
const VALUE = FROM;
/** Bytes that a turn of the long loops moves. */
const TURN = 64;
const VECTOR = 16;
/** Bytes of a segment in a code word. */
const CHUNK = 8;

const emit = (asm: Assembler, name: string, fields: Fields): void => {
  asm.emit(opcode(name), fields);
};
/** a = b + c, and the same with a constant, modulo 2^32. */
const add = (asm: Assembler, a: number, b: number, c: number): void =>
  emit(asm, 'i32.add', { a, b, c });
const addTo = (asm: Assembler, a: number, value: number, b = a): void =>
  emit(asm, 'i32.add.imm', { a, b, lo: value >>> 0 });
const ifBelow = (asm: Assembler, b: number, bound: number, target: Label): void =>
  emit(asm, 'br.i32.lt_u.imm', { b, hi: bound, target });
const leave = (asm: Assembler): void => emit(asm, 'return', { c: LINK });

/** Goes to `trap` unless [address, address + length) lies in memory. Uses slots 4 and 5. */
function checkMemory(asm: Assembler, address: number, trap: Label): void {
  emit(asm, 'i64.extend_i32_u', { a: 4, b: address });
  emit(asm, 'i64.extend_i32_u', { a: 5, b: LENGTH });
  emit(asm, 'i64.add', { a: 4, b: 4, c: 5 });
  emit(asm, 'memory.size', { a: 5 });
  emit(asm, 'i64.shl.imm', { a: 5, b: 5, lo: 16 });
  emit(asm, 'br.i64.gt_u', { b: 4, c: 5, target: trap });
}

const WIDTHS = [
  { width: 8, load: 'i64.load', store: 'i64.store' },
  { width: 4, load: 'i32.load', store: 'i32.store' },
  { width: 2, load: 'i32.load16_u', store: 'i32.store16' },
] as const;

/** Loads or stores consecutive vectors from the address in slot `b` on. */
function vectors(
  asm: Assembler,
  form: 'load' | 'store',
  b: number,
  slots: readonly number[],
): void {
  slots.forEach((slot, i) => {
    const value = form === 'load' ? { a: slot } : { c: slot };
    emit(asm, `v128.${form}`, { b, lo: VECTOR * i, ...value });
  });
}

export function emitFill(asm: Assembler): void {
  const [end, stop, pattern] = [4, 5, 6];
  const [trap, short, rest, last] = [label(), label(), label(), label()];
  checkMemory(asm, TO, trap);
  emit(asm, 'i8x16.splat', { a: pattern, b: VALUE });
  add(asm, end, TO, LENGTH);
  ifBelow(asm, LENGTH, VECTOR, short);
  emit(asm, 'i32.and.imm', { a: stop, b: LENGTH, lo: -TURN >>> 0 });
  emit(asm, 'br_unless', { b: stop, target: rest });
  add(asm, stop, stop, TO);
  const turn = bound(asm);
  vectors(asm, 'store', TO, [pattern, pattern, pattern, pattern]);
  addTo(asm, TO, TURN);
  emit(asm, 'br.i32.ne', { b: TO, c: stop, target: turn });
  asm.bind(rest);
  emit(asm, 'i32.sub', { a: stop, b: end, c: TO });
  ifBelow(asm, stop, VECTOR, last);
  const one = bound(asm);
  emit(asm, 'v128.store', { b: TO, c: pattern });
  addTo(asm, TO, VECTOR);
  addTo(asm, stop, -VECTOR);
  emit(asm, 'br.i32.ge_u.imm', { b: stop, hi: VECTOR, target: one });
  // The 16 bytes before the end are all in the range: what is left is among them.
  asm.bind(last);
  addTo(asm, end, -VECTOR);
  emit(asm, 'v128.store', { b: end, c: pattern });
  leave(asm);
  asm.bind(short);
  for (const { width, store } of WIDTHS) {
    const below = label();
    ifBelow(asm, LENGTH, width, below);
    emit(asm, store, { b: TO, c: pattern });
    addTo(asm, end, -width);
    emit(asm, store, { b: end, c: pattern });
    leave(asm);
    asm.bind(below);
  }
  const none = label();
  emit(asm, 'br_unless', { b: LENGTH, target: none });
  emit(asm, 'i32.store8', { b: TO, c: pattern });
  asm.bind(none);
  leave(asm);
  asm.bind(trap);
  emit(asm, 'trap', {});
}

/** Up to 64 bytes are all loaded before the first is stored, so it doesn't matter how the ranges overlap. */
export function emitCopy(asm: Assembler): void {
  const [fromEnd, toEnd] = [4, 5];
  const [trap, short, middle, long] = [label(), label(), label(), label()];
  checkMemory(asm, TO, trap);
  checkMemory(asm, FROM, trap);
  ifBelow(asm, LENGTH, VECTOR, short);
  emit(asm, 'br.i32.gt_u.imm', { b: LENGTH, hi: TURN, target: long });
  emit(asm, 'br.i32.gt_u.imm', { b: LENGTH, hi: 2 * VECTOR, target: middle });
  ends(1);
  leave(asm);
  asm.bind(middle);
  ends(2);
  leave(asm);
  asm.bind(short);
  for (const { width, load, store } of WIDTHS) {
    const below = label();
    ifBelow(asm, LENGTH, width, below);
    pointers(width);
    emit(asm, load, { a: 6, b: FROM });
    emit(asm, load, { a: 7, b: fromEnd });
    emit(asm, store, { b: TO, c: 6 });
    emit(asm, store, { b: toEnd, c: 7 });
    leave(asm);
    asm.bind(below);
  }
  const none = label();
  emit(asm, 'br_unless', { b: LENGTH, target: none });
  emit(asm, 'i32.load8_u', { a: 6, b: FROM });
  emit(asm, 'i32.store8', { b: TO, c: 6 });
  asm.bind(none);
  leave(asm);
  asm.bind(long);
  emitLongCopy(asm);
  asm.bind(trap);
  emit(asm, 'trap', {});

  /** Addresses so many bytes before the ends of both ranges. */
  function pointers(bytes: number): void {
    add(asm, fromEnd, FROM, LENGTH);
    addTo(asm, fromEnd, -bytes);
    add(asm, toEnd, TO, LENGTH);
    addTo(asm, toEnd, -bytes);
  }
  /** Copies the first and the last so many vectors, which cover the range. */
  function ends(count: number): void {
    const [first, second] = [[6, 7].slice(0, count), [8, 9].slice(0, count)];
    pointers(count * VECTOR);
    vectors(asm, 'load', FROM, first);
    vectors(asm, 'load', fromEnd, second);
    vectors(asm, 'store', TO, first);
    vectors(asm, 'store', toEnd, second);
  }
}

/**
 * More than 64 bytes, upwards or downwards in turns of 64. The piece at the far end, which no whole turn need cover, is
 * loaded before anything is stored, and stored last.
 */
function emitLongCopy(asm: Assembler): void {
  const [piece, turn] = [
    [6, 7, 8, 9],
    [10, 11, 12, 13],
  ];
  const [stop, to, from] = [4, 5, 14];
  const forward = label();
  emit(asm, 'br.i32.le_u', { b: TO, c: FROM, target: forward });
  emit(asm, 'i32.sub', { a: stop, b: TO, c: FROM });
  emit(asm, 'br.i32.ge_u', { b: stop, c: LENGTH, target: forward });

  // Downwards, until at most 64 bytes are left at the start.
  vectors(asm, 'load', FROM, piece);
  addTo(asm, stop, -1, LENGTH);
  emit(asm, 'i32.and.imm', { a: stop, b: stop, lo: TURN - 1 });
  addTo(asm, stop, 1);
  add(asm, stop, stop, TO);
  add(asm, to, TO, LENGTH);
  add(asm, from, FROM, LENGTH);
  const down = bound(asm);
  addTo(asm, from, -TURN);
  vectors(asm, 'load', from, turn);
  addTo(asm, to, -TURN);
  vectors(asm, 'store', to, turn);
  emit(asm, 'br.i32.ne', { b: to, c: stop, target: down });
  vectors(asm, 'store', TO, piece);
  leave(asm);

  // Upwards, until at most 64 bytes are left at the end.
  asm.bind(forward);
  add(asm, from, FROM, LENGTH);
  addTo(asm, from, -TURN);
  vectors(asm, 'load', from, piece);
  add(asm, to, TO, LENGTH);
  addTo(asm, to, -TURN);
  addTo(asm, stop, -1, LENGTH);
  emit(asm, 'i32.and.imm', { a: stop, b: stop, lo: -TURN >>> 0 });
  add(asm, stop, stop, TO);
  const up = bound(asm);
  vectors(asm, 'load', FROM, turn);
  vectors(asm, 'store', TO, turn);
  addTo(asm, FROM, TURN);
  addTo(asm, TO, TURN);
  emit(asm, 'br.i32.ne', { b: TO, c: stop, target: up });
  vectors(asm, 'store', to, piece);
  leave(asm);
}

/** Words that hold a segment's content. */
export const segmentWords = ({ bytes }: Segment): number => 2 * Math.ceil(bytes.length / CHUNK);

/** `memory.init` of one segment, whose content stands in constants that a clamped jump chooses from. */
export function emitInit(asm: Assembler, segment: Segment): void {
  const { bytes, dropped } = segment;
  const [scratch, value, limit] = [4, 5, 6];
  const [trap, done, next, single, found] = [label(), label(), label(), label(), label()];
  checkMemory(asm, TO, trap);
  emit(asm, 'i64.extend_i32_u', { a: scratch, b: FROM });
  emit(asm, 'i64.extend_i32_u', { a: value, b: LENGTH });
  emit(asm, 'i64.add', { a: scratch, b: scratch, c: value });
  emit(asm, 'const', { a: limit, lo: bytes.length });
  if (dropped !== undefined) {
    emit(asm, 'const', { a: value });
    emit(asm, 'global.get', { a: limit + 1, lo: dropped });
    // A dropped segment has no bytes.
    emit(asm, 'select', { a: limit, b: value, c: limit, lo: limit + 1 });
  }
  emit(asm, 'br.i64.gt_u', { b: scratch, c: limit, target: trap });
  if (bytes.length > 0) {
    emit(asm, 'br_unless', { b: LENGTH, target: done });
    asm.bind(next);
    // Two words for each chunk.
    emit(asm, 'i32.shr_u.imm', { a: scratch, b: FROM, lo: 2 });
    emit(asm, 'i32.and.imm', { a: scratch, b: scratch, lo: -2 >>> 0 });
    emit(asm, 'br_table', { b: scratch, lo: segmentWords(segment) - 2 });
    asm.fix();
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = new Uint8Array(CHUNK);
      chunk.set(bytes.subarray(at, at + CHUNK));
      const view = new DataView(chunk.buffer);
      const [lo, hi] = [view.getUint32(0, true), view.getUint32(4, true)];
      emit(asm, 'const', { a: value, lo, hi });
      asm.jump(found);
    }
    asm.fix();
    asm.bind(found);
    emit(asm, 'i32.and.imm', { a: scratch, b: FROM, lo: CHUNK - 1 });
    emit(asm, 'br_if', { b: scratch, target: single });
    ifBelow(asm, LENGTH, CHUNK, single);
    emit(asm, 'i64.store', { b: TO, c: value });
    advance(CHUNK);
    // A byte from the middle of a chunk, or of what is less than one.
    asm.bind(single);
    emit(asm, 'i32.shl.imm', { a: scratch, b: scratch, lo: 3 });
    emit(asm, 'i64.shr_u', { a: value, b: value, c: scratch });
    emit(asm, 'i32.store8', { b: TO, c: value });
    advance(1);
  }
  asm.bind(done);
  leave(asm);
  asm.bind(trap);
  emit(asm, 'trap', {});

  function advance(count: number): void {
    addTo(asm, TO, count);
    addTo(asm, FROM, count);
    addTo(asm, LENGTH, -count);
    emit(asm, 'br_if', { b: LENGTH, target: next });
    leave(asm);
  }
}

/** A new label, bound here. */
function bound(asm: Assembler): Label {
  const place = label();
  asm.bind(place);
  return place;
}

/** Which routine a bulk instruction calls: its opcode, with the segment of a `memory.init`. */
export const routineKey = (op: number, segment: number): string =>
  op === OP.memoryInit
    ? `memory.init ${segment}`
    : op === OP.memoryFill
      ? 'memory.fill'
      : 'memory.copy';
