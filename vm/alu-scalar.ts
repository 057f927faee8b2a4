/** Exact scalar arithmetic on bit patterns: what one lane of a vector instruction does, and what a scalar instruction does. */

/** Operands and result are unsigned bit patterns; undefined: the operation traps. */
export type Operation = (x: bigint, y: bigint, z: bigint) => bigint | undefined;
/** An operation that never traps. */
export type Total = (x: bigint, y: bigint) => bigint;

const bool = (condition: boolean): bigint => (condition ? 1n : 0n);

/** Comparisons, whose result is 0 or 1 in a scalar and all zeros or all ones in a lane. */
export const COMPARISONS: ReadonlySet<string> = new Set(
  'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u lt gt le ge'.split(' '),
);

/** The nearest value of the integer type to `value`. */
export function saturate(value: bigint, width: number, signed: boolean): bigint {
  const top = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  const bottom = signed ? -top - 1n : 0n;
  return BigInt.asUintN(width, value < bottom ? bottom : value > top ? top : value);
}

/** Integer operations that cannot trap, for lanes of `width` bits. */
export function integer(width: number): Readonly<Record<string, Total>> {
  const bits = BigInt(width);
  const u = (value: bigint): bigint => BigInt.asUintN(width, value);
  const s = (value: bigint): bigint => BigInt.asIntN(width, value);
  const rotl = (x: bigint, count: bigint): bigint => u((x << count) | (x >> (bits - count)));
  const clz = (x: bigint): bigint => bits - (x === 0n ? 0n : BigInt(x.toString(2).length));
  return {
    eq: (x, y) => bool(x === y),
    ne: (x, y) => bool(x !== y),
    lt_s: (x, y) => bool(s(x) < s(y)),
    lt_u: (x, y) => bool(x < y),
    gt_s: (x, y) => bool(s(x) > s(y)),
    gt_u: (x, y) => bool(x > y),
    le_s: (x, y) => bool(s(x) <= s(y)),
    le_u: (x, y) => bool(x <= y),
    ge_s: (x, y) => bool(s(x) >= s(y)),
    ge_u: (x, y) => bool(x >= y),
    eqz: (x) => bool(x === 0n),
    clz,
    // The lowest set bit alone has as many zeros below it as the value has.
    ctz: (x) => (x === 0n ? bits : bits - 1n - clz(x & -x)),
    popcnt: (x) => BigInt(x.toString(2).replaceAll('0', '').length),
    abs: (x) => u(s(x) < 0n ? -x : x),
    neg: (x) => u(-x),
    add: (x, y) => u(x + y),
    sub: (x, y) => u(x - y),
    mul: (x, y) => u(x * y),
    and: (x, y) => x & y,
    or: (x, y) => x | y,
    xor: (x, y) => x ^ y,
    shl: (x, y) => u(x << (y % bits)),
    shr_s: (x, y) => u(s(x) >> (y % bits)),
    shr_u: (x, y) => x >> (y % bits),
    rotl: (x, y) => rotl(x, y % bits),
    rotr: (x, y) => rotl(x, (bits - (y % bits)) % bits),
    add_sat_s: (x, y) => saturate(s(x) + s(y), width, true),
    add_sat_u: (x, y) => saturate(x + y, width, false),
    sub_sat_s: (x, y) => saturate(s(x) - s(y), width, true),
    sub_sat_u: (x, y) => saturate(x - y, width, false),
    min_s: (x, y) => (s(x) < s(y) ? x : y),
    min_u: (x: bigint, y: bigint) => (x < y ? x : y),
    max_s: (x, y) => (s(x) > s(y) ? x : y),
    max_u: (x: bigint, y: bigint) => (x > y ? x : y),
    avgr_u: (x, y) => (x + y + 1n) >> 1n,
    q15mulr_sat_s: (x, y) => saturate((s(x) * s(y) + 0x4000n) >> 15n, width, true),
    extend8_s: (x) => u(BigInt.asIntN(8, x)),
    extend16_s: (x) => u(BigInt.asIntN(16, x)),
    extend32_s: (x) => u(BigInt.asIntN(32, x)),
  };
}

/** Division and remainder of integers of `width` bits, which may trap. */
export function division(width: number): Readonly<Record<string, Operation>> {
  const s = (value: bigint): bigint => BigInt.asIntN(width, value);
  const lowest = 1n << BigInt(width - 1);
  return {
    div_s: (x, y) =>
      y === 0n || (x === lowest && s(y) === -1n) ? undefined : BigInt.asUintN(width, s(x) / s(y)),
    div_u: (x, y) => (y === 0n ? undefined : x / y),
    rem_s: (x, y) => (y === 0n ? undefined : BigInt.asUintN(width, s(x) % s(y))),
    rem_u: (x, y) => (y === 0n ? undefined : x % y),
  };
}

const scratch = new DataView(new ArrayBuffer(8));

/** The number that a bit pattern stands for; binary32 widens exactly. */
export function decode(bits: bigint, width: number): number {
  if (width === 64) {
    scratch.setBigUint64(0, bits);
    return scratch.getFloat64(0);
  }
  scratch.setUint32(0, Number(bits));
  return scratch.getFloat32(0);
}

/** Rounds to the float type (to nearest, ties to even); every NaN becomes the positive canonical one. */
export function encode(value: number, width: number): bigint {
  if (Number.isNaN(value)) return width === 64 ? 0x7ff8000000000000n : 0x7fc00000n;
  if (width === 64) {
    scratch.setFloat64(0, value);
    return scratch.getBigUint64(0);
  }
  scratch.setFloat32(0, value);
  return BigInt(scratch.getUint32(0));
}

