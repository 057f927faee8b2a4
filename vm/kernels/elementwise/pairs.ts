/**
 * The loops of all operators of two operands. The output is row-major over four axes; each operand has a stride for every axis, 0
 * where it is broadcast, so a transposed or repeated operand is never copied.
 */
import { canonical, canonical2, canonical4, canonical64 } from '../canonical';
import { pow64, powI64 } from '../math/pow64';
import { remainder64 } from '../math/remainder64';

/** Byte offsets within the attributes. */
const BEGIN: usize = 8;
const END: usize = 12;
const SIZE: usize = 16;
const A: usize = 32;
const B: usize = 48;

/** Operations, constants wherever they are used, so that one branch of what follows is left of each. */
@inline export const ADD: i32 = 0;
@inline export const SUB: i32 = 1;
@inline export const MUL: i32 = 2;
@inline export const DIV: i32 = 3;
@inline export const MIN: i32 = 4;
@inline export const MAX: i32 = 5;
@inline export const MOD: i32 = 6;
@inline export const FMOD: i32 = 7;
@inline export const POW: i32 = 8;
@inline export const EQUAL: i32 = 9;
@inline export const LESS: i32 = 10;
@inline export const LESS_OR_EQUAL: i32 = 11;
@inline export const AND: i32 = 12;
@inline export const OR: i32 = 13;
@inline export const XOR: i32 = 14;
@inline export const SHIFT_LEFT: i32 = 15;
@inline export const SHIFT_RIGHT: i32 = 16;
@inline export const PRELU: i32 = 17;

/** Division that doesn't trap: by 0 it gives 0, and the least number by -1 wraps to itself. */
@inline
export function quotient<T>(a: T, b: T): T {
  if (isFloat<T>()) return a / b;
  if (b == 0) return <T>0;
  if (isSigned<T>() && b == <T>-1) return <T>0 - a;
  return a / b;
}

/** a - b floor(a / b): the sign is b's. By 0 it is 0. */
@inline
function modulo<T>(a: T, b: T): T {
  if (b == 0) return <T>0;
  const rest = a % b;
  return isSigned<T>() && rest != 0 && (rest ^ b) < 0 ? rest + b : rest;
}

@inline
function power<T>(a: T, b: T): T {
  return isFloat<T>() ? <T>pow64(<f64>a, <f64>b) : <T>powI64(<i64>a, <i64>b);
}

@inline
function bits<T>(op: i32, a: T, b: T): T {
  if (op == AND) return a & b;
  if (op == OR) return a | b;
  if (op == XOR) return a ^ b;
  // As many places as there are, or more, leave nothing.
  const none = b >= <T>(8 * sizeof<T>());
  if (op == SHIFT_LEFT) return none ? <T>0 : a << b;
  return none ? <T>0 : a >> b;
}

@inline
function apply<T>(op: i32, a: T, b: T): T {
  if (op == ADD) return a + b;
  if (op == SUB) return a - b;
  if (op == MUL) return a * b;
  if (op == DIV) return quotient<T>(a, b);
  if (op == MIN) return min<T>(a, b);
  if (op == MAX) return max<T>(a, b);
  if (op == PRELU) return a < 0 ? a * b : a;
  if (op == POW) return power<T>(a, b);
  if (isFloat<T>()) return <T>remainder64(<f64>a, <f64>b);
  return op == MOD ? modulo<T>(a, b) : bits<T>(op, a, b);
}

/** 1 or 0; a NaN is equal to nothing and less than nothing. */
@inline
function compare<T>(op: i32, a: T, b: T): u8 {
  if (op == EQUAL) return <u8>(a == b);
  return op == LESS ? <u8>(a < b) : <u8>(a <= b);
}

@inline
function isComparison(op: i32): bool {
  return op == EQUAL || op == LESS || op == LESS_OR_EQUAL;
}

@inline
function put<T>(y: usize, value: T): void {
  if (isFloat<T>()) {
    if (sizeof<T>() == 8) store<f64>(y, canonical64(<f64>value));
    else store<f32>(y, canonical(<f32>value));
  } else {
    store<T>(y, value);
  }
}

/** Whether WebAssembly has the operation on vectors. */
@inline
function hasLanes<T>(op: i32): bool {
  if (op == AND || op == OR || op == XOR) return true;
  if (op == PRELU) return true;
  if (op > MAX) return false;
  if (isFloat<T>()) return true;
  return op == ADD || op == SUB || op == MUL || (sizeof<T>() == 4 && op != DIV);
}

