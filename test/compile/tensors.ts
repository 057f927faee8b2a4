/** Small networks, compiled and run, for tests of lowerings. */
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { loadModel } from '../../models/index.ts';
import type { Network, Node, TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { generator } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
export const engines = {
  kernels: compileWasm(wasm),
  kernelsWasm: wasm,
  interpreter: interpreterModule(),
};

export interface F32 {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const size = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);

const random = generator(7);

/** Values of sixteenths from -2 to 2. */
export const tame = (...shape: number[]): F32 => ({
  shape,
  values: Float32Array.from({ length: size(shape) }, () => ((random() % 65) - 32) / 16),
});

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Node['attributes'] = {},
  opset = 13,
): Node => ({ op, opset, name: '', inputs, outputs, attributes });

export interface Trial {
  readonly nodes: readonly Node[];
  readonly inputs: Readonly<Record<string, F32>>;
  readonly constants?: Readonly<Record<string, F32>>;
  readonly outputs: readonly string[];
  readonly limit?: number;
}

const data = ({ shape, values }: F32): TensorData => ({
  dtype: 'f32',
  shape,
  data: bytesOf(values),
});

export function networkOf({ constants = {}, inputs, nodes, outputs }: Trial): Network {
  return {
    name: 'trial',
    inputs: Object.entries(inputs).map(([name, { shape }]) => ({ name, dtype: 'f32', shape })),
    outputs,
    constants: new Map(Object.entries(constants).map(([name, value]) => [name, data(value)])),
    nodes,
  };
}

/** Results of a run, and the kernels in the order of their calls. */
export async function runTrial(trial: Trial) {
  const { limit } = trial;
  const { graph } = compileNetwork(networkOf(trial), { ...engines, ...(limit ? { limit } : {}) });
  const model = await loadModel(writeBundle(graph), engines);
  const run = await model.run(Object.values(trial.inputs).map(({ values }) => bytesOf(values)));
  const results = graph.slots.filter(({ slot }) => slot >> 14 === 1);
  return {
    kernels: graph.program.map((call) => (call.kind === 'call' ? call.kernel : call.kind)),
    results: run.outputs.map((bytes, i): F32 => {
      const { buffer } = bytes.slice();
      return { shape: results[i]!.shape, values: new Float32Array(buffer) };
    }),
  };
}
