import { canonical, canonical64 } from '../canonical';
import { fromBfloat, fromHalf, toBfloat, toHalf } from './half';

/** Numbers of element types (`DTYPES` in models/graph.ts). */
const F32 = 1;
const U8 = 2;
const I8 = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const F64 = 7;
const U32 = 8;
const F16 = 9;
const U16 = 10;
const U64 = 11;
const BOOL = 12;
const BF16 = 13;

/** Elements that are converted at a time. */
const BLOCK: u32 = 512;

@inline
function readIntegers<T>(x: usize, n: u32, to: usize): void {
  for (; n != 0; n--) {
    store<i64>(to, <i64>load<T>(x));
    x += sizeof<T>();
    to += 8;
  }
}

function readBooleans(x: usize, n: u32, to: usize): void {
  for (; n != 0; n--) {
    store<i64>(to, <i64>(load<u8>(x) != 0));
    x++;
    to += 8;
  }
}

@inline
function readFloats<T>(x: usize, n: u32, to: usize): void {
  for (; n != 0; n--) {
    store<f64>(to, canonical64(<f64>load<T>(x)));
    x += sizeof<T>();
    to += 8;
  }
}

@inline
function readHalves(isHalf: bool, x: usize, n: u32, to: usize): void {
  for (; n != 0; n--) {
    const bits = <u32>load<u16>(x);
    store<f64>(to, canonical64(isHalf ? fromHalf(bits) : fromBfloat(bits)));
    x += 2;
    to += 8;
  }
}

/** Integers of 64 bits to fewer: the lowest bits. */
@inline
function wrap<T>(from: usize, n: u32, y: usize): void {
  for (; n != 0; n--) {
    store<T>(y, <T>load<i64>(from));
    from += 8;
    y += sizeof<T>();
  }
}

/** Floats towards 0, at most to the ends of the range; NaN to 0. */
@inline
function saturate<T>(from: usize, n: u32, y: usize): void {
  for (; n != 0; n--) {
    const x = load<f64>(from);
    if (sizeof<T>() == 8) {
      store<T>(y, isSigned<T>() ? <T>(<i64>x) : <T>(<u64>x));
    } else if (sizeof<T>() == 4) {
      store<T>(y, isSigned<T>() ? <T>(<i32>x) : <T>(<u32>x));
    } else {
      const low = isSigned<T>() ? -(1 << (8 * <i32>sizeof<T>() - 1)) : 0;
      const high = low + (1 << (8 * <i32>sizeof<T>())) - 1;
      store<T>(y, <T>min<i32>(max<i32>(<i32>x, low), high));
    }
    from += 8;
    y += sizeof<T>();
  }
}

@inline
function booleans(isFloat: bool, from: usize, n: u32, y: usize): void {
  for (; n != 0; n--) {
    store<u8>(y, isFloat ? <u8>(load<f64>(from) != 0) : <u8>(load<i64>(from) != 0));
    from += 8;
    y++;
  }
}

@inline
function floats<S, T>(from: usize, n: u32, y: usize): void {
  for (; n != 0; n--) {
    if (sizeof<T>() == 8) store<f64>(y, canonical64(<f64>load<S>(from)));
    else store<f32>(y, canonical(<f32>load<S>(from)));
    from += 8;
    y += sizeof<T>();
  }
}

/** Integers below it have f64's 53 bits. */
const LARGEST: i64 = 1 << 53;

/** An integer with at most 53 significant bits that rounds to 16 bits as `x` does: the lowest kept bit tells of those behind. */
@inline
function sticky<S>(x: S): f64 {
  const fits = isSigned<S>() ? abs<S>(x) < <S>LARGEST : x < <S>LARGEST;
  return <f64>(fits ? x : (x & ~(<S>2047)) | ((x & 2047) != 0 ? 2048 : 0));
}

@inline
function halves<S>(isHalf: bool, from: usize, n: u32, y: usize): void {
  for (; n != 0; n--) {
    const x = isFloat<S>() ? <f64>load<S>(from) : sticky<S>(load<S>(from));
    store<u16>(y, <u16>(isHalf ? toHalf(x) : toBfloat(x)));
    from += 8;
    y += 2;
  }
}

