/** ONNX files written field by field, for what no importer of ours would write. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TensorProto_DataType as Type,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';

export { Type };

export const opset = (version: number, domain = '') =>
  create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) });

export const nodeOf = (
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
  domain = '',
): NodeProto => create(NodeProtoSchema, { opType, input, output, attribute, domain });

export const integer = (name: string, i: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(i) });

export const float = (name: string, f: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: Kind.FLOAT, f });

export const tensorAttribute = (name: string, t: TensorProto): AttributeProto =>
  create(AttributeProtoSchema, { name, type: Kind.TENSOR, t });

export const graphAttribute = (name: string, g: GraphProto): AttributeProto =>
  create(AttributeProtoSchema, { name, type: Kind.GRAPH, g });

/** An attribute of a function's body that stands for one of the call. */
export const referring = (name: string, refAttrName: string, type: Kind): AttributeProto =>
  create(AttributeProtoSchema, { name, refAttrName, type });

export { Kind };

export const tensorOf = (
  name: string,
  dataType: Type,
  dims: readonly number[],
  fields: Partial<Omit<TensorProto, '$typeName'>> = {},
): TensorProto =>
  create(TensorProtoSchema, { name, dataType, dims: dims.map((size) => BigInt(size)), ...fields });

export const floats = (name: string, values: readonly number[]): TensorProto =>
  tensorOf(name, Type.FLOAT, [values.length], { floatData: [...values] });

/** A value of f32 elements, `dims` absent if its rank isn't told. */
export function value(name: string, dims?: readonly (number | string)[], elemType = Type.FLOAT) {
  const dim = dims?.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: size },
    }),
  );
  const shape = dim && create(TensorShapeProtoSchema, { dim });
  const tensor = create(TypeProto_TensorSchema, { elemType, ...(shape ? { shape } : {}) });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

export const graphOf = (fields: Partial<Omit<GraphProto, '$typeName'>>): GraphProto =>
  create(GraphProtoSchema, { name: 'test', ...fields });

/** A graph from `x`, f32 [2], to `y`. */
export const fromXToY = (
  node: NodeProto[],
  fields: Partial<Omit<GraphProto, '$typeName'>> = {},
): GraphProto => graphOf({ input: [value('x', [2])], output: [value('y')], node, ...fields });

export const functionOf = (
  name: string,
  fields: Partial<Omit<FunctionProto, '$typeName'>>,
): FunctionProto =>
  create(FunctionProtoSchema, {
    domain: 'own',
    name,
    opsetImport: [opset(17), opset(1, 'own')],
    ...fields,
  });

export const fileOf = (graph: GraphProto, functions: FunctionProto[] = []): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [opset(17), opset(1, 'own')],
      graph,
      functions,
    }),
  );

export const tensorFile = (tensor: TensorProto): Uint8Array => toBinary(TensorProtoSchema, tensor);
