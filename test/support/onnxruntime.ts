/** onnxruntime, an engine of others; it lies in bench/peers and may be absent. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Network } from '../../models/network/types.ts';
import { writeOnnx } from './onnx-writer.ts';

export const hasOnnxruntime = existsSync('bench/peers/node_modules/onnxruntime-node');

export interface Fed {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

interface OrtTensor {
  readonly dims: readonly number[];
  readonly data: Fed['data'];
}

interface Ort {
  Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>> }>;
  };
}

function typeOf(data: Fed['data']): string {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof BigInt64Array ? 'int64' : 'uint8';
}

/** Results of a network by name, as onnxruntime computes them without optimisation, on one thread. */
export async function runInOnnxruntime(
  network: Network,
  inputs: Readonly<Record<string, Fed>>,
): Promise<Record<string, Fed>> {
  const require = createRequire(`${process.cwd()}/bench/peers/package.json`);
  const ort = require('onnxruntime-node') as Ort;
  const session = await ort.InferenceSession.create(writeOnnx(network), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [
    name,
    new ort.Tensor(typeOf(data), data, dims),
  ]);
  return session.run(Object.fromEntries(feeds) as Record<string, OrtTensor>);
}
