import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { importFile } from '../../models/import/index.ts';
import { openHdf5 } from '../../models/import/keras/hdf5/index.ts';
import { toFloats } from '../../models/import/layers/tensors.ts';
import type { Network } from '../../models/network/types.ts';
import { randomNumbers } from '../support/hostile.ts';
import { type Arr, arr, runFunctional } from '../support/keras-reference/index.ts';
import { runNatively } from '../support/run-network.ts';

const FOLDER = '../shared/testdata/models/resnet8';
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: ${FOLDER} is not there`);

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));

/** A picture of blocks of colours and of noise, 0 to 255. */
function picture(seed: number): Float32Array {
  const random = randomNumbers(seed);
  const colours = Array.from({ length: 48 }, () => random(200));
  return Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => {
    const [row, column, channel] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
    return colours[(Math.floor(row / 8) * 4 + Math.floor(column / 8)) * 3 + channel]! + random(56);
  });
}

/** Layers and their weights, read without the importer of layers. */
function reference(file: Uint8Array, x: Float32Array): Arr {
  const root = openHdf5(file);
  const { config } = JSON.parse(root.texts('model_config')[0]!) as {
    config: { layers: Parameters<typeof runFunctional>[0] };
  };
  return runFunctional(config.layers, arr([1, 32, 32, 3], x), (layer) => {
    const group = root.group(`model_weights/${layer}`);
    return group.texts('weight_names').map((name) => {
      const tensor = group.dataset(name);
      return arr(tensor.shape, toFloats(tensor));
    });
  });
}

describe.skipIf(!isThere)('ResNet-8 of Keras', () => {
  let keras: Network;
  beforeAll(() => {
    keras = importFile(new Map([['net.h5', read('pretrainedResnet.h5')]])).network;
  });

  test.each([1, 2, 3])('classifies as plain loops over its layers do: picture %i', async (seed) => {
    const x = picture(seed);
    const expected = reference(read('pretrainedResnet.h5'), x);
    const found = await runNatively(keras, [x]);
    expected.data.forEach((value, i) => {
      expect(Math.abs(found[i]! - value)).toBeLessThan(1e-4);
    });
  });

  test.each([1, 2, 3])(
    'classifies as its conversion to TensorFlow Lite does: picture %i',
    async (seed) => {
      const { network } = importFile(new Map([['net.tflite', read('pretrainedResnet.tflite')]]));
      const x = picture(seed);
      const [fromKeras, fromTflite] = [
        await runNatively(keras, [x]),
        await runNatively(network, [x]),
      ];
      fromKeras.forEach((value, i) => {
        expect(Math.abs(fromTflite[i]! - value)).toBeLessThan(1e-3);
      });
    },
  );
});