function nearest(x: number): number {
  // From 2^52 on every double is an integer; NaN and the infinities pass too.
  if (!(Math.abs(x) < 2 ** 52)) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/**
 * Float operations for lanes of `width` bits. The binary32 results are binary64 results rounded once more, which is
 * exact for add, sub, mul, div and sqrt because 53 >= 2 * 24 + 2 (Figueroa, "When is double rounding innocuous?", 1995).
 */
export function float(width: 32 | 64): Readonly<Record<string, Total>> {
  const sign = 1n << BigInt(width - 1);
  const get = (bits: bigint): number => decode(bits, width);
  const one =
    (f: (x: number) => number): Total =>
    (x) =>
      encode(f(get(x)), width);
  const two =
    (f: (x: number, y: number) => number): Total =>
    (x, y) =>
      encode(f(get(x), get(y)), width);
  const compare =
    (f: (x: number, y: number) => boolean): Total =>
    (x, y) =>
      bool(f(get(x), get(y)));
  return {
    eq: compare((x, y) => x === y),
    ne: compare((x, y) => x !== y),
    lt: compare((x, y) => x < y),
    gt: compare((x, y) => x > y),
    le: compare((x, y) => x <= y),
    ge: compare((x, y) => x >= y),
    ceil: one(Math.ceil),
    floor: one(Math.floor),
    trunc: one(Math.trunc),
    nearest: one(nearest),
    sqrt: one(Math.sqrt),
    add: two((x, y) => x + y),
    sub: two((x, y) => x - y),
    mul: two((x, y) => x * y),
    div: two((x, y) => x / y),
    min: two(Math.min),
    max: two(Math.max),
    // Bit operations: a NaN keeps its bits.
    abs: (x) => x & ~sign,
    neg: (x) => x ^ sign,
    copysign: (x, y) => (x & ~sign) | (y & sign),
    pmin: (x, y) => (get(y) < get(x) ? y : x),
    pmax: (x, y) => (get(x) < get(y) ? y : x),
  };
}

/** Float of `from` bits to an integer of `to` bits, towards zero; undefined out of range and for NaN. */
export function truncate(
  bits: bigint,
  from: number,
  to: number,
  signed: boolean,
): bigint | undefined {
  const value = decode(bits, from);
  if (!Number.isFinite(value)) return undefined;
  const whole = BigInt(Math.trunc(value));
  const wrapped = BigInt.asUintN(to, whole);
  return (signed ? BigInt.asIntN(to, wrapped) : wrapped) === whole ? wrapped : undefined;
}

/** As `truncate`, but saturating; NaN gives 0. */
export function truncateSaturating(
  bits: bigint,
  from: number,
  to: number,
  signed: boolean,
): bigint {
  const value = decode(bits, from);
  if (Number.isNaN(value)) return 0n;
  const bound = Math.max(-(2 ** 65), Math.min(2 ** 65, Math.trunc(value)));
  return saturate(BigInt(bound), to, signed);
}

/** Integer of `from` bits to a float of `to` bits, rounded once. */
export function convert(bits: bigint, from: number, to: number, signed: boolean): bigint {
  const value = signed ? BigInt.asIntN(from, bits) : bits;
  const size = value < 0n ? -value : value;
  if (to === 64 || size < 1n << 53n) return encode(Number(value), to);
  // To odd first: the lowest kept bit remembers what was cut off, so that the rounding to binary32 is the only one.
  const cut = size >> 11n;
  const odd = (size & 0x7ffn) === 0n ? cut : cut | 1n;
  return encode(Number(odd) * (value < 0n ? -2048 : 2048), to);
}

const WIDTHS: Readonly<Record<string, 32 | 64>> = { i32: 32, i64: 64, f32: 32, f64: 64 };

/** The scalar instruction of that WebAssembly name, or undefined if this file has none. */
export function scalarOperation(name: string): Operation | undefined {
  const [type, op] = name.split('.') as [string, string];
  const width = WIDTHS[type];
  if (!width) return undefined;
  const conversion = /^(trunc|trunc_sat|convert|extend)_([if]\d\d)_([su])$/.exec(op);
  if (conversion) {
    const from = WIDTHS[conversion[2] as string] as number;
    const signed = conversion[3] === 's';
    const low = (x: bigint): bigint => BigInt.asUintN(from, x);
    if (conversion[1] === 'trunc') return (x) => truncate(low(x), from, width, signed);
    if (conversion[1] === 'trunc_sat')
      return (x) => truncateSaturating(low(x), from, width, signed);
    if (conversion[1] === 'convert') return (x) => convert(low(x), from, width, signed);
    return (x) => (signed ? BigInt.asUintN(width, BigInt.asIntN(from, x)) : low(x));
  }
  if (op === 'wrap_i64') return (x) => BigInt.asUintN(32, x);
  if (op === 'demote_f64') return (x) => encode(decode(BigInt.asUintN(64, x), 64), 32);
  if (op === 'promote_f32') return (x) => encode(decode(BigInt.asUintN(32, x), 32), 64);
  const f: Operation | undefined =
    type[0] === 'f' ? float(width)[op] : (integer(width)[op] ?? division(width)[op]);
  return f && ((x, y, z) => f(BigInt.asUintN(width, x), BigInt.asUintN(width, y), z));
}
