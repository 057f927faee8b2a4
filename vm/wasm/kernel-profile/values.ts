/** What the analysis of data flow knows of a value. */

/**
 * Lanes that may be NaN with other bits natively than in the machine, as a set of lane widths: 1 for lanes of 32 bits, 2 for lanes of
 * 64. The invariant: two lanes are equal bit for bit, or both are NaN. Without a width they are equal bit for bit.
 */
export type Taint = number;
export type Width = 32 | 64;

export const taintOf = (width: Width): Taint => (width === 32 ? 1 : 2);

/** Of every lane: may be anything; is a number or infinite; is a number; is a number and not zero. */
export const ANY = 0;
export const NUMBER = 1;
export const FINITE = 2;
export const NONZERO = 3;
export type Range = typeof ANY | typeof NUMBER | typeof FINITE | typeof NONZERO;

export interface Value {
  readonly taint: Taint;
  /** As lanes of `width`. */
  readonly range: Range;
  readonly width: Width;
  /** Values with the same id are the same value. */
  readonly id: number;
  /** All ones (scalar: 1) in lanes where the value `of` equals itself, or where it doesn't. */
  readonly check:
    | { readonly of: number; readonly width: Width; readonly equal: boolean }
    | undefined;
  /** Every lane of this width is all ones or all zeros. */
  readonly mask: Width | undefined;
  /** An i32 that lies this far above the stack pointer at the function's start. */
  readonly stack: number | undefined;
  readonly constant: Uint8Array | undefined;
}

export type Facts = Omit<Value, 'id'>;

export const CLEAN: Facts = {
  taint: 0,
  range: ANY,
  width: 32,
  check: undefined,
  mask: undefined,
  stack: undefined,
  constant: undefined,
};

export const floats = (range: Range, width: Width): Facts =>
  range === ANY ? { ...CLEAN, taint: taintOf(width), width } : { ...CLEAN, range, width };

function rangeOfConstant(bytes: Uint8Array, width: Width): Range {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const step = width / 8;
  let range: Range = NONZERO;
  for (let at = 0; at + step <= bytes.length; at += step) {
    const lane = width === 32 ? view.getFloat32(at, true) : view.getFloat64(at, true);
    if (Number.isNaN(lane)) return ANY;
    const own: Range = !Number.isFinite(lane) ? NUMBER : lane === 0 ? FINITE : NONZERO;
    if (own < range) range = own;
  }
  return range;
}

/** What is known of the lanes of that width. */
export function rangeOf(value: Facts, width: Width): Range {
  if (value.constant && value.constant.length * 8 >= width) {
    return rangeOfConstant(value.constant, width);
  }
  return value.width === width ? value.range : ANY;
}

export const least = (x: Range, y: Range): Range => (x < y ? x : y);

function rangeOfBoth(x: Facts, y: Facts): Pick<Facts, 'range' | 'width'> {
  // A constant has a range as lanes of either width; the other one says which is meant.
  const named = [x, y].filter(({ range }) => range !== ANY).map(({ width }) => width);
  const scalar64 = x.constant?.length === 8 && y.constant?.length === 8;
  for (const width of named.length > 0 ? named : scalar64 ? ([64] as const) : ([32, 64] as const)) {
    const range = least(rangeOf(x, width), rangeOf(y, width));
    if (range !== ANY) return { range, width };
  }
  return { range: ANY, width: x.width };
}

const sameCheck = (x: Facts['check'], y: Facts['check']): boolean =>
  x === y || (x?.of === y?.of && x?.width === y?.width && x?.equal === y?.equal);

/** What is known of a value that is either of two. */
export function joinFacts(x: Facts, y: Facts): Facts {
  if (x === y) return x;
  return {
    taint: x.taint | y.taint,
    ...rangeOfBoth(x, y),
    check: sameCheck(x.check, y.check) ? x.check : undefined,
    mask: x.mask === y.mask ? x.mask : undefined,
    stack: x.stack === y.stack ? x.stack : undefined,
    constant: x.constant === y.constant ? x.constant : undefined,
  };
}

/** The same, with `id` if they are not the same value. */
export function join(x: Value, y: Value, id: number): Value {
  return x === y ? x : { ...joinFacts(x, y), id: x.id === y.id ? x.id : id };
}

/** Whether what is known differs; ids and checks of values don't count. */
export const differs = (x: Facts, y: Facts): boolean =>
  x.taint !== y.taint ||
  x.range !== y.range ||
  x.width !== y.width ||
  x.mask !== y.mask ||
  x.stack !== y.stack ||
  x.constant !== y.constant;
