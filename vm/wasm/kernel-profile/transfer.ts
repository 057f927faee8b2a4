/**
 * What instructions without control make of what is known of their operands. Whatever isn't listed as harmless refuses
 * operands that may be NaN with other bits in another engine.
 */

import type { Opcode } from '../../opcodes.ts';
import type { Instruction } from '../../types.ts';
import { OP } from '../instructions.ts';
import {
  ANY,
  CLEAN,
  type Facts,
  FINITE,
  floats,
  least,
  NONZERO,
  NUMBER,
  type Range,
  rangeOf,
  type Taint,
  taintOf,
  type Value,
  type Width,
} from './values.ts';

/** Refuses the instruction at hand because of an operand of it. */
export type RefuseOperand = (what: string) => never;

const widthOf = (text: string): Width => (text.includes('64') ? 64 : 32);
const FLOAT = /^(f32|f64|f32x4|f64x2)\.(\w+)$/;
const COMPARE: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'gt', 'le', 'ge']);
const ROUNDING: ReadonlySet<string> = new Set(['ceil', 'floor', 'trunc', 'nearest']);
const ARITHMETIC: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'div', 'min', 'max', 'sqrt']);
const BITS = 'the bits of a NaN differ between engines, and it looks at them';

/** Lanes that come out of arithmetic: whether they may be NaN at all. */
function rangeOfResult(op: string, x: Range, y: Range): Range {
  if (ROUNDING.has(op)) return least(x, FINITE);
  switch (op) {
    case 'add':
    case 'sub':
      return least(x, y) >= NUMBER && (x >= FINITE || y >= FINITE) ? NUMBER : ANY;
    case 'mul':
      // 0 times infinity is NaN.
      if (x >= FINITE && y >= FINITE) return NUMBER;
      return (x === NONZERO && y >= NUMBER) || (y === NONZERO && x >= NUMBER) ? NUMBER : ANY;
    case 'div':
      return y === NONZERO && x >= NUMBER ? NUMBER : ANY;
    case 'min':
    case 'max':
      return least(x, y);
    default:
      return ANY;
  }
}

/** The facts of the result of a row of the opcode table; undefined if it has none. */
export function transfer(
  row: Opcode,
  instruction: Instruction,
  operands: readonly Value[],
  refuse: RefuseOperand,
): Facts | undefined {
  const [x, y, z] = operands as readonly [Value, Value, Value];
  const within = (value: Value, allowed: Taint): void => {
    if ((value.taint & ~allowed) !== 0) refuse(BITS);
  };
  const allClean = (): void => {
    for (const operand of operands) within(operand, 0);
  };
  switch (row.form) {
    case 'load':
      return CLEAN;
    case 'store':
    case 'storeLane':
      if ((operands.at(-1)?.taint ?? 0) !== 0) {
        refuse(
          'the value stored may be a NaN whose bits differ between engines: canonicalise it before',
        );
      }
      return undefined;
    case 'loadLane': {
      const vector = operands.at(-1)!;
      within(vector, (row.width ?? 0) >= 8 ? 3 : (row.width ?? 0) >= 4 ? 1 : 0);
      return { ...CLEAN, taint: vector.taint };
    }
    case 'shuffle':
      return shuffled(x, y, instruction.bytes!, allClean);
    case 'ternary':
      return bitselect(x, y, z, within);
    default:
  }
  const float = FLOAT.exec(row.name);
  if (float) {
    const [, shape = '', op = ''] = float;
    const found = ofFloats(widthOf(shape), shape, op, operands, within);
    if (found) return found;
  }
  const conversion = /\.(?:trunc|trunc_sat)_(f32|f64)/.exec(row.name);
  if (conversion) {
    // NaN traps or becomes 0, whatever its bits.
    within(x, taintOf(widthOf(conversion[1]!)));
    return row.result ? CLEAN : undefined;
  }
  if (row.name.startsWith('v128.')) {
    const mask = ofMasks(row.name.slice(5), x, y, within);
    if (mask) return mask;
  }
  allClean();
  if (!row.result) return undefined;
  if (row.name === 'i32.eqz' && x.check) {
    return { ...CLEAN, check: { ...x.check, equal: !x.check.equal } };
  }
  if (row.name === 'i32.add' || row.name === 'i32.sub') return address(row.name, x, y);
  const compared = /^(i32x4|i64x2)\.(eq|ne|lt_s|lt_u|gt_s|gt_u|le_s|le_u|ge_s|ge_u)$/.exec(
    row.name,
  );
  return compared ? { ...CLEAN, mask: widthOf(compared[1]!) } : CLEAN;
}

/** Sums of the stack pointer and constants. */
function address(name: string, x: Value, y: Value): Facts {
  const number = ({ constant }: Value): number | undefined =>
    constant && new DataView(constant.buffer, constant.byteOffset).getInt32(0, true);
  const [left, right] = [number(x), number(y)];
  if (x.stack !== undefined && right !== undefined) {
    return { ...CLEAN, stack: (x.stack + (name === 'i32.add' ? right : -right)) | 0 };
  }
  if (name === 'i32.add' && y.stack !== undefined && left !== undefined) {
    return { ...CLEAN, stack: (y.stack + left) | 0 };
  }
  return CLEAN;
}

type Within = (value: Value, allowed: Taint) => void;

