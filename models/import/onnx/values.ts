/** Values of ONNX's test data that aren't tensors (onnx-data.proto: SequenceProto and OptionalProto), which `onnx-buf` has not. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { malformed, unsupported } from '../../compile/errors.ts';
import { ModelError } from '../../errors.ts';
import type { ValueData } from '../../network/types.ts';
import { readOnnxTensor } from './tensor.ts';

/** Field numbers that the two messages share, but for what 3 to 7 hold: lists, or one of each. */
const [TENSOR, SEQUENCE, OPTIONAL] = [3, 5, 7];
const LENGTH = 2;
const MOST_NESTED = 16;

/**
 * A value file (.pb).
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR for maps and sparse tensors
 */
export function readOnnxValue(bytes: Uint8Array, kind?: 'sequence' | 'optional'): ValueData {
  try {
    return kind ? readList(bytes, kind, 0) : readOnnxTensor(bytes);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('BAD_NETWORK', `no ONNX value: ${(cause as Error).message}`, { cause });
  }
}

function readList(bytes: Uint8Array, kind: 'sequence' | 'optional', depth: number): ValueData[] {
  if (depth > MOST_NESTED) malformed(`lists lie in lists more than ${MOST_NESTED} deep`);
  const reader = new BinaryReader(bytes);
  const values: ValueData[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field < TENSOR || wire !== LENGTH) {
      reader.skip(wire, field);
      continue;
    }
    const content = reader.bytes();
    if (field === TENSOR) {
      values.push(readOnnxTensor(content));
    } else if (field === SEQUENCE) values.push(readList(content, 'sequence', depth + 1));
    else if (field === OPTIONAL) values.push(readList(content, 'optional', depth + 1));
    else unsupported("maps and sparse tensors in lists aren't supported");
  }
  if (kind === 'optional' && values.length > 1) malformed('an optional with more than one value');
  return values;
}
