/** Networks as ONNX files, so that an engine of others runs what an importer made. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TensorProto_DataType as Type,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Dtype } from '../../models/graph.ts';
import type {
  AttributeValue,
  Network,
  NetworkInput,
  TensorData,
} from '../../models/network/types.ts';

const TYPES: Readonly<Record<Dtype, Type>> = {
  f32: Type.FLOAT,
  f64: Type.DOUBLE,
  f16: Type.FLOAT16,
  bf16: Type.BFLOAT16,
  i8: Type.INT8,
  i16: Type.INT16,
  i32: Type.INT32,
  i64: Type.INT64,
  u8: Type.UINT8,
  u16: Type.UINT16,
  u32: Type.UINT32,
  u64: Type.UINT64,
  bool: Type.BOOL,
};

/** Attributes that ONNX has as floats, whose values may happen to be whole. */
const FLOATS = new Set([
  'alpha',
  'beta',
  'gamma',
  'epsilon',
  'momentum',
  'clip',
  'activation_alpha',
  'activation_beta',
  'lambd',
  'bias',
]);

const utf8 = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

function attribute(name: string, value: AttributeValue) {
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: Kind.STRING,
      s: utf8(value),
    });
  }
  if (typeof value === 'number') {
    return FLOATS.has(name) || !Number.isInteger(value)
      ? create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value })
      : create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) });
  }
  if (!Array.isArray(value)) throw new Error(`attribute ${name} is not written`);
  if (typeof value[0] === 'string') {
    const strings = value.map((one) => utf8(String(one)));
    return create(AttributeProtoSchema, { name, type: Kind.STRINGS, strings });
  }
  const numbers = value as number[];
  return FLOATS.has(name)
    ? create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: numbers })
    : create(AttributeProtoSchema, { name, type: Kind.INTS, ints: numbers.map(BigInt) });
}

function valueInfo({ dtype, name, shape }: NetworkInput) {
  const dim = shape?.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: size },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: TYPES[dtype],
    ...(dim ? { shape: create(TensorShapeProtoSchema, { dim }) } : {}),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

const initializer = (name: string, { data, dtype, shape }: TensorData) =>
  create(TensorProtoSchema, {
    name,
    dataType: TYPES[dtype],
    dims: shape.map(BigInt),
    rawData: Uint8Array.from(data),
  });

/** An ONNX model of opset 17. */
export function writeOnnx(network: Network): Uint8Array {
  const node = network.nodes.map(({ attributes, inputs, op, outputs }) =>
    create(NodeProtoSchema, {
      opType: op,
      // Unique, unlike the names of layers, of which each may be several nodes.
      name: outputs[0] ?? '',
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    }),
  );
  const graph = create(GraphProtoSchema, {
    name: network.name,
    node,
    input: network.inputs.map(valueInfo),
    output: network.outputs.map((name) => create(ValueInfoProtoSchema, { name })),
    initializer: [...network.constants].map(([name, tensor]) => initializer(name, tensor)),
  });
  const opset = create(OperatorSetIdProtoSchema, { domain: '', version: 17n });
  const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [opset], graph });
  return toBinary(ModelProtoSchema, model);
}
