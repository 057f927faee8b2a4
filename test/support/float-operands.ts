/**
 * Operands on which float arithmetic goes wrong: special values, and random pairs drawn so that rounding is close to a tie,
 * exponents are close or just too far apart, sums cancel, results are subnormal or overflow, and integers end where floats do.
 */
import type { ValueType } from '../../vm/opcodes.ts';

export type FloatType = 'f32' | 'f64';
export type OperandType = FloatType | 'i32' | 'i64';

/** Raw bits of a value: low and high 32 bits (high is 0 for 32-bit types). */
export type Bits = readonly [low: number, high: number];

export const widthOf = (type: Exclude<ValueType, 'v128'>): 32 | 64 =>
  type.endsWith('32') ? 32 : 64;

const from = (value: bigint): Bits => [
  Number(value & 0xffffffffn),
  Number(BigInt.asUintN(32, value >> 32n)),
];

const f32Bits = (value: number): bigint =>
  BigInt(new Uint32Array(Float32Array.of(value).buffer)[0] as number);
const f64Bits = (value: number): bigint =>
  new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;

/** Both signs, and the neighbours of each, of these magnitudes. */
function around(type: FloatType, magnitudes: readonly number[]): bigint[] {
  const sign = type === 'f32' ? 1n << 31n : 1n << 63n;
  const bits = type === 'f32' ? f32Bits : f64Bits;
  return magnitudes.flatMap((value) => {
    const middle = bits(value);
    return [middle - 1n, middle, middle + 1n].flatMap((x) => [x, x | sign]);
  });
}

const pairOf = (type: FloatType, magnitudes: readonly bigint[]): bigint[] =>
  magnitudes.flatMap((x) => [x, x | (type === 'f32' ? 1n << 31n : 1n << 63n)]);

/** Zeros, subnormals, ends of the normals, infinities, NaNs quiet and signalling with payloads, ties; ends of the integers. */
export const SPECIAL: Readonly<Record<OperandType, readonly Bits[]>> = {
  f32: [
    ...pairOf('f32', [
      0n,
      1n,
      2n,
      0x007ffffen,
      0x007fffffn,
      0x00800000n,
      0x00800001n,
      0x00400000n,
      0x7f7ffffen,
      0x7f7fffffn,
      0x7f800000n,
      0x7fc00000n,
      0x7fc12345n,
      0x7f800001n,
      0x7fbfffffn,
      0x7fffffffn,
      // Half an ulp of one, and its neighbours; 2^24 + 1 isn't a float, 2^23 + 1/2 isn't either.
      0x33800000n,
      0x33800001n,
      0x34000000n,
      0x4b000001n,
      0x4b7fffffn,
    ]),
    ...around('f32', [1, 1.5, 8388608]),
  ].map(from),
  f64: [
    ...pairOf('f64', [
      0n,
      1n,
      2n,
      0x000fffffffffffffn,
      0x000ffffffffffffen,
      0x0010000000000000n,
      0x0010000000000001n,
      0x0008000000000000n,
      0x7feffffffffffffen,
      0x7fefffffffffffffn,
      0x7ff0000000000000n,
      0x7ff8000000000000n,
      0x7ff8123456789abcn,
      0x7ff0000000000001n,
      0x7ff7ffffffffffffn,
      0x7fffffffffffffffn,
      0x3ca0000000000000n,
      0x3ca0000000000001n,
      0x3cb0000000000000n,
    ]),
    ...around('f64', [1, 1.5, 2 ** 52]),
  ].map(from),
  i32: [
    0n,
    1n,
    2n,
    0x7fffffffn,
    0x80000000n,
    0x80000001n,
    0xffffffffn,
    0xfffffffen,
    // 2^24 and what lies on and beside the ties above it.
    0x00ffffffn,
    0x01000000n,
    0x01000001n,
    0x01000003n,
    0x02000002n,
    0x02000006n,
    0x7fffff80n,
    0x7fffffbfn,
    0x7fffffc0n,
    0x7fffffc1n,
    0xffffff7fn,
    0xffffff80n,
    0xffffff81n,
    0x80000080n,
    0xfeffffffn,
  ].map(from),
  i64: [
    0n,
    1n,
    0xffffffffffffffffn,
    0x7fffffffffffffffn,
    0x8000000000000000n,
    0x8000000000000001n,
    0x001fffffffffffffn,
    0x0020000000000000n,
    0x0020000000000001n,
    0x0020000000000003n,
    0x0040000000000002n,
    0x7ffffffffffffe00n,
    0x7ffffffffffffdffn,
    0x7ffffffffffffc00n,
    0xfffffffffffffc00n,
    0xfffffffffffffbffn,
    0x7fffff4000000001n,
    0x7fffffbfffffffffn,
    0x7fffffc000000000n,
    0xffffff8000000000n,
    0xffffff7fffffffffn,
    0x0000000001000001n,
    0x0000020000040001n,
    0x20000040000001n,
  ].map(from),
};

