/**
 * The one opcode table of the machine. Interpreter, disassembler, lowering, witness builder and the
 * arbiter's decode table are generated from it or checked against it; docs/machine.md gives each form's effect.
 */

/** Value types: i32, i64, f32, f64, v128. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export type Form =
  | 'trap'
  | 'nop'
  | 'jump'
  | 'brIf'
  | 'brUnless'
  | 'brTable'
  | 'cmpBranch'
  | 'cmpBranchImm'
  | 'call'
  | 'callIndirect'
  | 'return'
  | 'halt'
  | 'copy'
  | 'select'
  | 'const'
  | 'const128'
  | 'globalGet'
  | 'globalSet'
  | 'memorySize'
  | 'memoryGrow'
  | 'load'
  | 'store'
  | 'loadLane'
  | 'storeLane'
  | 'unary'
  | 'binary'
  | 'binaryImm'
  | 'ternary'
  | 'extractLane'
  | 'replaceLane'
  | 'shuffle';

export interface Opcode {
  /** u16 in the code word. */
  readonly code: number;
  /** The WebAssembly name where there is one; `.imm` and `br.` mark the machine's own variants. */
  readonly name: string;
  readonly form: Form;
  /** Types of the value operands in WebAssembly order (addresses left out). */
  readonly operands: readonly ValueType[];
  readonly result?: ValueType;
  /** Bytes of the memory access of `load`, `store`, `loadLane`, `storeLane`. */
  readonly width?: 1 | 2 | 4 | 8 | 16;
  /** Lanes of `extractLane`, `replaceLane`, `loadLane`, `storeLane`. */
  readonly lanes?: 2 | 4 | 8 | 16;
}

/** Offset of the `.imm` variant of a scalar binary instruction. */
export const IMM = 0x100;
/** Offset of a SIMD instruction from its number after the 0xfd prefix. */
export const SIMD = 0x200;
/** Offset of the fused compare-and-branch of a scalar comparison. */
export const BRANCH = 0x400;
/** The same with an immediate right operand (i32 comparisons). */
export const BRANCH_IMM = 0x500;

const rows: Opcode[] = [];
const put = (
  code: number,
  name: string,
  form: Form,
  operands: readonly ValueType[] = [],
  result?: ValueType,
  more: Pick<Opcode, 'width' | 'lanes'> = {},
): void => {
  rows.push({ code, name, form, operands, ...(result ? { result } : {}), ...more });
};

/** Puts consecutive codes from `first` on, one for each name; '' leaves a gap. */
const run = (
  first: number,
  names: string,
  form: Form,
  operands: readonly ValueType[],
  result?: ValueType,
): void => {
  names.split(' ').forEach((name, i) => {
    if (name !== '_') put(first + i, name, form, operands, result);
  });
};

const prefixed = (prefix: string, names: string): string =>
  names
    .split(' ')
    .map((n) => (n === '_' ? n : `${prefix}.${n}`))
    .join(' ');

// Control.
put(0x00, 'trap', 'trap');
put(0x01, 'nop', 'nop');
put(0x02, 'jump', 'jump');
put(0x03, 'br_if', 'brIf', ['i32']);
put(0x04, 'br_unless', 'brUnless', ['i32']);
put(0x05, 'br_table', 'brTable', ['i32']);
put(0x06, 'call', 'call');
put(0x07, 'call_indirect', 'callIndirect', ['i32']);
put(0x08, 'return', 'return');
put(0x09, 'halt', 'halt');
put(0x0a, 'copy', 'copy', ['v128'], 'v128');
put(0x0b, 'select', 'select', ['v128', 'v128', 'i32'], 'v128');
put(0x0c, 'const', 'const', [], 'i64');
put(0x0d, 'v128.const', 'const128', [], 'v128');
put(0x0e, 'global.get', 'globalGet', [], 'v128');
put(0x0f, 'global.set', 'globalSet', ['v128']);
put(0x10, 'memory.size', 'memorySize', [], 'i32');
put(0x11, 'memory.grow', 'memoryGrow', ['i32'], 'i32');

