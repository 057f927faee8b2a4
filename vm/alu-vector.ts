/** The SIMD instructions, made of the scalar operations of alu-scalar.ts. */
import {
  COMPARISONS,
  convert,
  decode,
  encode,
  float,
  integer,
  type Operation,
  saturate,
  type Total,
  truncateSaturating,
} from './alu-scalar.ts';

const SHAPE = /^([if])(\d+)x(\d+)$/;

/** The lanes of a vector as unsigned bit patterns, lowest first. */
export function split(x: bigint, width: number): bigint[] {
  const lanes: bigint[] = [];
  for (let at = 0; at < 128; at += width) {
    lanes.push(BigInt.asUintN(width, x >> BigInt(at)));
  }
  return lanes;
}

/** The vector of these lanes, lowest first; values wrap to the width, and lanes that are missing are zero. */
export function join(lanes: readonly bigint[], width: number): bigint {
  return lanes.reduce((x, lane, i) => x | (BigInt.asUintN(width, lane) << BigInt(i * width)), 0n);
}

/** `value` in every lane. */
export const splat = (value: bigint, width: number): bigint =>
  join(new Array<bigint>(128 / width).fill(value), width);

const ALL = (1n << 128n) - 1n;

const BITWISE: Readonly<Record<string, Operation>> = {
  not: (x) => ~x & ALL,
  and: (x, y) => x & y,
  andnot: (x, y) => x & ~y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  bitselect: (x, y, z) => (x & z) | (y & ~z),
  any_true: (x) => (x === 0n ? 0n : 1n),
};

const UNARY = new Set('abs neg popcnt ceil floor trunc nearest sqrt'.split(' '));

/** Instructions that turn lanes of another shape (`from` bits each) into lanes of `width` bits. */
function reshaping(op: string, width: number): Operation | undefined {
  const m =
    /^(narrow|extend_low|extend_high|extmul_low|extmul_high|extadd_pairwise)_i(\d+)x\d+_([su])$/.exec(
      op,
    );
  if (!m) return undefined;
  const from = Number(m[2]);
  const signed = m[3] === 's';
  const read = (x: bigint): bigint[] =>
    split(x, from).map((lane) => (signed ? BigInt.asIntN(from, lane) : lane));
  const count = 128 / width;
  const half = (x: bigint): bigint[] =>
    m[1]?.endsWith('low') ? read(x).slice(0, count) : read(x).slice(count);
  switch (m[1]) {
    case 'narrow':
      // The source is signed in both variants; only the target's range differs.
      return (x, y) =>
        join(
          [...split(x, from), ...split(y, from)].map((lane) =>
            saturate(BigInt.asIntN(from, lane), width, signed),
          ),
          width,
        );
    case 'extend_low':
    case 'extend_high':
      return (x) => join(half(x), width);
    case 'extmul_low':
    case 'extmul_high':
      return (x, y) => {
        const right = half(y);
        return join(
          half(x).map((lane, i) => lane * (right[i] as bigint)),
          width,
        );
      };
    default:
      return (x) => join(pairs(read(x)), width);
  }
}

/** Sums of neighbouring lanes. */
const pairs = (lanes: readonly bigint[]): bigint[] =>
  lanes.filter((_, i) => i % 2 === 0).map((lane, i) => lane + (lanes[2 * i + 1] as bigint));

/** Instructions with a rule of their own, by their full name. */
const OWN: Readonly<Record<string, Operation>> = {
  'i8x16.swizzle': (x, y) => {
    const bytes = split(x, 8);
    return join(
      split(y, 8).map((index) => bytes[Number(index)] ?? 0n),
      8,
    );
  },
  'i8x16.shuffle': (x, y, z) => {
    const bytes = [...split(x, 8), ...split(y, 8)];
    return join(
      split(z, 8).map((index) => bytes[Number(index % 32n)] as bigint),
      8,
    );
  },
  'i32x4.dot_i16x8_s': (x, y) => {
    const right = split(y, 16);
    const products = split(x, 16).map(
      (lane, i) => BigInt.asIntN(16, lane) * BigInt.asIntN(16, right[i] as bigint),
    );
    return join(pairs(products), 32);
  },
  'f32x4.demote_f64x2_zero': (x) =>
    join(
      split(x, 64).map((lane) => encode(decode(lane, 64), 32)),
      32,
    ),
  'f64x2.promote_low_f32x4': (x) =>
    join(
      split(x, 32)
        .slice(0, 2)
        .map((lane) => encode(decode(lane, 32), 64)),
      64,
    ),
};

function conversion(op: string, width: number): Operation | undefined {
  const toInteger = /^trunc_sat_f(\d+)x\d_([su])(_zero)?$/.exec(op);
  if (toInteger) {
    const from = Number(toInteger[1]);
    return (x) =>
      join(
        split(x, from).map((lane) => truncateSaturating(lane, from, width, toInteger[2] === 's')),
        width,
      );
  }
  const toFloat = /^convert_(?:low_)?i32x4_([su])$/.exec(op);
  if (!toFloat) return undefined;
  return (x) =>
    join(
      split(x, 32)
        .slice(0, 128 / width)
        .map((lane) => convert(lane, 32, width, toFloat[1] === 's')),
      width,
    );
}

function lane(kind: string, op: string, width: number, count: number): Operation | undefined {
  const at = (z: bigint): number => Number(z % BigInt(count));
  switch (op) {
    case 'extract_lane':
    case 'extract_lane_u':
      return (x, _, z) => split(x, width)[at(z)];
    case 'extract_lane_s':
      return (x, _, z) =>
        BigInt.asUintN(32, BigInt.asIntN(width, split(x, width)[at(z)] as bigint));
    case 'replace_lane':
      return (x, y, z) => join(split(x, width).with(at(z), y), width);
    case 'splat':
      return (x) => splat(x, width);
    case 'all_true':
      return (x) => (split(x, width).every((value) => value !== 0n) ? 1n : 0n);
    case 'bitmask':
      return (x) =>
        split(x, width).reduce(
          (mask, value, i) => mask | ((value >> BigInt(width - 1)) << BigInt(i)),
          0n,
        );
  }
  const f: Total | undefined =
    kind === 'f' ? float(width === 32 ? 32 : 64)[op] : integer(width)[op];
  if (!f) return undefined;
  if (UNARY.has(op)) {
    return (x) =>
      join(
        split(x, width).map((value) => f(value, 0n)),
        width,
      );
  }
  if (['shl', 'shr_s', 'shr_u'].includes(op)) {
    return (x, y) =>
      join(
        split(x, width).map((value) => f(value, BigInt.asUintN(32, y))),
        width,
      );
  }
  // A lane's "true" is all ones, which is minus one.
  const g: Total = COMPARISONS.has(op) ? (x, y) => -f(x, y) : f;
  return (x, y) => {
    const right = split(y, width);
    return join(
      split(x, width).map((value, i) => g(value, right[i] as bigint)),
      width,
    );
  };
}

/** The SIMD instruction of that WebAssembly name, or undefined if this file has none. */
export function vectorOperation(name: string): Operation | undefined {
  const own = OWN[name];
  if (own) return own;
  const [shape, op] = name.split('.') as [string, string];
  if (shape === 'v128') return BITWISE[op];
  const m = SHAPE.exec(shape);
  if (!m) return undefined;
  const width = Number(m[2]);
  return (
    reshaping(op, width) ?? conversion(op, width) ?? lane(m[1] as string, op, width, Number(m[3]))
  );
}
