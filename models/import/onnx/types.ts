/** Types of graph inputs (onnx.proto, ValueInfoProto and TypeProto). */
import type { TensorShapeProto, TypeProto, ValueInfoProto } from 'onnx-buf';
import { malformed, unsupported } from '../../compile/errors.ts';
import { MAX_RANK } from '../../graph.ts';
import type { Dimension, NetworkInput } from '../../network/types.ts';
import { dtypeOf } from './tensor.ts';

/** An input, `name` being what it is called in the network. */
export function inputOf({ type }: ValueInfoProto, name: string): NetworkInput {
  return { name, ...typeOf(type, name) };
}

/** Lists in lists, and optional lists, are told from lists of tensors by their content. */
function typeOf(type: TypeProto | undefined, name: string): Omit<NetworkInput, 'name'> {
  const where = `input "${name}"`;
  const { value } = type ?? {};
  switch (value?.case) {
    case 'tensorType': {
      const { elemType, shape } = value.value;
      return { dtype: dtypeOf(elemType, where), ...(shape ? { shape: sizesOf(shape, name) } : {}) };
    }
    case 'sequenceType':
      return { ...typeOf(value.value.elemType, name), kind: 'sequence' };
    case 'optionalType':
      return { ...typeOf(value.value.elemType, name), kind: 'optional' };
    case undefined:
      return malformed(`${where} has no type`);
    default:
      return unsupported(`${where}: values of ${value?.case} aren't supported`);
  }
}

/** A dimension without a size or a name gets one of its own. */
function sizesOf({ dim }: TensorShapeProto, name: string): Dimension[] {
  if (dim.length > MAX_RANK) malformed(`input "${name}": rank ${dim.length}`);
  return dim.map(({ value }, axis) => {
    if (value.case === 'dimParam' && value.value !== '') return value.value;
    const size = value.case === 'dimValue' ? Number(value.value) : -1;
    return size >= 0 ? size : `${name}.${axis}`;
  });
}