// Loads and stores.
const load = (code: number, name: string, result: ValueType, width: 1 | 2 | 4 | 8 | 16): void =>
  put(code, name, 'load', [], result, { width });
const store = (code: number, name: string, operand: ValueType, width: 1 | 2 | 4 | 8 | 16): void =>
  put(code, name, 'store', [operand], undefined, { width });
load(0x28, 'i32.load', 'i32', 4);
load(0x29, 'i64.load', 'i64', 8);
load(0x2a, 'f32.load', 'f32', 4);
load(0x2b, 'f64.load', 'f64', 8);
load(0x2c, 'i32.load8_s', 'i32', 1);
load(0x2d, 'i32.load8_u', 'i32', 1);
load(0x2e, 'i32.load16_s', 'i32', 2);
load(0x2f, 'i32.load16_u', 'i32', 2);
load(0x30, 'i64.load8_s', 'i64', 1);
load(0x31, 'i64.load8_u', 'i64', 1);
load(0x32, 'i64.load16_s', 'i64', 2);
load(0x33, 'i64.load16_u', 'i64', 2);
load(0x34, 'i64.load32_s', 'i64', 4);
load(0x35, 'i64.load32_u', 'i64', 4);
store(0x36, 'i32.store', 'i32', 4);
store(0x37, 'i64.store', 'i64', 8);
store(0x38, 'f32.store', 'f32', 4);
store(0x39, 'f64.store', 'f64', 8);
store(0x3a, 'i32.store8', 'i32', 1);
store(0x3b, 'i32.store16', 'i32', 2);
store(0x3c, 'i64.store8', 'i64', 1);
store(0x3d, 'i64.store16', 'i64', 2);
store(0x3e, 'i64.store32', 'i64', 4);