/** What no type has stays out of the branches that are compiled for it. */
@inline
function lanes<T>(op: i32, a: v128, b: v128): v128 {
  if (op == AND) return v128.and(a, b);
  if (op == OR) return v128.or(a, b);
  if (op == XOR) return v128.xor(a, b);
  if (sizeof<T>() >= 4) {
    if (op == ADD) return v128.add<T>(a, b);
    if (op == SUB) return v128.sub<T>(a, b);
    if (op == MUL) return v128.mul<T>(a, b);
    if (isFloat<T>() && op == PRELU) {
      return v128.bitselect(v128.mul<T>(a, b), a, v128.lt<T>(a, v128.splat<T>(0)));
    }
    if (isFloat<T>() && op == DIV) return v128.div<T>(a, b);
    if (isFloat<T>() || sizeof<T>() == 4) {
      if (op == MIN) return v128.min<T>(a, b);
      if (op == MAX) return v128.max<T>(a, b);
    }
  }
  return a;
}

@inline
function putLanes<T>(op: i32, y: usize, a: v128, b: v128): void {
  let value = lanes<T>(op, a, b);
  if (isFloat<T>()) value = sizeof<T>() == 8 ? canonical2(value) : canonical4(value);
  v128.store(y, value);
}

/** n elements in a row; sa and sb are the steps of the operands in bytes. */
@inline
function row<T>(op: i32, y: usize, a: usize, b: usize, n: u32, sa: usize, sb: usize): void {
  const width: u32 = 16 / <u32>sizeof<T>();
  if (hasLanes<T>(op)) {
    if (sa == sizeof<T>() && sb == sizeof<T>()) {
      for (; n >= width; n -= width) {
        putLanes<T>(op, y, v128.load(a), v128.load(b));
        y += 16;
        a += 16;
        b += 16;
      }
    } else if (sa == sizeof<T>() && sb == 0) {
      const one = v128.splat<T>(load<T>(b));
      for (; n >= width; n -= width) {
        putLanes<T>(op, y, v128.load(a), one);
        y += 16;
        a += 16;
      }
    } else if (sa == 0 && sb == sizeof<T>()) {
      const one = v128.splat<T>(load<T>(a));
      for (; n >= width; n -= width) {
        putLanes<T>(op, y, one, v128.load(b));
        y += 16;
        b += 16;
      }
    }
  }
  for (; n != 0; n--) {
    if (isComparison(op)) store<u8>(y, compare<T>(op, load<T>(a), load<T>(b)));
    else put<T>(y, apply<T>(op, load<T>(a), load<T>(b)));
    y += isComparison(op) ? 1 : sizeof<T>();
    a += sa;
    b += sb;
  }
}

@inline
function size(attributes: usize, axis: usize): u32 {
  return load<u32>(attributes + (axis << 2), SIZE);
}

/**
 * y[i0, i1, i2, i3] = a[sum of i * aStride] op b[sum of i * bStride] for begin <= i0 < end.
 *
 * Attributes: elements of a, elements of b, begin, end, sizes of the four axes, strides of a, strides of b (u32, in elements).
 */
@inline
export function pairs<T>(op: i32, y: usize, attributes: usize, a: usize, b: usize): void {
  const n1 = size(attributes, 1);
  const n2 = size(attributes, 2);
  const n3 = size(attributes, 3);
  const begin = load<u32>(attributes, BEGIN);
  const end = load<u32>(attributes, END);
  const step = (<usize>n3) * (isComparison(op) ? 1 : sizeof<T>());
  const sa = (<usize>load<u32>(attributes, A + 12)) * sizeof<T>();
  const sb = (<usize>load<u32>(attributes, B + 12)) * sizeof<T>();
  y += <usize>begin * n1 * n2 * step;
  for (let i0 = begin; i0 < end; i0++) {
    let a1 = a + (<usize>(i0 * load<u32>(attributes, A))) * sizeof<T>();
    let b1 = b + (<usize>(i0 * load<u32>(attributes, B))) * sizeof<T>();
    for (let i1 = n1; i1 != 0; i1--) {
      let a2 = a1;
      let b2 = b1;
      for (let i2 = n2; i2 != 0; i2--) {
        row<T>(op, y, a2, b2, n3, sa, sb);
        y += step;
        a2 += (<usize>load<u32>(attributes, A + 8)) * sizeof<T>();
        b2 += (<usize>load<u32>(attributes, B + 8)) * sizeof<T>();
      }
      a1 += (<usize>load<u32>(attributes, A + 4)) * sizeof<T>();
      b1 += (<usize>load<u32>(attributes, B + 4)) * sizeof<T>();
    }
  }
}
