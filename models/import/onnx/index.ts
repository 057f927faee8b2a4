/** Reads ONNX files: bytes to a network. No file is opened here; external data come through a callback. */
import { ModelProtoSchema } from 'onnx-buf';
import { malformed } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { functionKey, opsetsOf, readGraph } from './graph.ts';
import type { TensorOptions } from './tensor.ts';
import { decode } from './wire.ts';

export { type ReadExternal, readOnnxTensor } from './tensor.ts';
export { readOnnxValue } from './values.ts';

/** What sparse tensors of one file may take when they are written out. */
const MOST_SPARSE_BYTES = 2 ** 30;

/**
 * The network of an ONNX model file. Functions that the file defines are inlined, Constant nodes become constants, and nodes are
 * in an order in which every value is made before it is used.
 *
 * @throws ModelError BAD_NETWORK if the file is damaged or contradicts itself, UNSUPPORTED_OPERATOR for types that tensors
 *   can't have
 */
export function readOnnx(bytes: Uint8Array, options: TensorOptions = {}): Network {
  const model = decode(ModelProtoSchema, bytes);
  if (!model.graph) return malformed('the file has no graph; is it an ONNX model?');
  const functions = new Map(
    model.functions.map((one) => [functionKey(one.domain, one.name, one.overload), one]),
  );
  const file = { functions, options, budget: { bytes: MOST_SPARSE_BYTES }, nodes: 0, calls: 0 };
  // Files of the first version import nothing: that is version 1.
  const first = [{ domain: '', version: 1n }];
  const opsets = opsetsOf(model.opsetImport.length > 0 ? model.opsetImport : first);
  const { free, network } = readGraph(model.graph, file, { opsets, depth: 0, rename: (x) => x });
  if (free.length > 0) malformed(`"${free[0]}" is used, and nothing makes it`);
  return network;
}
