/** The effect of one instruction whose code word neither rule 4 nor rule 5 stopped (docs/machine.md, rules 6 to 8). */
import { type Alu, createAlu } from './alu.ts';
import { join, splat, split } from './alu-vector.ts';
import { GLOBAL_BASE, MAX_PAGES, PAGE_BYTES } from './constants.ts';
import { baseOpcode, type FormOperands, memoryAccess } from './forms.ts';
import type { Opcode } from './opcodes.ts';

export interface Registers {
  readonly pc: number;
  readonly fp: number;
  readonly pages: number;
}

/** All 16 bytes of a slot as a little-endian u128. */
export interface SlotWrite {
  readonly slot: number;
  readonly value: bigint;
}

/** What a step does; registers are those of the next state. */
export type Effect =
  | { readonly kind: 'trap' }
  | { readonly kind: 'halt' }
  | { readonly kind: 'slots'; readonly registers: Registers; readonly write?: SlotWrite }
  | {
      readonly kind: 'load';
      readonly registers: Registers;
      readonly address: number;
      readonly width: number;
      /** The slot written when memory holds these bytes (little-endian). */
      finish(value: bigint): SlotWrite;
    }
  | {
      readonly kind: 'store';
      readonly registers: Registers;
      readonly address: number;
      readonly width: number;
      /** Little-endian, `width` bytes. */
      readonly value: bigint;
    };

const TRAP: Effect = { kind: 'trap' };
const HIGH = ((1n << 64n) - 1n) << 64n;
const u32 = (value: bigint): number => Number(BigInt.asUintN(32, value));
const wrap32 = (value: number): number => value % 2 ** 32;

let unit: Alu | undefined;
/** Built on first use: a worker that never checks a step doesn't pay for the table. */
const alu = (): Alu => {
  unit ??= createAlu();
  return unit;
};

/** Little-endian integer of `width` bytes at `offset`. */
export function readLittleEndian(bytes: Uint8Array, offset: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[offset + i] as number);
  return value;
}

