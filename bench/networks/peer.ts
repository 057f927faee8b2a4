/** onnxruntime-web, as `npm ci --prefix bench/peers` installs it: WebAssembly on one thread. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
  release(): Promise<void>;
}

interface Runtime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: {
    create(file: Uint8Array, options: object): Promise<Session>;
  };
  readonly Tensor: new (type: string, data: Float32Array, shape: readonly number[]) => unknown;
}

export interface Peer {
  run(): Promise<Float32Array>;
  release(): Promise<void>;
}

const HOME = resolve('bench/peers');

/** The engine with a network loaded and its input at hand; undefined if it isn't installed. */
export async function createPeer(
  file: Uint8Array,
  input: Float32Array,
  shape: readonly number[],
): Promise<Peer | undefined> {
  if (!existsSync(`${HOME}/node_modules/onnxruntime-web`)) return undefined;
  const runtime = createRequire(`${HOME}/package.json`)('onnxruntime-web') as Runtime;
  runtime.env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(file, { executionProviders: ['wasm'] });
  const [name = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const feeds = { [name]: new runtime.Tensor('float32', input, shape) };
  return {
    run: async () => (await session.run(feeds))[output]!.data,
    release: () => session.release(),
  };
}
