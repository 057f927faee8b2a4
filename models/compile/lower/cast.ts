/** Conversions between element types. */
import { DTYPES, type Dtype } from '../../graph.ts';
import { type Builder, like } from '../builder.ts';
import { type Context, input, type Lowerings, number, where } from '../context.ts';
import { unsupported } from '../errors.ts';
import { count, type Tensor } from '../tensor.ts';

/**
 * A tensor in another element type, with the semantics of ONNX's Cast (see the kernel `convert`): floats to integers truncate and
 * saturate, integers wrap, floats round to nearest. The axes stay as they are stored.
 */
export function convert(b: Builder, tensor: Tensor, dtype: Dtype): Tensor {
  if (tensor.dtype === dtype) return tensor;
  if (count(tensor.shape) === 0) {
    return b.constant({ dtype, shape: tensor.shape }, new Uint8Array());
  }
  const x = b.stored(tensor);
  const attributes = [count(x.shape), DTYPES[x.dtype].number, DTYPES[dtype].number];
  return b.withAxes(b.call('convert', [x], attributes, like(x, dtype)), tensor.axes);
}

/** ONNX's numbers of element types (TensorProto.DataType), and their names, which Cast used before opset 6. */
const ONNX_TYPES: readonly (readonly [number: number, name: string, dtype: Dtype | undefined])[] = [
  [1, 'FLOAT', 'f32'],
  [2, 'UINT8', 'u8'],
  [3, 'INT8', 'i8'],
  [4, 'UINT16', 'u16'],
  [5, 'INT16', 'i16'],
  [6, 'INT32', 'i32'],
  [7, 'INT64', 'i64'],
  [8, 'STRING', undefined],
  [9, 'BOOL', 'bool'],
  [10, 'FLOAT16', 'f16'],
  [11, 'DOUBLE', 'f64'],
  [12, 'UINT32', 'u32'],
  [13, 'UINT64', 'u64'],
  [14, 'COMPLEX64', undefined],
  [15, 'COMPLEX128', undefined],
  [16, 'BFLOAT16', 'bf16'],
  [17, 'FLOAT8E4M3FN', undefined],
  [18, 'FLOAT8E4M3FNUZ', undefined],
  [19, 'FLOAT8E5M2', undefined],
  [20, 'FLOAT8E5M2FNUZ', undefined],
  [21, 'UINT4', undefined],
  [22, 'INT4', undefined],
  [23, 'FLOAT4E2M1', undefined],
];

/**
 * The element type of an attribute with one of ONNX's numbers (before opset 6 of Cast: a name).
 *
 * @throws ModelError UNSUPPORTED_OPERATOR for types there are no tensors of, such as strings
 */
export function typeAttribute(c: Context, name: string, fallback?: number): Dtype {
  const value = c.node.attributes[name];
  const known = ONNX_TYPES.find(([number, text]) =>
    typeof value === 'string' ? text === value : number === (value ?? fallback),
  );
  if (known?.[2]) return known[2];
  // Says that it is missing or no number, if that is what is wrong.
  const wanted = known?.[1] ?? number(c, name, fallback);
  return unsupported(`${where(c)}: tensors of type ${wanted}`);
}

export const CAST: Lowerings = {
  Cast: { anyAxes: true, lower: (c) => convert(c.b, input(c, 0), typeAttribute(c, 'to')) },
  CastLike: { anyAxes: true, lower: (c) => convert(c.b, input(c, 0), input(c, 1).dtype) },
};
