/** Tensors of ONNX files (onnx.proto, TensorProto and SparseTensorProto). */
import {
  type SparseTensorProto,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorProto_DataType as Type,
} from 'onnx-buf';
import { REGION_BYTES } from '../../../vm/constants.ts';
import { malformed, unsupported } from '../../compile/errors.ts';
import { readIntegers } from '../../compile/scalars.ts';
import { count } from '../../compile/tensor.ts';
import { DTYPES, type Dtype, MAX_RANK } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';
import { decode } from './wire.ts';

/** Bytes that lie in another file: `length` of them from `offset` on. */
export type ReadExternal = (name: string, offset: number, length: number) => Uint8Array;

export interface TensorOptions {
  /** Reads what is stored in files beside the model; without it such a model is refused. */
  readonly external?: ReadExternal;
}

/** Element types; four-bit integers are kept in bytes. */
const TYPES: Readonly<Partial<Record<Type, Dtype>>> = {
  [Type.FLOAT]: 'f32',
  [Type.UINT8]: 'u8',
  [Type.INT8]: 'i8',
  [Type.UINT16]: 'u16',
  [Type.INT16]: 'i16',
  [Type.INT32]: 'i32',
  [Type.INT64]: 'i64',
  [Type.BOOL]: 'bool',
  [Type.FLOAT16]: 'f16',
  [Type.DOUBLE]: 'f64',
  [Type.UINT32]: 'u32',
  [Type.UINT64]: 'u64',
  [Type.BFLOAT16]: 'bf16',
  [Type.UINT4]: 'u8',
  [Type.INT4]: 'i8',
};
const HALF_BYTES: readonly Type[] = [Type.UINT4, Type.INT4];

/** Element type of a number of `TensorProto.DataType`. Throws `ModelError` UNSUPPORTED_OPERATOR. */
export function dtypeOf(type: number, name: string): Dtype {
  if (type === Type.STRING) unsupported(`${name}: tensors of strings aren't supported`);
  const dtype = TYPES[type as Type];
  return dtype ?? unsupported(`${name}: element type ${Type[type] ?? type} isn't supported`);
}

/** Sizes as numbers: none negative, the tensor not absurdly large. Nothing is allocated before. */
export function shapeOf(dims: readonly bigint[], name: string): number[] {
  if (dims.length > MAX_RANK) malformed(`${name}: rank ${dims.length}; ${MAX_RANK} is the most`);
  const shape = dims.map(Number);
  for (const size of shape) if (!(size >= 0)) malformed(`${name}: a dimension of ${size}`);
  const elements = count(shape.map((size) => Math.max(size, 1)));
  if (elements > Number.MAX_SAFE_INTEGER) malformed(`${name}: ${elements} elements`);
  return shape;
}

/** A tensor file (.pb), as ONNX's test data have them. Throws `ModelError` BAD_NETWORK, UNSUPPORTED_OPERATOR. */
export function readOnnxTensor(bytes: Uint8Array, options: TensorOptions = {}): TensorData {
  return tensorOf(decode(TensorProtoSchema, bytes), options);
}

const contents = new WeakMap<TensorProto, TensorData>();

/** Content of a decoded tensor; one of a function's body is the same for every call. */
export function tensorOf(proto: TensorProto, options: TensorOptions): TensorData {
  const known = contents.get(proto);
  if (known) return known;
  const content = contentOf(proto, options);
  contents.set(proto, content);
  return content;
}

function contentOf(proto: TensorProto, { external }: TensorOptions): TensorData {
  const name = `tensor "${proto.name}"`;
  const dtype = dtypeOf(proto.dataType, name);
  const shape = shapeOf(proto.dims, name);
  if (proto.segment) unsupported(`${name}: tensors in segments aren't supported`);
  const isHalf = HALF_BYTES.includes(proto.dataType);
  const elements = count(shape);
  const bytes = isHalf ? Math.ceil(elements / 2) : elements * DTYPES[dtype].bytes;
  const raw =
    proto.dataLocation === TensorProto_DataLocation.EXTERNAL
      ? outside(proto, name, bytes, external)
      : proto.rawData;
  if (raw.length > 0 || bytes === 0) {
    if (raw.length !== bytes) {
      malformed(`${name}: ${dtype} [${shape}] takes ${bytes} bytes, its data are ${raw.length}`);
    }
    return { dtype, shape, data: isHalf ? widen(raw, elements, dtype) : truth(dtype, raw) };
  }
  const values = typedValues(proto);
  const given = isHalf ? Math.ceil(elements / 2) : elements;
  if (values.length !== given) {
    malformed(`${name}: ${dtype} [${shape}] takes ${given} values, it has ${values.length}`);
  }
  if (isHalf)
    return { dtype, shape, data: widen(Uint8Array.from(values, Number), elements, dtype) };
  return { dtype, shape, data: pack(dtype, values) };
}