function read(type: u32, x: usize, n: u32, to: usize): void {
  if (type == F32) readFloats<f32>(x, n, to);
  else if (type == U8) readIntegers<u8>(x, n, to);
  else if (type == I8) readIntegers<i8>(x, n, to);
  else if (type == I16) readIntegers<i16>(x, n, to);
  else if (type == I32) readIntegers<i32>(x, n, to);
  else if (type == F64) readFloats<f64>(x, n, to);
  else if (type == U32) readIntegers<u32>(x, n, to);
  else if (type == F16) readHalves(true, x, n, to);
  else if (type == U16) readIntegers<u16>(x, n, to);
  else if (type == BOOL) readBooleans(x, n, to);
  else if (type == BF16) readHalves(false, x, n, to);
  else readIntegers<i64>(x, n, to);
}

function writeFromFloats(type: u32, from: usize, n: u32, y: usize): void {
  if (type == F32) floats<f64, f32>(from, n, y);
  else if (type == U8) saturate<u8>(from, n, y);
  else if (type == I8) saturate<i8>(from, n, y);
  else if (type == I16) saturate<i16>(from, n, y);
  else if (type == I32) saturate<i32>(from, n, y);
  else if (type == I64) saturate<i64>(from, n, y);
  else if (type == F64) floats<f64, f64>(from, n, y);
  else if (type == U32) saturate<u32>(from, n, y);
  else if (type == F16) halves<f64>(true, from, n, y);
  else if (type == U16) saturate<u16>(from, n, y);
  else if (type == U64) saturate<u64>(from, n, y);
  else if (type == BOOL) booleans(true, from, n, y);
  else halves<f64>(false, from, n, y);
}

@inline
function writeFromIntegers<S>(type: u32, from: usize, n: u32, y: usize): void {
  if (type == F32) floats<S, f32>(from, n, y);
  else if (type == F64) floats<S, f64>(from, n, y);
  else if (type == F16) halves<S>(true, from, n, y);
  else if (type == BF16) halves<S>(false, from, n, y);
  else if (type == BOOL) booleans(false, from, n, y);
  else if (type == U8 || type == I8) wrap<u8>(from, n, y);
  else if (type == U16 || type == I16) wrap<u16>(from, n, y);
  else if (type == U32 || type == I32) wrap<u32>(from, n, y);
  else wrap<i64>(from, n, y);
}

/**
 * y[i] = x[i] in another element type, as ONNX's Cast has it: floats to integers towards 0, integers to fewer bits by dropping the
 * highest, to floats to nearest (ties to even), to bool whether it isn't 0 (NaN isn't). What ONNX leaves open: a float beyond an
 * integer type's range gives the end of the range, NaN gives 0. A bool that is neither 0 nor 1 counts as 1.
 *
 * Attributes: n, from, to (u32; the types' numbers in models/graph.ts). Input: x [n] of type `from`. Output: [n] of type `to`.
 * Scratch: 8 bytes for each of min(n, 512) elements, which hold a block of x in 64 bits: 12 readers and 3 times 13 writers make all pairs.
 */
export function convert(
  iteration: u32,
  output: usize,
  scratch: usize,
  attributes: usize,
  x: usize,
): void {
  const n = load<u32>(attributes);
  const from = load<u32>(attributes, 4);
  const to = load<u32>(attributes, 8);
  const isFloat = from == F32 || from == F64 || from == F16 || from == BF16;
  const xBytes = bytesOf(from);
  const yBytes = bytesOf(to);
  for (let at: u32 = 0; at < n; at += BLOCK) {
    const m = min<u32>(BLOCK, n - at);
    read(from, x + <usize>at * xBytes, m, scratch);
    const y = output + <usize>at * yBytes;
    if (isFloat) writeFromFloats(to, scratch, m, y);
    else if (from == U64) writeFromIntegers<u64>(to, scratch, m, y);
    else writeFromIntegers<i64>(to, scratch, m, y);
  }
}

function bytesOf(type: u32): usize {
  if (type == U8 || type == I8 || type == BOOL) return 1;
  if (type == I16 || type == U16 || type == F16 || type == BF16) return 2;
  return type == I64 || type == U64 || type == F64 ? 8 : 4;
}