// Scalar numerics, numbered as in WebAssembly.
const INT_COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const FLOAT_COMPARE = 'eq ne lt gt le ge';
const INT_BINARY = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const FLOAT_UNARY = 'abs neg ceil floor trunc nearest sqrt';
const FLOAT_BINARY = 'add sub mul div min max copysign';
put(0x45, 'i32.eqz', 'unary', ['i32'], 'i32');
run(0x46, prefixed('i32', INT_COMPARE), 'binary', ['i32', 'i32'], 'i32');
put(0x50, 'i64.eqz', 'unary', ['i64'], 'i32');
run(0x51, prefixed('i64', INT_COMPARE), 'binary', ['i64', 'i64'], 'i32');
run(0x5b, prefixed('f32', FLOAT_COMPARE), 'binary', ['f32', 'f32'], 'i32');
run(0x61, prefixed('f64', FLOAT_COMPARE), 'binary', ['f64', 'f64'], 'i32');
run(0x67, prefixed('i32', 'clz ctz popcnt'), 'unary', ['i32'], 'i32');
run(0x6a, prefixed('i32', INT_BINARY), 'binary', ['i32', 'i32'], 'i32');
run(0x79, prefixed('i64', 'clz ctz popcnt'), 'unary', ['i64'], 'i64');
run(0x7c, prefixed('i64', INT_BINARY), 'binary', ['i64', 'i64'], 'i64');
run(0x8b, prefixed('f32', FLOAT_UNARY), 'unary', ['f32'], 'f32');
run(0x92, prefixed('f32', FLOAT_BINARY), 'binary', ['f32', 'f32'], 'f32');
run(0x99, prefixed('f64', FLOAT_UNARY), 'unary', ['f64'], 'f64');
run(0xa0, prefixed('f64', FLOAT_BINARY), 'binary', ['f64', 'f64'], 'f64');
put(0xa7, 'i32.wrap_i64', 'unary', ['i64'], 'i32');
run(0xa8, 'i32.trunc_f32_s i32.trunc_f32_u', 'unary', ['f32'], 'i32');
run(0xaa, 'i32.trunc_f64_s i32.trunc_f64_u', 'unary', ['f64'], 'i32');
run(0xac, 'i64.extend_i32_s i64.extend_i32_u', 'unary', ['i32'], 'i64');
run(0xae, 'i64.trunc_f32_s i64.trunc_f32_u', 'unary', ['f32'], 'i64');
run(0xb0, 'i64.trunc_f64_s i64.trunc_f64_u', 'unary', ['f64'], 'i64');
run(0xb2, 'f32.convert_i32_s f32.convert_i32_u', 'unary', ['i32'], 'f32');
run(0xb4, 'f32.convert_i64_s f32.convert_i64_u', 'unary', ['i64'], 'f32');
put(0xb6, 'f32.demote_f64', 'unary', ['f64'], 'f32');
run(0xb7, 'f64.convert_i32_s f64.convert_i32_u', 'unary', ['i32'], 'f64');
run(0xb9, 'f64.convert_i64_s f64.convert_i64_u', 'unary', ['i64'], 'f64');
put(0xbb, 'f64.promote_f32', 'unary', ['f32'], 'f64');
run(0xc0, 'i32.extend8_s i32.extend16_s', 'unary', ['i32'], 'i32');
run(0xc2, 'i64.extend8_s i64.extend16_s i64.extend32_s', 'unary', ['i64'], 'i64');
run(0xd0, 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u', 'unary', ['f32'], 'i32');
run(0xd2, 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u', 'unary', ['f64'], 'i32');
run(0xd4, 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u', 'unary', ['f32'], 'i64');
run(0xd6, 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u', 'unary', ['f64'], 'i64');

// SIMD, numbered as after the 0xfd prefix.
const v = (n: number): number => SIMD + n;
const vv: readonly ValueType[] = ['v128', 'v128'];
const loadVector = (n: number, name: string, width: 1 | 2 | 4 | 8 | 16): void =>
  load(v(n), `v128.${name}`, 'v128', width);
loadVector(0x00, 'load', 16);
['load8x8_s', 'load8x8_u', 'load16x4_s', 'load16x4_u', 'load32x2_s', 'load32x2_u'].forEach(
  (name, i) => {
    loadVector(0x01 + i, name, 8);
  },
);
loadVector(0x07, 'load8_splat', 1);
loadVector(0x08, 'load16_splat', 2);
loadVector(0x09, 'load32_splat', 4);
loadVector(0x0a, 'load64_splat', 8);
store(v(0x0b), 'v128.store', 'v128', 16);
put(v(0x0d), 'i8x16.shuffle', 'shuffle', vv, 'v128');
put(v(0x0e), 'i8x16.swizzle', 'binary', vv, 'v128');
(
  [
    ['i8x16', 'i32'],
    ['i16x8', 'i32'],
    ['i32x4', 'i32'],
    ['i64x2', 'i64'],
    ['f32x4', 'f32'],
    ['f64x2', 'f64'],
  ] as const
).forEach(([shape, type], i) => {
  put(v(0x0f + i), `${shape}.splat`, 'unary', [type], 'v128');
});
const extract = (n: number, name: string, result: ValueType, lanes: 2 | 4 | 8 | 16): void =>
  put(v(n), name, 'extractLane', ['v128'], result, { lanes });
const replace = (n: number, name: string, type: ValueType, lanes: 2 | 4 | 8 | 16): void =>
  put(v(n), name, 'replaceLane', ['v128', type], 'v128', { lanes });
extract(0x15, 'i8x16.extract_lane_s', 'i32', 16);
extract(0x16, 'i8x16.extract_lane_u', 'i32', 16);
replace(0x17, 'i8x16.replace_lane', 'i32', 16);
extract(0x18, 'i16x8.extract_lane_s', 'i32', 8);
extract(0x19, 'i16x8.extract_lane_u', 'i32', 8);
replace(0x1a, 'i16x8.replace_lane', 'i32', 8);
extract(0x1b, 'i32x4.extract_lane', 'i32', 4);
replace(0x1c, 'i32x4.replace_lane', 'i32', 4);
extract(0x1d, 'i64x2.extract_lane', 'i64', 2);
replace(0x1e, 'i64x2.replace_lane', 'i64', 2);
extract(0x1f, 'f32x4.extract_lane', 'f32', 4);
replace(0x20, 'f32x4.replace_lane', 'f32', 4);
extract(0x21, 'f64x2.extract_lane', 'f64', 2);
replace(0x22, 'f64x2.replace_lane', 'f64', 2);
run(v(0x23), prefixed('i8x16', INT_COMPARE), 'binary', vv, 'v128');
run(v(0x2d), prefixed('i16x8', INT_COMPARE), 'binary', vv, 'v128');
run(v(0x37), prefixed('i32x4', INT_COMPARE), 'binary', vv, 'v128');
run(v(0x41), prefixed('f32x4', FLOAT_COMPARE), 'binary', vv, 'v128');
run(v(0x47), prefixed('f64x2', FLOAT_COMPARE), 'binary', vv, 'v128');
put(v(0x4d), 'v128.not', 'unary', ['v128'], 'v128');
run(v(0x4e), prefixed('v128', 'and andnot or xor'), 'binary', vv, 'v128');
put(v(0x52), 'v128.bitselect', 'ternary', ['v128', 'v128', 'v128'], 'v128');
put(v(0x53), 'v128.any_true', 'unary', ['v128'], 'i32');
([1, 2, 4, 8] as const).forEach((width, i) => {
  const lanes = (16 / width) as 2 | 4 | 8 | 16;
  put(v(0x54 + i), `v128.load${width * 8}_lane`, 'loadLane', ['v128'], 'v128', { width, lanes });
  put(v(0x58 + i), `v128.store${width * 8}_lane`, 'storeLane', ['v128'], undefined, {
    width,
    lanes,
  });
});
loadVector(0x5c, 'load32_zero', 4);
loadVector(0x5d, 'load64_zero', 8);
const vunary = (first: number, names: string): void =>
  run(v(first), names, 'unary', ['v128'], 'v128');
const vbinary = (first: number, names: string): void => run(v(first), names, 'binary', vv, 'v128');
const vshift = (first: number, names: string): void =>
  run(v(first), names, 'binary', ['v128', 'i32'], 'v128');
const vtest = (first: number, names: string): void =>
  run(v(first), names, 'unary', ['v128'], 'i32');
vunary(0x5e, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4');
vunary(0x60, prefixed('i8x16', 'abs neg popcnt'));
vtest(0x63, prefixed('i8x16', 'all_true bitmask'));
vbinary(0x65, prefixed('i8x16', 'narrow_i16x8_s narrow_i16x8_u'));
vunary(0x67, prefixed('f32x4', 'ceil floor trunc nearest'));
vshift(0x6b, prefixed('i8x16', 'shl shr_s shr_u'));
vbinary(0x6e, prefixed('i8x16', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'));
vunary(0x74, prefixed('f64x2', 'ceil floor'));
vbinary(0x76, prefixed('i8x16', 'min_s min_u max_s max_u'));
vunary(0x7a, prefixed('f64x2', 'trunc'));
vbinary(0x7b, prefixed('i8x16', 'avgr_u'));
vunary(0x7c, prefixed('i16x8', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u'));
vunary(0x7e, prefixed('i32x4', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u'));
const EXTEND = (narrow: string): string =>
  `extend_low_${narrow}_s extend_high_${narrow}_s extend_low_${narrow}_u extend_high_${narrow}_u`;
const EXTMUL = (narrow: string): string => EXTEND(narrow).replaceAll('extend_', 'extmul_');
vunary(0x80, prefixed('i16x8', 'abs neg'));
vbinary(0x82, prefixed('i16x8', 'q15mulr_sat_s'));
vtest(0x83, prefixed('i16x8', 'all_true bitmask'));
vbinary(0x85, prefixed('i16x8', 'narrow_i32x4_s narrow_i32x4_u'));
vunary(0x87, prefixed('i16x8', EXTEND('i8x16')));
vshift(0x8b, prefixed('i16x8', 'shl shr_s shr_u'));
vbinary(0x8e, prefixed('i16x8', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'));
vunary(0x94, prefixed('f64x2', 'nearest'));
vbinary(0x95, prefixed('i16x8', 'mul min_s min_u max_s max_u _ avgr_u'));
vbinary(0x9c, prefixed('i16x8', EXTMUL('i8x16')));
vunary(0xa0, prefixed('i32x4', 'abs neg'));
vtest(0xa3, prefixed('i32x4', 'all_true bitmask'));
vunary(0xa7, prefixed('i32x4', EXTEND('i16x8')));
vshift(0xab, prefixed('i32x4', 'shl shr_s shr_u'));
vbinary(0xae, prefixed('i32x4', 'add _ _ sub _ _ _ mul min_s min_u max_s max_u dot_i16x8_s'));
vbinary(0xbc, prefixed('i32x4', EXTMUL('i16x8')));
vunary(0xc0, prefixed('i64x2', 'abs neg'));
vtest(0xc3, prefixed('i64x2', 'all_true bitmask'));
vunary(0xc7, prefixed('i64x2', EXTEND('i32x4')));
vshift(0xcb, prefixed('i64x2', 'shl shr_s shr_u'));
vbinary(0xce, prefixed('i64x2', 'add _ _ sub _ _ _ mul eq ne lt_s gt_s le_s ge_s'));
vbinary(0xdc, prefixed('i64x2', EXTMUL('i32x4')));
vunary(0xe0, prefixed('f32x4', 'abs neg _ sqrt'));
vbinary(0xe4, prefixed('f32x4', 'add sub mul div min max pmin pmax'));
vunary(0xec, prefixed('f64x2', 'abs neg _ sqrt'));
vbinary(0xf0, prefixed('f64x2', 'add sub mul div min max pmin pmax'));
vunary(0xf8, prefixed('i32x4', 'trunc_sat_f32x4_s trunc_sat_f32x4_u'));
vunary(0xfa, prefixed('f32x4', 'convert_i32x4_s convert_i32x4_u'));
vunary(0xfc, prefixed('i32x4', 'trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero'));
vunary(0xfe, prefixed('f64x2', 'convert_low_i32x4_s convert_low_i32x4_u'));

// The machine's own variants of scalar binary instructions.
for (const row of rows.filter((r) => r.form === 'binary' && r.code < SIMD)) {
  put(row.code + IMM, `${row.name}.imm`, 'binaryImm', row.operands, row.result);
  const compare = row.name.slice(4).split('_')[0] ?? '';
  if (!['eq', 'ne', 'lt', 'gt', 'le', 'ge'].includes(compare)) continue;
  put(row.code + BRANCH, `br.${row.name}`, 'cmpBranch', row.operands);
  if (row.operands[0] === 'i32') {
    put(row.code + BRANCH_IMM, `br.${row.name}.imm`, 'cmpBranchImm', row.operands);
  }
}

rows.sort((x, y) => x.code - y.code);

/** Every instruction, ascending by code. */
export const OPCODES: readonly Opcode[] = rows;
export const BY_CODE: ReadonlyMap<number, Opcode> = new Map(rows.map((r) => [r.code, r]));
export const BY_NAME: ReadonlyMap<string, Opcode> = new Map(rows.map((r) => [r.name, r]));
if (BY_CODE.size !== rows.length || BY_NAME.size !== rows.length) {
  throw new Error('opcode table: a code or a name stands twice');
}

/** The code of a named instruction; throws on a name that isn't in the table. */
export function opcode(name: string): number {
  const row = BY_NAME.get(name);
  if (!row) throw new Error(`opcode table: no instruction named ${name}`);
  return row.code;
}
