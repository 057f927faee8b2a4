/** Single elements of constants, between bytes and JavaScript numbers. */
import { DTYPES, type Dtype } from '../graph.ts';

const view = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** bfloat16 is the upper half of binary32. */
function readBfloat16(of: DataView, at: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setUint32(0, of.getUint16(at, true) << 16);
  return bits.getFloat32(0);
}

/** To nearest, ties to even; NaN becomes the canonical one. */
function writeBfloat16(of: DataView, at: number, value: number): void {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const rounded = Number.isNaN(value) ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  of.setUint16(at, rounded, true);
}

const READ: Readonly<Record<Dtype, (of: DataView, at: number) => number | bigint>> = {
  f32: (of, at) => of.getFloat32(at, true),
  f64: (of, at) => of.getFloat64(at, true),
  f16: (of, at) => of.getFloat16(at, true),
  bf16: readBfloat16,
  u8: (of, at) => of.getUint8(at),
  bool: (of, at) => of.getUint8(at),
  i8: (of, at) => of.getInt8(at),
  u16: (of, at) => of.getUint16(at, true),
  i16: (of, at) => of.getInt16(at, true),
  u32: (of, at) => of.getUint32(at, true),
  i32: (of, at) => of.getInt32(at, true),
  u64: (of, at) => of.getBigUint64(at, true),
  i64: (of, at) => of.getBigInt64(at, true),
};

/** Towards zero, as the conversions of DataView have it; what is no number becomes 0. */
const whole = (value: number): bigint => BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);

const WRITE: Readonly<Record<Dtype, (of: DataView, at: number, value: number) => void>> = {
  f32: (of, at, value) => of.setFloat32(at, value, true),
  f64: (of, at, value) => of.setFloat64(at, value, true),
  f16: (of, at, value) => of.setFloat16(at, value, true),
  bf16: writeBfloat16,
  u8: (of, at, value) => of.setUint8(at, value),
  bool: (of, at, value) => of.setUint8(at, value === 0 ? 0 : 1),
  i8: (of, at, value) => of.setInt8(at, value),
  u16: (of, at, value) => of.setUint16(at, value, true),
  i16: (of, at, value) => of.setInt16(at, value, true),
  u32: (of, at, value) => of.setUint32(at, value, true),
  i32: (of, at, value) => of.setInt32(at, value, true),
  u64: (of, at, value) => of.setBigUint64(at, whole(value), true),
  i64: (of, at, value) => of.setBigInt64(at, whole(value), true),
};

/** All elements as JavaScript numbers; 64-bit integers lose what lies beyond 2^53. */
export function readNumbers(dtype: Dtype, data: Uint8Array): number[] {
  const { bytes } = DTYPES[dtype];
  const of = view(data);
  return Array.from({ length: data.length / bytes }, (_, i) => Number(READ[dtype](of, bytes * i)));
}

/** Integers for use as sizes and bounds: what is beyond the safe integers is clamped to them. */
export function readIntegers(dtype: Dtype, data: Uint8Array): number[] {
  return readNumbers(dtype, data).map((value) =>
    Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(value))),
  );
}

/** Little-endian bytes of numbers. Integers wrap, floats round to nearest. */
export function writeNumbers(dtype: Dtype, values: Iterable<number>): Uint8Array {
  const list = [...values];
  const { bytes } = DTYPES[dtype];
  const data = new Uint8Array(bytes * list.length);
  const of = view(data);
  list.forEach((value, i) => {
    WRITE[dtype](of, bytes * i, value);
  });
  return data;
}
