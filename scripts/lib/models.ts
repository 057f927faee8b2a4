/** The digit classifier with the engines that run it, from the files that npm run build makes. */
import { existsSync, readFileSync } from 'node:fs';
import { loadModel, type Model } from '../../models/index.ts';

// The workers' types know no compilation from bytes, which Node has.
const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;

export function readWasm(name: 'interpreter' | 'kernels'): Uint8Array {
  const path = `build/wasm/${name}.wasm`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run npm run build`);
  return new Uint8Array(readFileSync(path));
}

export const compileWasm = (bytes: Uint8Array): WebAssembly.Module => new Module(bytes);
export const MODEL_FILE = 'models/mnist/model.bin';

export async function loadDigitClassifier(): Promise<Model> {
  const kernelsWasm = readWasm('kernels');
  return loadModel(new Uint8Array(readFileSync(MODEL_FILE)), {
    kernels: compileWasm(kernelsWasm),
    kernelsWasm,
    interpreter: compileWasm(readWasm('interpreter')),
  });
}