/** What instructions of one operand take besides: where rounding to integers and to the other types turns. */
export const TURNS: Readonly<Record<OperandType, readonly Bits[]>> = {
  f32: around('f32', [0.5, 2, 2.5, 3, 2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64]).map(from),
  f64: [
    ...pairOf('f64', [
      // Ties, ends and subnormals of f32, with the bits beyond them.
      0x3ff0000010000000n,
      0x3ff0000030000000n,
      0x3ff0000010000001n,
      0x3ff000000fffffffn,
      0x47efffffe0000000n,
      0x47effffff0000000n,
      0x47efffffefffffffn,
      0x36a0000000000000n,
      0x3690000000000000n,
      0x3690000000000001n,
      0x36b8000000000000n,
      0x380fffffe0000000n,
      0x380ffffff0000000n,
      0x3810000000000000n,
    ]),
    ...around('f64', [0.5, 2, 2.5, 2 ** 31, 2 ** 31 + 0.5, 2 ** 32, 2 ** 32 - 0.5]),
    ...around('f64', [2 ** 53, 2 ** 63, 2 ** 64]),
  ].map(from),
  i32: [],
  i64: [],
};

/** Draws operands of one lane. `pair` sets the two operands; read them from `x` and `y` (bits: low, high). */
export interface Draw {
  readonly x: Uint32Array;
  readonly y: Uint32Array;
  pair(): void;
}

function float32(sign: number, exponent: number, fraction: number, to: Uint32Array): void {
  const field = Math.min(Math.max(exponent, 0), 255);
  to[0] = ((sign & 1) << 31) | (field << 23) | (fraction & 0x7fffff);
}

function float64(sign: number, exponent: number, high: number, low: number, to: Uint32Array): void {
  const field = Math.min(Math.max(exponent, 0), 2047);
  to[0] = low;
  to[1] = ((sign & 1) << 31) | (field << 20) | (high & 0xfffff);
}

/** Fractions with few bits, runs of ones, and noise: what products tie on. */
function fraction(random: () => number, bits: number): readonly [low: number, high: number] {
  const at = random() % bits;
  let low = random();
  let high = bits > 32 ? random() & 0xfffff : 0;
  const kind = random() % 8;
  if (kind === 0) [low, high] = [0, 0];
  else if (kind === 1) [low, high] = at < 32 ? [1 << at, 0] : [0, 1 << (at - 32)];
  else if (kind === 2) {
    // Ones from bit `at` up.
    low = at < 32 ? -1 << at : 0;
    high = at < 32 ? -1 : -1 << (at - 32);
  } else if (kind === 3) {
    // Ones below bit `at`.
    low = at < 32 ? (1 << at) - 1 : -1;
    high = at < 32 ? 0 : (1 << (at - 32)) - 1;
  } else if (kind <= 5) {
    // Only the upper half of the bits: products of two such are exact but for a tie at most.
    const cut = (bits >> 1) - (random() % 3);
    low = cut < 32 ? low & (-1 << cut) : 0;
    high = cut < 32 ? high : high & (-1 << (cut - 32));
  }
  return [low >>> 0, high >>> 0];
}

/** Adds a small number of units in the last place (it may carry into the exponent: a neighbour all the same). */
function nudge(to: Uint32Array, width: number, ulps: number): void {
  if (width === 32) {
    to[0] = (to[0] as number) + ulps;
    return;
  }
  const sum = (to[0] as number) + ulps;
  to[0] = sum;
  if (sum > 0xffffffff) to[1] = (to[1] as number) + 1;
  else if (sum < 0) to[1] = (to[1] as number) - 1;
}

interface Shape {
  readonly width: 32 | 64;
  readonly bits: number;
  readonly bias: number;
}
const SHAPES: Record<FloatType, Shape> = {
  f32: { width: 32, bits: 23, bias: 127 },
  f64: { width: 64, bits: 52, bias: 1023 },
};

