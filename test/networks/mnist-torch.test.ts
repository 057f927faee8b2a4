import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { importFile } from '../../models/import/index.ts';
import { readStateDictionary } from '../../models/import/pytorch/read.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import type { Network, TensorData } from '../../models/network/types.ts';
import { hasOnnxruntime, runInOnnxruntime } from '../support/onnxruntime.ts';
import { modelOf } from '../support/run-network.ts';

const FOLDER = '../shared/testdata/models/burn-mnist';
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: ${FOLDER} is not there`);

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

const DESCRIPTION = 'models/examples/burn-mnist.json';

function importWeights(name: string, weights: Uint8Array): Network {
  return importFile(
    new Map([
      [name, weights],
      ['network.json', read(DESCRIPTION)],
    ]),
  ).network;
}

const network = (file: string): Network => importWeights(file, read(`${FOLDER}/${file}`));

const NAMES = { f32: 'F32', i64: 'I64' };

/** Tensors as a safetensors file. */
function writeSafetensors(tensors: ReadonlyMap<string, TensorData>): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, { data, dtype, shape }]) => {
    const data_offsets = [at, (at += data.length)];
    return [name, { dtype: NAMES[dtype as keyof typeof NAMES], shape, data_offsets }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  return new Uint8Array(
    Buffer.concat([length, header, ...[...tensors.values()].map(({ data }) => data)]),
  );
}

/** Pixels as the network was trained on: mean 0.1307, deviation 0.3081. */
function pixels(image: Uint8Array): Float32Array {
  return Float32Array.from(image, (value) => (value / 255 - 0.1307) / 0.3081);
}

// The two files hold the same layers, trained apart.
describe.skipIf(!isThere)("burn's MNIST network", () => {
  const digits = readDigits('test');
  let fromPytorch: Model;

  beforeAll(async () => {
    fromPytorch = await modelOf(network('mnist.pt'));
  });

  const scores = async (model: Model, x: Float32Array): Promise<Float32Array> => {
    const { outputs } = await model.run([new Uint8Array(x.buffer)]);
    return new Float32Array(outputs[0]!.slice().buffer);
  };

  test('is the same model from PyTorch and from safetensors if the tensors are', async () => {
    const tensors = readStateDictionary(read(`${FOLDER}/mnist.pt`));
    const again = await modelOf(importWeights('again', writeSafetensors(tensors)));
    expect(again.id).toBe(fromPytorch.id);
  });

  test('is the same program from both files, on other tensors', async () => {
    const other = await modelOf(network('mnist.safetensors'));
    expect(other.registration.programRoot).toBe(fromPytorch.registration.programRoot);
    expect(other.id).not.toBe(fromPytorch.id);
  });

  test.each(['mnist.pt', 'mnist.safetensors'])('reads digits: %s', async (file) => {
    const model = await modelOf(network(file));
    const count = 100;
    let right = 0;
    for (let i = 0; i < count; i++) {
      const found = await scores(model, pixels(digits.image(i)));
      if (found.indexOf(Math.max(...found)) === digits.label(i)) right++;
    }
    expect(right).toBeGreaterThanOrEqual(96);
  });

  test.skipIf(!hasOnnxruntime)('gives what onnxruntime gives', async () => {
    const x = pixels(digits.image(7));
    const reference = await runInOnnxruntime(network('mnist.pt'), {
      image: { dims: [1, 1, 28, 28], data: x },
    });
    const found = await scores(fromPytorch, x);
    (reference.digits!.data as Float32Array).forEach((value, i) => {
      expect(Math.abs(found[i]! - value)).toBeLessThan(1e-3);
    });
  });
});
