/** Elements of tensors as JavaScript values. */
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import { DTYPES, type Dtype } from '../../models/graph.ts';

export const isFloat = (dtype: Dtype): boolean => /^b?f\d/.test(dtype);

const LARGEST: Readonly<Record<string, number>> = {
  f16: 65504,
  bf16: 3.3895313892515355e38,
  f32: 3.4028234663852886e38,
  f64: Number.MAX_VALUE,
};

/** Least and greatest finite value; of 64-bit integers those that a JavaScript number holds exactly. */
export function rangeOf(dtype: Dtype): readonly [number, number] {
  const largest = LARGEST[dtype];
  if (largest !== undefined) return [-largest, largest];
  if (dtype === 'bool') return [0, 1];
  const bits = Math.min(8 * DTYPES[dtype].bytes, 54);
  const isSigned = dtype.startsWith('i');
  const high = 2 ** (bits === 54 ? 53 : bits - Number(isSigned)) - 1;
  return [isSigned ? (bits === 54 ? -high : -high - 1) : 0, high];
}

/** All elements; 64-bit integers exactly. */
export function readElements(dtype: Dtype, data: Uint8Array): (number | bigint)[] {
  if (dtype !== 'i64' && dtype !== 'u64') return readNumbers(dtype, data);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / 8 }, (_, i) =>
    dtype === 'i64' ? view.getBigInt64(8 * i, true) : view.getBigUint64(8 * i, true),
  );
}

export const writeElements = (dtype: Dtype, values: Iterable<number>): Uint8Array =>
  writeNumbers(dtype, values);