/** Writes the low `width` bytes of `value` at `offset`. */
export function writeLittleEndian(
  bytes: Uint8Array,
  offset: number,
  width: number,
  value: bigint,
): void {
  for (let i = 0; i < width; i++) bytes[offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

/** The value of a load whose memory holds `value` in its `row.width` bytes. */
export function extendLoad(row: Opcode, value: bigint): bigint {
  const bits = 8 * (row.width as number);
  const pack = /load(\d+)x\d_([su])$/.exec(row.name);
  if (pack) {
    const from = Number(pack[1]);
    const lanes = split(value, from).slice(0, 64 / from);
    return join(pack[2] === 's' ? lanes.map((lane) => BigInt.asIntN(from, lane)) : lanes, 2 * from);
  }
  if (row.name.endsWith('_splat')) return splat(value, bits);
  if (!row.name.endsWith('_s')) return value;
  return BigInt.asUintN(row.result === 'i64' ? 64 : 32, BigInt.asIntN(bits, value));
}

/** `slot` with its low or all bytes replaced, as the result's type wants. */
const place = (row: Opcode, slot: bigint, value: bigint): bigint =>
  row.result === 'v128' ? value : (slot & HIGH) | value;

/**
 * @param second The 16 bytes of the word that follows, as u128; used by two-word forms only.
 * @param slot The content of a slot of the form, as u128.
 */
export function evaluate(
  operands: FormOperands,
  registers: Registers,
  second: bigint,
  slot: (index: number) => bigint,
): Effect {
  const { row, a, lo, hi, imm } = operands;
  if (!row) return TRAP;
  const { pc, fp, pages } = registers;
  const next: Registers = { pc: wrap32(pc + (operands.twoWords ? 2 : 1)), fp, pages };
  const jump = (taken: boolean): Effect => ({
    kind: 'slots',
    registers: taken ? { ...next, pc: lo } : next,
  });
  const at = (offset: number): bigint => slot(fp + offset);
  const result = (value: bigint): Effect => ({
    kind: 'slots',
    registers: next,
    write: { slot: fp + a, value: place(row, at(a), value) },
  });
  const value = (x: bigint, y: bigint, z: bigint): Effect => {
    const done = alu().execute(baseOpcode(row), x, y, z);
    return done.trapped ? TRAP : result(done.result);
  };
  const compare = (x: bigint, y: bigint): Effect =>
    jump(alu().execute(baseOpcode(row), x, y, 0n).result !== 0n);
  const call = (target: number): Effect => ({
    kind: 'slots',
    registers: { pc: wrap32(target), fp: fp + a, pages },
    write: { slot: fp + a + operands.c, value: BigInt(wrap32(pc + 1)) | (BigInt(fp) << 32n) },
  });
  const b = (): bigint => at(operands.b);
  const c = (): bigint => at(operands.c);

  switch (row.form) {
    case 'trap':
      return TRAP;
    case 'nop':
      return jump(false);
    case 'jump':
      return jump(true);
    case 'brIf':
      return jump(u32(b()) !== 0);
    case 'brUnless':
      return jump(u32(b()) === 0);
    case 'brTable':
      return {
        kind: 'slots',
        registers: { ...next, pc: wrap32(pc + 1 + Math.min(u32(b()), lo)) },
      };
    case 'cmpBranch':
      return compare(b(), c());
    case 'cmpBranchImm':
      return compare(b(), BigInt(hi));
    case 'call':
      return call(lo);
    case 'callIndirect':
      return u32(b()) >= hi ? TRAP : call(lo + u32(b()));
    case 'return':
      return { kind: 'slots', registers: { pc: u32(c()), fp: u32(c() >> 32n), pages } };
    case 'halt':
      return { kind: 'halt' };
    case 'copy':
      return result(b());
    case 'select':
      return result(u32(at(operands.d)) !== 0 ? b() : c());
    case 'const':
      return result(imm);
    case 'const128':
      return result(second);
    case 'globalGet':
      return result(slot(GLOBAL_BASE + lo));
    case 'globalSet':
      return { kind: 'slots', registers: next, write: { slot: GLOBAL_BASE + lo, value: b() } };
    case 'memorySize':
      return result(BigInt(pages));
    case 'memoryGrow': {
      const grown = pages + u32(b());
      if (grown > Math.min(lo, MAX_PAGES)) return result(0xffffffffn);
      const done = result(BigInt(pages));
      return { ...done, registers: { ...next, pages: grown } } as Effect;
    }
    case 'load':
    case 'store':
    case 'loadLane':
    case 'storeLane':
      return access(operands, row, next, slot);
    case 'unary':
      return value(b(), 0n, 0n);
    case 'binary':
      return value(b(), c(), 0n);
    case 'binaryImm':
      return value(b(), imm, 0n);
    case 'ternary':
      return value(b(), c(), at(operands.d));
    case 'extractLane':
      return value(b(), 0n, BigInt(lo));
    case 'replaceLane':
      return value(b(), c(), BigInt(lo));
    case 'shuffle':
      return value(b(), c(), second);
  }
}

function access(
  operands: FormOperands,
  row: Opcode,
  registers: Registers,
  slot: (index: number) => bigint,
): Effect {
  const at = (offset: number): bigint => slot(registers.fp + offset);
  const memory = memoryAccess(operands, at(operands.b));
  if (!memory || memory.address + memory.width > registers.pages * PAGE_BYTES) return TRAP;
  const { address, width } = memory;
  const bits = 8 * width;
  const lane = operands.hi % (row.lanes ?? 1);
  const where = registers.fp + operands.a;
  switch (row.form) {
    case 'store':
      return {
        kind: 'store',
        registers,
        address,
        width,
        value: BigInt.asUintN(bits, at(operands.c)),
      };
    case 'storeLane':
      return {
        kind: 'store',
        registers,
        address,
        width,
        value: split(at(operands.c), bits)[lane] as bigint,
      };
    case 'loadLane':
      return {
        kind: 'load',
        registers,
        address,
        width,
        finish: (value) => ({
          slot: where,
          value: join(split(slot(where), bits).with(lane, value), bits),
        }),
      };
    default:
      return {
        kind: 'load',
        registers,
        address,
        width,
        finish: (value) => ({
          slot: where,
          value: place(row, slot(where), extendLoad(row, value)),
        }),
      };
  }
}