/** Random pairs of floats. */
export function drawFloats(type: FloatType, random: () => number): Draw {
  const { width, bits, bias } = SHAPES[type];
  const x = new Uint32Array(2);
  const y = new Uint32Array(2);
  const top = 2 * bias;
  const specials = [...SPECIAL[type], ...TURNS[type]];
  const value = new DataView(new ArrayBuffer(8));
  const put = (to: Uint32Array, sign: number, exponent: number): void => {
    const [low, high] = fraction(random, bits);
    if (width === 32) float32(sign, exponent, low, to);
    else float64(sign, exponent, high, low, to);
  };
  const exponentOf = (of: Uint32Array): number =>
    width === 32 ? ((of[0] as number) >>> 23) & 255 : ((of[1] as number) >>> 20) & 2047;
  const number = (of: Uint32Array): number => {
    if (width === 32) {
      value.setUint32(0, of[0] as number);
      return value.getFloat32(0);
    }
    value.setUint32(0, of[1] as number);
    value.setUint32(4, of[0] as number);
    return value.getFloat64(0);
  };
  const set = (to: Uint32Array, n: number): void => {
    if (width === 32) {
      value.setFloat32(0, n);
      to[0] = value.getUint32(0);
    } else {
      value.setFloat64(0, n);
      to[1] = value.getUint32(0);
      to[0] = value.getUint32(4);
    }
  };
  const uniform = (to: Uint32Array): void => {
    to[0] = random();
    if (width === 64) to[1] = random();
  };
  const special = (to: Uint32Array): void => {
    const [low, high] = specials[random() % specials.length] as Bits;
    to[0] = low;
    to[1] = high;
  };
  const small = (): number => (random() % 5) - 2;
  const one = (to: Uint32Array): void => {
    const kind = random() % 8;
    if (kind === 0) uniform(to);
    else if (kind === 1) special(to);
    // Where fractions and integers meet: a half, an integer and a half, the last integers with a half.
    else if (kind <= 4) put(to, random(), bias - 2 + (random() % (bits + 6)));
    else if (kind === 5) put(to, random(), [0, 0, 1, top, top, top + 1][random() % 6] as number);
    // The ends of the integer types.
    else if (kind === 6) {
      put(to, random(), bias + ([30, 31, 32, 62, 63, 64][random() % 6] as number));
    } else put(to, random(), random() % (top + 2));
    if (random() % 4 === 0) nudge(to, width, small());
  };
  const pair = (): void => {
    one(x);
    const kind = random() % 12;
    const exponent = exponentOf(x);
    if (kind <= 1) one(y);
    else if (kind === 2) uniform(y);
    else if (kind === 3) special(y);
    else if (kind <= 5) {
      // A neighbour, of either sign: sums cancel, quotients are near one, comparisons are close.
      y.set(x);
      nudge(y, width, (random() % 17) - 8);
      const half = width === 32 ? 0 : 1;
      if (random() & 1) y[half] = (y[half] as number) ^ 0x80000000;
    } else if (kind <= 7) {
      // As far apart as a significand is wide, or nearly: half an ulp of the other.
      put(y, random(), exponent - bits - 2 + (random() % 4));
    } else if (kind === 8) {
      put(y, random(), exponent + (random() % 9) - 4);
    } else if (kind === 9) {
      // Products among the subnormals, at their lower end, or about the greatest float.
      const target = random() & 1 ? (random() % (bits + 4)) - bits - 1 : top - 1 + (random() % 4);
      put(y, random(), target + bias - exponent);
    } else if (kind === 10) {
      // The same of quotients.
      const target = random() & 1 ? (random() % (bits + 4)) - bits - 1 : top - 1 + (random() % 4);
      put(y, random(), exponent + bias - target);
    } else {
      // x near y times a float, or near the square of a float: quotients and roots near a float.
      put(y, random(), bias - 40 + (random() % 80));
      const factor = random() & 1 ? number(y) : 1 + (random() >>> 0) / 2 ** 32;
      set(x, number(y) * factor);
      nudge(x, width, small());
    }
  };
  return { x, y, pair };
}

/** Random integers of every length, long runs of ones, ties of the floats they are converted to, and the ends. */
export function drawIntegers(type: 'i32' | 'i64', random: () => number): Draw {
  const x = new Uint32Array(2);
  const y = new Uint32Array(2);
  const width = widthOf(type);
  const specials = SPECIAL[type];
  const one = (to: Uint32Array): void => {
    const kind = random() % 6;
    if (kind === 0) {
      const [low, high] = specials[random() % specials.length] as Bits;
      to[0] = low;
      to[1] = high;
      if (random() & 1) nudge(to, width, (random() % 5) - 2);
      return;
    }
    let value = BigInt(random() >>> 0) | (BigInt(random() >>> 0) << 32n);
    value = BigInt.asUintN(1 + (random() % width), value);
    if (kind >= 3) {
      // Cut after the bits that a float keeps (24 or 53), then half of the last place, or next to it.
      const length = value.toString(2).length;
      const cut = length - (kind === 3 ? 24 : kind === 4 ? 53 : 24 + (random() % 3));
      if (cut > 0) {
        value = (value >> BigInt(cut)) << BigInt(cut);
        value += (1n << BigInt(cut - 1)) + BigInt((random() % 3) - 1);
      }
    }
    if (random() & 1) value = -value;
    value = BigInt.asUintN(width, value);
    to[0] = Number(value & 0xffffffffn);
    to[1] = Number(value >> 32n);
  };
  const pair = (): void => {
    one(x);
    one(y);
  };
  return { x, y, pair };
}

export const draw = (type: OperandType, random: () => number): Draw =>
  type === 'f32' || type === 'f64' ? drawFloats(type, random) : drawIntegers(type, random);