/** The field that holds elements of the type, as onnx.proto allots them. */
function typedValues(proto: TensorProto): readonly (number | bigint)[] {
  switch (proto.dataType) {
    case Type.FLOAT:
      return proto.floatData;
    case Type.DOUBLE:
      return proto.doubleData;
    case Type.INT64:
      return proto.int64Data;
    case Type.UINT32:
    case Type.UINT64:
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

/** Little-endian bytes. Sixteen-bit floats come as their bits in integers. */
function pack(dtype: Dtype, values: readonly (number | bigint)[]): Uint8Array {
  const { bytes } = DTYPES[dtype];
  const data = new Uint8Array(bytes * values.length);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    const at = bytes * i;
    if (dtype === 'f32') view.setFloat32(at, Number(value), true);
    else if (dtype === 'f64') view.setFloat64(at, Number(value), true);
    else if (bytes === 8) view.setBigInt64(at, BigInt(value), true);
    else if (bytes === 4) view.setInt32(at, Number(BigInt.asIntN(32, BigInt(value))), true);
    else if (bytes === 2) view.setInt16(at, Number(value), true);
    else data[at] = Number(value);
  });
  return truth(dtype, data);
}

/** Booleans are 0 or 1 in our form; a file may have any byte. */
function truth(dtype: Dtype, data: Uint8Array): Uint8Array {
  if (dtype !== 'bool' || data.every((byte) => byte < 2)) return data;
  return data.map((byte) => (byte === 0 ? 0 : 1));
}

/** Four-bit integers, the first of a byte in its lower half, as bytes. */
function widen(packed: Uint8Array, elements: number, dtype: Dtype): Uint8Array {
  const sign = dtype === 'i8' ? 8 : 0;
  return Uint8Array.from({ length: elements }, (_, i) => {
    const four = (packed[i >> 1]! >> (4 * (i & 1))) & 15;
    return (four ^ sign) - sign;
  });
}

function outside(
  proto: TensorProto,
  name: string,
  bytes: number,
  read: ReadExternal | undefined,
): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location =
    entries.get('location') ?? malformed(`${name}: external data without a location`);
  if (!read) {
    return malformed(`${name}: its data lie in the file "${location}", which isn't at hand`);
  }
  const integer = (key: string, fallback: number): number => {
    const text = entries.get(key) ?? String(fallback);
    const isSize = /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
    return isSize ? Number(text) : malformed(`${name}: external data with ${key} "${text}"`);
  };
  const length = integer('length', bytes);
  if (length !== bytes) malformed(`${name}: it takes ${bytes} bytes, its external data ${length}`);
  return read(location, integer('offset', 0), length);
}

/** A sparse tensor written out. `budget.bytes` is what all of a file may take: a few bytes can ask for very much. */
export function denseOf(
  proto: SparseTensorProto,
  options: TensorOptions,
  budget: { bytes: number },
): TensorData {
  const name = `sparse tensor "${proto.values?.name ?? ''}"`;
  if (!proto.values || !proto.indices) return malformed(`${name}: values or indices are missing`);
  const { data: values, dtype, shape: listed } = tensorOf(proto.values, options);
  const indices = tensorOf(proto.indices, options);
  const shape = shapeOf(proto.dims, name);
  const { bytes } = DTYPES[dtype];
  const size = count(shape) * bytes;
  if (size > REGION_BYTES || (budget.bytes -= size) < 0) {
    unsupported(`${name}: [${shape}] is too large to be written out`);
  }
  const n = count(listed);
  const isLinear = indices.shape.length === 1;
  const wanted = isLinear ? n : n * shape.length;
  if (indices.dtype !== 'i64' || count(indices.shape) !== wanted) {
    malformed(`${name}: ${n} values, indices ${indices.dtype} [${indices.shape}]`);
  }
  const places = readIntegers('i64', indices.data);
  const data = new Uint8Array(size);
  for (let i = 0; i < n; i++) {
    const index = isLinear ? [places[i]!] : places.slice(i * shape.length, (i + 1) * shape.length);
    const sizes = isLinear ? [count(shape)] : shape;
    if (index.some((place, axis) => place < 0 || place >= sizes[axis]!)) {
      malformed(`${name}: index [${index}] in [${shape}]`);
    }
    const at = index.reduce((sum, place, axis) => sum * sizes[axis]! + place, 0);
    data.set(values.subarray(i * bytes, (i + 1) * bytes), at * bytes);
  }
  return { dtype, shape, data };
}
