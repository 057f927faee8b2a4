/** Compiles and runs networks of some nodes on f32 inputs. */
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import type { Dtype } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import type { Network, Node, TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };

export function node(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Node['attributes'] = {},
  opset = 13,
): Node {
  return { op, opset, name: '', inputs, outputs, attributes };
}

export function tensor(
  shape: readonly number[],
  values: readonly number[],
  dtype: Dtype = 'f32',
): TensorData {
  return { dtype, shape, data: writeNumbers(dtype, values) };
}

/** Numbers between -2 and 2 that don't repeat soon. */
export function values(n: number, seed = 1): number[] {
  return Array.from({ length: n }, (_, i) => Math.fround(2 * Math.sin(1.7 * (i + 1) * seed)));
}

export async function run(
  nodes: Node[],
  outputs: string[],
  inputs: Record<string, TensorData>,
  constants: Record<string, TensorData> = {},
  options: { limit?: number } = {},
) {
  const network: Network = {
    name: 'test',
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs,
    constants: new Map(Object.entries(constants)),
    nodes,
  };
  const { graph } = compileNetwork(network, { ...engines, ...options });
  const model = await loadModel(writeBundle(graph), engines);
  const { outputs: results } = await model.run(Object.values(inputs).map(({ data }) => data));
  const slots = graph.slots.filter(({ slot }) => slot >> 14 === 1);
  return {
    kernels: graph.program.map((call) => (call.kind === 'call' ? call.kernel : call.kind)),
    shapes: slots.map(({ shape }) => shape),
    values: results.map((bytes, i) => readNumbers(slots[i]!.dtype, bytes)),
  };
}
