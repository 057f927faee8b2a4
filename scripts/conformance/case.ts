/** A conformance case of ONNX: a folder with a model and sets of input and output values. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { DTYPES } from '../../models/graph.ts';
import { readOnnx, readOnnxValue } from '../../models/import/onnx/index.ts';
import type { Network, ValueData } from '../../models/network/types.ts';

export interface DataSet {
  readonly name: string;
  readonly inputs: readonly ValueData[];
  /** Read on demand: an output may be of a type that tensors can't have, and that is the case's reason then. */
  outputs(): readonly ValueData[];
}

export interface Case {
  readonly name: string;
  readonly network: Network;
  readonly sets: readonly DataSet[];
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

/** Names of the cases in a folder; of the folder itself if it is one. */
export function casesIn(folder: string): string[] {
  if (existsSync(join(folder, 'model.onnx'))) return ['.'];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'model.onnx')))
    .sort();
}

/** Throws `ModelError`, as the reader does. */
export function readCase(folder: string, name: string): Case {
  const at = join(folder, name);
  const network = readOnnx(bytesOf(join(at, 'model.onnx')));
  const sets = readdirSync(at).filter((set) => set.startsWith('test_data_set_'));
  return {
    name,
    network,
    sets: sets.sort().map((set) => ({
      name: set,
      inputs: network.inputs.map(({ dtype, kind }, i) =>
        typedAs(dtype, readOnnxValue(bytesOf(join(at, set, `input_${i}.pb`)), kind)),
      ),
      outputs: () => readOutputs(at, set),
    })),
  };
}

/** Test data write bfloat16 as its bits in u16. */
function typedAs(dtype: Network['inputs'][number]['dtype'], value: ValueData): ValueData {
  if (!('dtype' in value) || value.dtype === dtype) return value;
  return DTYPES[dtype].bytes === DTYPES[value.dtype].bytes ? { ...value, dtype } : value;
}

/** The network form tells nothing of the types of outputs, so the file is asked. */
function readOutputs(at: string, set: string): ValueData[] {
  const { graph } = fromBinary(ModelProtoSchema, bytesOf(join(at, 'model.onnx')));
  return graph!.output.map(({ type }, i) => {
    const bytes = bytesOf(join(at, set, `output_${i}.pb`));
    if (type?.value.case === 'sequenceType') return readOnnxValue(bytes, 'sequence');
    if (type?.value.case === 'optionalType') return readOnnxValue(bytes, 'optional');
    return readOnnxValue(bytes);
  });
}

/** The operator that a case is about, if its model is one node. */
export function operatorOf(at: string): string {
  const { graph } = fromBinary(ModelProtoSchema, bytesOf(join(at, 'model.onnx')));
  const [first, ...more] = graph?.node ?? [];
  return first && more.length === 0 ? first.opType : '(several)';
}
