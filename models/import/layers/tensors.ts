/** Contents of tensors while a network is put together: made, converted, put in another order. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { readNumbers } from '../../compile/scalars.ts';
import { DTYPES, type Dtype, MAX_RANK } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';

/** Bytes of one tensor at most: what a region of the machine holds is less. */
const MOST_BYTES = 2 ** 31;

/**
 * Elements of a shape from a file. Throws `ModelError` BAD_NETWORK unless it is a list of at most 31 integers from 0 whose
 * product, times the bytes of an element, is at most 2^31.
 */
export function checkedCount(shape: unknown, dtype: Dtype, where: string): number {
  if (!Array.isArray(shape) || shape.length > MAX_RANK) malformed(`${where}: not a shape`);
  let count = 1;
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0 || size > MOST_BYTES)
      malformed(`${where}: ${size} is no dimension`);
    count *= size;
  }
  if (!(count * DTYPES[dtype].bytes <= MOST_BYTES)) {
    malformed(`${where}: ${dtype} [${shape.join()}] is larger than any tensor may be`);
  }
  return count;
}

/** Refuses truth values that aren't 0 or 1. */
export function checkBools({ data, dtype }: TensorData, where: string): void {
  if (dtype === 'bool' && data.some((byte) => byte > 1)) {
    malformed(`${where} has truth values other than 0 and 1`);
  }
}

export function floats(values: ArrayLike<number>, shape = [values.length]): TensorData {
  const list = Float32Array.from(values);
  return { dtype: 'f32', shape, data: new Uint8Array(list.buffer) };
}

export function integers64(values: readonly number[], shape = [values.length]): TensorData {
  const list = BigInt64Array.from(values, BigInt);
  return { dtype: 'i64', shape, data: new Uint8Array(list.buffer) };
}

/** All elements as f32, rounded to nearest where they aren't exact. */
export function toFloats({ data, dtype }: TensorData): Float32Array {
  if (dtype !== 'f32') return Float32Array.from(readNumbers(dtype, data));
  return new Float32Array(data.slice().buffer);
}

/** Floats of any width as f32; other types stay. What an importer of floats asks of weights. */
export function asF32(tensor: TensorData): TensorData {
  const { dtype, shape } = tensor;
  if (dtype !== 'f64' && dtype !== 'f16' && dtype !== 'bf16') return tensor;
  return floats(toFloats(tensor), [...shape]);
}

export function reshaped(tensor: TensorData, shape: readonly number[], where: string): TensorData {
  const { data, dtype } = tensor;
  if (checkedCount(shape, dtype, where) * DTYPES[dtype].bytes !== data.length) {
    malformed(`${where}: [${tensor.shape.join()}] doesn't have the elements of [${shape.join()}]`);
  }
  return { dtype, shape, data };
}

/**
 * Elements of a buffer at `offset + sum of index * stride`, row-major. The caller has checked that all of them lie within
 * the buffer.
 */
export function gathered(
  data: Uint8Array,
  bytes: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const total = shape.reduce((product, size) => product * size, 1);
  const result = new Uint8Array(total * bytes);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < total; to++) {
    for (let i = 0; i < bytes; i++) result[to * bytes + i] = data[from * bytes + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

/** Axis `i` of the result is axis `order[i]` of the tensor. */
export function transposed(tensor: TensorData, order: readonly number[]): TensorData {
  const { data, dtype, shape } = tensor;
  if (order.length !== shape.length) unsupported(`a weight of shape [${shape.join()}]`);
  const strides = rowMajorStrides(shape);
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const { bytes } = DTYPES[dtype];
  return { dtype, shape: sizes, data: gathered(data, bytes, 0, sizes, steps) };
}

/** Blocks of `size` indices along an axis, in another order: gates of recurrent layers. */
export function blocks(
  tensor: TensorData,
  axis: number,
  size: number,
  order: readonly number[],
): TensorData {
  const { data, dtype, shape } = tensor;
  const inner =
    shape.slice(axis + 1).reduce((product, n) => product * n, 1) * size * DTYPES[dtype].bytes;
  const per = order.length;
  if (shape[axis] !== per * size)
    malformed(`a weight of shape [${shape.join()}] for ${size} units`);
  const result = new Uint8Array(data.length);
  for (let block = 0; block * inner < data.length; block++) {
    const from = block - (block % per) + order[block % per]!;
    result.set(data.subarray(from * inner, (from + 1) * inner), block * inner);
  }
  return { dtype, shape, data: result };
}
