import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { toFloats } from '../../models/import/layers/tensors.ts';
import { importTfjs } from '../../models/import/tfjs/index.ts';
import { readWeights } from '../../models/import/tfjs/weights.ts';
import type { Network } from '../../models/network/types.ts';
import { randomNumbers } from '../support/hostile.ts';
import { type Arr, arr, runFunctional } from '../support/keras-reference/index.ts';
import { exportedLiteral } from '../support/object-literal.ts';
import { hasOnnxruntime, runInOnnxruntime } from '../support/onnxruntime.ts';
import { runNatively } from '../support/run-network.ts';

const FOLDER = 'bench/peers/node_modules/nsfwjs/dist/models/mobilenet_v2';
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: ${FOLDER} is not there`);

interface ModelJson {
  readonly modelTopology: {
    model_config: { config: { layers: Parameters<typeof runFunctional>[0] } };
  };
  readonly weightsManifest: readonly unknown[];
}

/** The package keeps its files as minified JavaScript; it is read, not run. */
const literal = (name: string): unknown =>
  exportedLiteral(readFileSync(`${FOLDER}/${name}.min.js`, 'utf8'));
const shard = (path: string): Uint8Array =>
  new Uint8Array(Buffer.from(literal(path) as string, 'base64'));

/** Order in which Keras keeps a layer's weights, which the manifest doesn't. */
const ORDER = [
  'gamma',
  'beta',
  'moving_mean',
  'moving_variance',
  'depthwise_kernel',
  'kernel',
  'bias',
];

describe.skipIf(!isThere)('MobileNetV2 of nsfwjs', () => {
  let json: ModelJson;
  let network: Network;
  let x: Float32Array;
  beforeAll(() => {
    json = literal('model') as ModelJson;
    network = importTfjs(json, shard);
    const random = randomNumbers(224);
    x = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => (random(64) + (i % 192)) / 255);
  });

  test('classifies as plain loops over its layers do', async () => {
    const weights = readWeights(json.weightsManifest, shard);
    const expected: Arr = runFunctional(
      json.modelTopology.model_config.config.layers,
      arr([1, 224, 224, 3], x),
      (layer) =>
        ORDER.flatMap((name) => {
          const tensor = weights.get(`${layer}/${name}`);
          return tensor ? [arr(tensor.shape, toFloats(tensor))] : [];
        }),
    );
    const found = await runNatively(network, [x]);
    expected.data.forEach((value, i) => {
      expect(Math.abs(found[i]! - value)).toBeLessThan(1e-3);
    });
  }, 120_000);

  test.skipIf(!hasOnnxruntime)(
    'gives what onnxruntime gives',
    async () => {
      const reference = await runInOnnxruntime(network, {
        input_1: { dims: [1, 224, 224, 3], data: x },
      });
      const found = await runNatively(network, [x]);
      (reference[network.outputs[0]!]!.data as Float32Array).forEach((value, i) => {
        expect(Math.abs(found[i]! - value)).toBeLessThan(1e-3);
      });
    },
    120_000,
  );
});
