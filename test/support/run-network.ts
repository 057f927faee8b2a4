/** Networks compiled and run natively. */
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { loadModel, type Model } from '../../models/index.ts';
import type { Network } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { interpreterModule, kernelsWasm } from './wasm.ts';

export async function modelOf(network: Network, batch = 1): Promise<Model> {
  const wasm = kernelsWasm();
  const engines = {
    kernels: compileWasm(wasm),
    kernelsWasm: wasm,
    interpreter: interpreterModule(),
  };
  const { graph } = compileNetwork(network, { ...engines, dimensions: { batch } });
  return loadModel(writeBundle(graph), engines);
}

/** The first result, as floats. */
export async function runNatively(
  network: Network,
  inputs: readonly (Float32Array | Int32Array)[],
  batch = 1,
): Promise<Float32Array> {
  const model = await modelOf(network, batch);
  const { outputs } = await model.run(
    inputs.map(
      ({ buffer, byteLength, byteOffset }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  );
  return new Float32Array(outputs[0]!.slice().buffer);
}
