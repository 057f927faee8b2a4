/**
 * What each value instruction computes, as an AssemblyScript expression over x, y, z (already of the operands' types), and
 * when it traps. scripts/generate-interpreter.ts puts them into the interpreter's dispatch.
 */
import type { Opcode, ValueType } from './opcodes.ts';

export interface Semantics {
  /** Condition on the operands under which the instruction traps. */
  readonly trap?: string;
  /** Before canonicalisation. */
  readonly value: string;
  /** The function that makes a NaN of the value canonical, where the instruction may create one. */
  readonly canonical?: string;
}

/** Instructions after which a NaN is canonical; all others move bits. */
const ARITHMETIC = new Set(
  'add sub mul div sqrt min max ceil floor trunc nearest demote_f64 promote_f32 demote_f64x2_zero promote_low_f32x4'.split(
    ' ',
  ),
);

const COMPARE: Readonly<Record<string, string>> = {
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
};
const INFIX: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
};

type Scalar = Exclude<ValueType, 'v128'>;

function integer(type: 'i32' | 'i64', op: string): Semantics {
  const unsigned = type === 'i32' ? 'u32' : 'u64';
  const least = type === 'i32' ? 'i32.MIN_VALUE' : 'i64.MIN_VALUE';
  const [name = '', sign] = op.split('_');
  const compare = COMPARE[name];
  if (compare) {
    const as = sign === 'u' ? `<${unsigned}>` : '';
    return { value: `i32(${as}x ${compare} ${as}y)` };
  }
  switch (op) {
    case 'eqz':
      return { value: 'i32(x == 0)' };
    case 'clz':
    case 'ctz':
    case 'popcnt':
      return { value: `${op}<${type}>(x)` };
    case 'rotl':
    case 'rotr':
      return { value: `${op}<${type}>(x, y)` };
    case 'div_s':
      return { trap: `y == 0 || (y == -1 && x == ${least})`, value: 'x / y' };
    case 'div_u':
      return { trap: 'y == 0', value: `<${type}>(<${unsigned}>x / <${unsigned}>y)` };
    case 'rem_s':
      // The engine's own remainder of the least value by -1 is 0, as it should be.
      return { trap: 'y == 0', value: 'x % y' };
    case 'rem_u':
      return { trap: 'y == 0', value: `<${type}>(<${unsigned}>x % <${unsigned}>y)` };
    case 'shr_s':
      return { value: 'x >> y' };
    case 'shr_u':
      return { value: `<${type}>(<${unsigned}>x >> <${unsigned}>y)` };
    case 'extend8_s':
      return { value: `<${type}><i8>x` };
    case 'extend16_s':
      return { value: `<${type}><i16>x` };
    case 'extend32_s':
      return { value: '<i64><i32>x' };
    default:
      return { value: `x ${INFIX[op]} y` };
  }
}

/** Largest values a truncation takes, exclusive on both sides but for the `from` that reaches the least integer. */
const RANGE: Readonly<Record<string, string>> = {
  'i32 f32 s': 'x >= -2147483648.0 && x < 2147483648.0',
  'i32 f32 u': 'x > -1.0 && x < 4294967296.0',
  'i32 f64 s': 'x > -2147483649.0 && x < 2147483648.0',
  'i32 f64 u': 'x > -1.0 && x < 4294967296.0',
  'i64 f32 s': 'x >= -9223372036854775808.0 && x < 9223372036854775808.0',
  'i64 f32 u': 'x > -1.0 && x < 18446744073709551616.0',
  'i64 f64 s': 'x >= -9223372036854775808.0 && x < 9223372036854775808.0',
  'i64 f64 u': 'x > -1.0 && x < 18446744073709551616.0',
};

