import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { importKeras } from '../../models/import/keras/index.ts';
import { readTflite } from '../../models/import/tflite/index.ts';
import { loadModel } from '../../models/index.ts';
import type { Network } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { generator } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const FOLDER = '../shared/testdata/models/resnet8';
const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };
const SHAPE = [1, 32, 32, 3];

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(`${FOLDER}/${name}`));

async function run(network: Network, image: Float32Array): Promise<Float32Array> {
  const { graph } = compileNetwork(network, {
    ...engines,
    shapes: { [network.inputs[0]!.name]: SHAPE },
  });
  const model = await loadModel(writeBundle(graph), engines);
  const { outputs } = await model.run([new Uint8Array(image.buffer)]);
  return new Float32Array(outputs[0]!.slice().buffer);
}

test.skipIf(!existsSync(FOLDER))(
  'the ResNet-8 of floats gives the same classes from TFLite and from Keras, to 1e-4',
  async () => {
    const random = generator(9);
    const tflite = readTflite(read('pretrainedResnet.tflite'));
    const keras = importKeras(read('pretrainedResnet.h5'));
    for (let i = 0; i < 2; i++) {
      const image = Float32Array.from({ length: 3072 }, () => random() % 256);
      const classes = await run(tflite, image);
      expect(classes.reduce((x, y) => x + y)).toBeCloseTo(1, 5);
      const others = await run(keras, image);
      classes.forEach((value, j) => {
        expect(Math.abs(value - others[j]!)).toBeLessThan(1e-4);
      });
    }
  },
);
