/**
 * TensorFlow Lite's integer arithmetic written plainly from its published definitions, for comparison: big integers, truncating
 * divisions and masks as the definitions have them.
 */

const MIN = -(2n ** 31n);
const MAX = 2n ** 31n - 1n;

export interface Fixed {
  readonly multiplier: bigint;
  readonly shift: number;
}

/** A double as fraction * 2^exponent, by its bits. */
function split(x: number): [fraction: number, exponent: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const exponent = ((view.getUint16(0) >> 4) & 0x7ff) - 1022;
  view.setUint16(0, (view.getUint16(0) & 0x800f) | (1022 << 4));
  return [view.getFloat64(0), exponent];
}

export function quantizeMultiplier(real: number): Fixed {
  if (real === 0) return { multiplier: 0n, shift: 0 };
  const [fraction, exponent] = split(real);
  let q = BigInt(Math.round(fraction * 2 ** 31));
  let shift = exponent;
  if (q === 1n << 31n) {
    q /= 2n;
    shift++;
  }
  return shift < -31 ? { multiplier: 0n, shift: 0 } : { multiplier: q, shift };
}

export function saturatingRoundingDoublingHighMul(a: bigint, b: bigint): bigint {
  if (a === b && a === MIN) return MAX;
  const product = a * b;
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  // Division of big integers truncates, as C's does.
  return (product + nudge) / (1n << 31n);
}

export function roundingDivideByPot(x: bigint, exponent: number): bigint {
  const mask = (1n << BigInt(exponent)) - 1n;
  const remainder = x & mask;
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n);
  return (x >> BigInt(exponent)) + (remainder > threshold ? 1n : 0n);
}

export function multiplyByQuantizedMultiplier(x: bigint, { multiplier, shift }: Fixed): bigint {
  const left = shift > 0 ? shift : 0;
  const right = shift > 0 ? 0 : -shift;
  const high = saturatingRoundingDoublingHighMul(BigInt.asIntN(32, x << BigInt(left)), multiplier);
  return roundingDivideByPot(high, right);
}

const saturate = (x: bigint): bigint => (x < MIN ? MIN : x > MAX ? MAX : x);

/** A fixed-point number of 32 bits with so many integer bits. */
class FixedPoint {
  readonly raw: bigint;
  readonly integerBits: number;

  constructor(raw: bigint, integerBits: number) {
    this.raw = BigInt.asIntN(32, raw);
    this.integerBits = integerBits;
  }

  static one(integerBits: number): FixedPoint {
    return new FixedPoint(integerBits === 0 ? MAX : 1n << BigInt(31 - integerBits), integerBits);
  }

  plus(other: FixedPoint): FixedPoint {
    return new FixedPoint(this.raw + other.raw, this.integerBits);
  }

  minus(other: FixedPoint): FixedPoint {
    return new FixedPoint(this.raw - other.raw, this.integerBits);
  }

  times(other: FixedPoint): FixedPoint {
    const raw = saturatingRoundingDoublingHighMul(this.raw, other.raw);
    return new FixedPoint(raw, this.integerBits + other.integerBits);
  }

  /** Multiplied by a power of two within the same format: saturating or rounding. */
  scaled(exponent: number): FixedPoint {
    const raw =
      exponent > 0
        ? saturate(this.raw << BigInt(exponent))
        : roundingDivideByPot(this.raw, -exponent);
    return new FixedPoint(raw, this.integerBits);
  }

  rescaled(integerBits: number): FixedPoint {
    return new FixedPoint(this.scaled(this.integerBits - integerBits).raw, integerBits);
  }
}

/** e^a for a of 5 integer bits, up to 0. */
export function expOnNegativeValues(a: bigint): bigint {
  const oneQuarter = 1n << 24n;
  if (a === 0n) return MAX;
  const rest = (a & (oneQuarter - 1n)) - oneQuarter;
  const x = new FixedPoint(rest, 5).rescaled(0).plus(new FixedPoint(1n << 28n, 0));
  const constantTerm = new FixedPoint(1895147668n, 0);
  const oneThird = new FixedPoint(715827883n, 0);
  const x2 = x.times(x);
  const x3 = x2.times(x);
  const x4 = x2.times(x2);
  const sum = x4.scaled(-2).plus(x3).times(oneThird).plus(x2).scaled(-1);
  let result = constantTerm.plus(constantTerm.times(x.plus(sum)));
  const remainder = rest - a;
  const factors = [1672461947n, 1302514674n, 790015084n, 290630308n, 39332535n, 720401n, 242n];
  factors.forEach((factor, i) => {
    const isSet = (remainder & (1n << BigInt(26 - 2 + i))) !== 0n;
    if (isSet) result = result.times(new FixedPoint(factor, 0));
  });
  return result.raw;
}

function oneOverOnePlusX(a: FixedPoint): FixedPoint {
  const sum = a.raw + MAX;
  const half = new FixedPoint((sum + (sum >= 0n ? 1n : -1n)) / 2n, 0);
  let x = new FixedPoint(1515870810n, 2).plus(half.times(new FixedPoint(-1010580540n, 2)));
  for (let i = 0; i < 3; i++) {
    const rest = FixedPoint.one(2).minus(half.times(x));
    x = x.plus(x.times(rest).rescaled(2));
  }
  return new FixedPoint(x.raw, 1).rescaled(0);
}

/** One row of reference_ops::Softmax. */
export function softmaxRow(
  row: readonly number[],
  { beta, high, low, scale }: { beta: number; scale: number; low: number; high: number },
): number[] {
  const real = Math.min(beta * scale * 2 ** 26, 2 ** 31 - 1);
  const { multiplier, shift } = quantizeMultiplier(real);
  const diffMin = -Math.floor((31 * 2 ** 26) / 2 ** shift);
  const most = Math.max(...row);
  const exps = row.map((value) => {
    const difference = value - most;
    if (difference < diffMin) return undefined;
    const shifted = BigInt(difference) << BigInt(shift);
    return expOnNegativeValues(saturatingRoundingDoublingHighMul(shifted, multiplier));
  });
  const sum = exps.reduce<bigint>(
    (total, e) => (e === undefined ? total : total + new FixedPoint(e, 0).rescaled(12).raw),
    0n,
  );
  const headroom = 32 - sum.toString(2).length;
  const overUnit = 12 - headroom;
  const reciprocal = oneOverOnePlusX(new FixedPoint((sum << BigInt(headroom)) - (1n << 31n), 0));
  return exps.map((e) => {
    if (e === undefined) return low;
    const part = reciprocal.times(new FixedPoint(e, 0)).raw;
    const value = Number(roundingDivideByPot(part, overUnit + 31 - 8)) + low;
    return Math.min(Math.max(value, low), high);
  });
}