function conversion(type: Scalar, op: string): Semantics | undefined {
  const truncation = /^trunc_(sat_)?(f32|f64)_([su])$/.exec(op);
  if (truncation) {
    const [, saturates, from, sign] = truncation;
    // A cast saturates, so out of range it is harmless; in range both are the same.
    const value = sign === 's' ? `<${type}>x` : `<${type}><${type === 'i32' ? 'u32' : 'u64'}>x`;
    if (saturates) return { value };
    return { trap: `!(${RANGE[`${type} ${from} ${sign}`]})`, value };
  }
  const widening = /^(?:extend|convert)_(i32|i64)_([su])$/.exec(op);
  if (widening) {
    const unsigned = widening[1] === 'i32' ? '<u32>' : '<u64>';
    return { value: `<${type}>${widening[2] === 'u' ? unsigned : ''}x` };
  }
  if (op === 'wrap_i64') return { value: '<i32>x' };
  if (op === 'demote_f64') return { value: '<f32>x' };
  if (op === 'promote_f32') return { value: '<f64>x' };
  return undefined;
}

function float(type: 'f32' | 'f64', op: string): Semantics {
  const [bits, high] = type === 'f32' ? ['u32', '0x80000000'] : ['u64', '0x8000000000000000'];
  const raw = (name: string): string => `reinterpret<${bits}>(${name})`;
  const compare = COMPARE[op];
  if (compare) return { value: `i32(x ${compare} y)` };
  switch (op) {
    case 'abs':
      return { value: `reinterpret<${type}>(${raw('x')} & ~<${bits}>${high})` };
    case 'neg':
      return { value: `reinterpret<${type}>(${raw('x')} ^ <${bits}>${high})` };
    case 'copysign': {
      const magnitude = `(${raw('x')} & ~<${bits}>${high})`;
      return { value: `reinterpret<${type}>(${magnitude} | (${raw('y')} & <${bits}>${high}))` };
    }
    case 'ceil':
    case 'floor':
    case 'trunc':
    case 'nearest':
    case 'sqrt':
      return { value: `${op}<${type}>(x)` };
    case 'min':
    case 'max':
      return { value: `${op}<${type}>(x, y)` };
    default:
      return { value: `x ${INFIX[op]} y` };
  }
}

function vector(row: Opcode, shape: string, op: string): Semantics {
  const high = shape === 'f32x4' ? 'i32x4.splat(0x80000000)' : 'i64x2.splat(0x8000000000000000)';
  if (shape.startsWith('f')) {
    if (op === 'abs') return { value: `v128.andnot(x, ${high})` };
    if (op === 'neg') return { value: `v128.xor(x, ${high})` };
    if (op === 'pmin') return { value: `v128.bitselect(y, x, ${shape}.lt(y, x))` };
    if (op === 'pmax') return { value: `v128.bitselect(y, x, ${shape}.lt(x, y))` };
  }
  if (op === 'splat') {
    const narrow: Readonly<Record<string, string>> = { i8x16: '<i8>', i16x8: '<i16>' };
    return { value: `${row.name}(${narrow[shape] ?? ''}x)` };
  }
  if (op === 'any_true' || op === 'all_true') return { value: `i32(${row.name}(x))` };
  const operands = ['x', 'y', 'z'].slice(0, row.operands.length);
  return { value: `${row.name}(${operands.join(', ')})` };
}

const CANONICAL: Readonly<Record<string, string>> = {
  f32: 'canonical32',
  f64: 'canonical64',
  f32x4: 'canonical32x4',
  f64x2: 'canonical64x2',
};

/** Whether an instruction's NaNs are made canonical: those of float arithmetic; all others move bits. */
export function isArithmetic(row: Opcode): boolean {
  const [shape = '', op = ''] = row.name.split('.');
  return ARITHMETIC.has(op) && CANONICAL[shape] !== undefined;
}

/** Of a row of the forms unary, binary, ternary; the base row of a variant. */
export function semanticsOf(row: Opcode): Semantics {
  const [shape = '', op = ''] = row.name.split('.');
  const found =
    shape === 'i32' || shape === 'i64' || shape === 'f32' || shape === 'f64'
      ? (conversion(shape, op) ??
        (shape === 'i32' || shape === 'i64' ? integer(shape, op) : float(shape, op)))
      : vector(row, shape, op);
  const wrap = isArithmetic(row) ? CANONICAL[shape] : undefined;
  return wrap ? { ...found, canonical: wrap } : found;
}