/** Instructions named by a float shape; undefined: treat it like any other. */
function ofFloats(
  width: Width,
  shape: string,
  op: string,
  operands: readonly Value[],
  within: Within,
): Facts | undefined {
  const own = taintOf(width);
  const isVector = shape.includes('x');
  const [x, y] = operands as readonly [Value, Value];
  if (COMPARE.has(op)) {
    for (const operand of operands) within(operand, own);
    const isCheck = x.id === y.id && (op === 'eq' || op === 'ne');
    const check = isCheck ? { of: x.id, width, equal: op === 'eq' } : undefined;
    return { ...CLEAN, check, mask: isVector ? width : undefined };
  }
  if (ARITHMETIC.has(op) || ROUNDING.has(op)) {
    for (const operand of operands) within(operand, own);
    const second = operands.length > 1 ? rangeOf(y, width) : ANY;
    return floats(rangeOfResult(op, rangeOf(x, width), second), width);
  }
  if (op === 'abs' || op === 'neg') {
    // A NaN stays one, and numbers are the same everywhere.
    within(x, own);
    return { ...CLEAN, taint: x.taint, range: rangeOf(x, width), width };
  }
  if (op === 'copysign') {
    within(x, own);
    within(y, 0);
    return { ...CLEAN, taint: x.taint, range: rangeOf(x, width), width };
  }
  if (op === 'pmin' || op === 'pmax' || op === 'replace_lane') {
    for (const operand of operands) within(operand, own);
    return either(x, y, width);
  }
  if (op === 'splat' || op === 'extract_lane') {
    within(x, own);
    return { ...CLEAN, taint: x.taint, range: rangeOf(x, width), width };
  }
  if (op.startsWith('convert')) {
    within(x, 0);
    return { ...CLEAN, range: FINITE, width };
  }
  if (op.startsWith('promote') || op.startsWith('demote')) {
    const from: Width = width === 32 ? 64 : 32;
    within(x, taintOf(from));
    const range = rangeOf(x, from);
    return floats(op.startsWith('promote') ? range : least(range, NUMBER), width);
  }
  return undefined;
}

/** One of the two, lane by lane. */
function either(x: Facts, y: Facts, width: Width): Facts {
  const range = least(rangeOf(x, width), rangeOf(y, width));
  return { ...CLEAN, taint: x.taint | y.taint, range, width };
}

/** Lanes of x where the condition holds and of y elsewhere: a check of the one chosen makes it a number there. */
export function chosen(x: Value, y: Value, condition: Value, width: Width): Facts {
  const { check } = condition;
  const number = (value: Value, equal: boolean): Facts =>
    check?.of === value.id && check.equal === equal && check.width === width
      ? { ...CLEAN, range: rangeOf(value, width) || NUMBER, width }
      : value;
  return either(number(x, true), number(y, false), width);
}

function bitselect(x: Value, y: Value, mask: Value, within: Within): Facts {
  within(mask, 0);
  if (mask.mask) {
    const own = taintOf(mask.mask);
    within(x, own);
    within(y, own);
    return chosen(x, y, mask, mask.mask);
  }
  within(x, 0);
  within(y, 0);
  return CLEAN;
}

/** v128.and, andnot, or, xor, not: of masks, or of lanes that a mask keeps or clears. */
function ofMasks(op: string, x: Value, y: Value | undefined, within: Within): Facts | undefined {
  if (op === 'not') {
    within(x, 0);
    const check = x.check && { ...x.check, equal: !x.check.equal };
    return { ...CLEAN, mask: x.mask, check: x.mask ? check : undefined };
  }
  if (!y || !['and', 'andnot', 'or', 'xor'].includes(op)) return undefined;
  if (x.mask && x.mask === y.mask) return { ...CLEAN, mask: x.mask };
  const keeps = (value: Value, mask: Value): Facts | undefined => {
    if (value.taint === 0 || !mask.mask) return undefined;
    within(value, taintOf(mask.mask));
    return { ...CLEAN, taint: value.taint };
  };
  if (op === 'and') return keeps(x, y) ?? keeps(y, x);
  return op === 'andnot' ? keeps(x, y) : undefined;
}

/** Lanes may move as long as they stay whole. */
function shuffled(x: Value, y: Value, lanes: Uint8Array, allClean: () => void): Facts {
  const taint = x.taint | y.taint;
  if (taint === 0) return CLEAN;
  const bytes = taint === 1 ? 4 : taint === 2 ? 8 : 0;
  const whole = (at: number): boolean => {
    const first = lanes[at - (at % bytes)]!;
    return first % bytes === 0 && lanes[at] === first + (at % bytes);
  };
  if (bytes === 0 || !lanes.every((_, at) => whole(at))) allClean();
  return { ...CLEAN, taint };
}

/** The facts of a constant. */
export const constantOf = (bytes: Uint8Array): Facts => ({ ...CLEAN, constant: bytes });

const REINTERPRETED: ReadonlySet<number> = new Set([OP.i32ReinterpretF32, OP.i64ReinterpretF64]);

/** Reinterpretations show the bits of a float, or make one of bits. */
export function reinterpret(opcode: number, x: Value, refuse: RefuseOperand): Facts {
  if (REINTERPRETED.has(opcode) && x.taint !== 0) refuse(BITS);
  return CLEAN;
}
