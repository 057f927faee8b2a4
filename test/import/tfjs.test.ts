import { describe, expect, test } from 'vitest';
import { importTfjs } from '../../models/import/tfjs/index.ts';
import { readWeights } from '../../models/import/tfjs/weights.ts';
import { damaged, distorted, survives } from '../support/hostile.ts';

const floatBytes = (...values: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);
const manifest = (weights: unknown[], paths: unknown[] = ['weights.bin']) => [{ paths, weights }];

function read(weights: unknown[], bytes: Uint8Array): number[] {
  const [tensor] = readWeights(manifest(weights), () => bytes).values();
  const { data, dtype } = tensor!;
  return [...new (dtype === 'i32' ? Int32Array : Float32Array)(data.slice().buffer)];
}

describe('weights of TensorFlow.js', () => {
  test('shards of a group are one sequence of bytes', () => {
    const all = floatBytes(1, 2, 3);
    const shards = new Map([
      ['a', all.slice(0, 5)],
      ['b', all.slice(5)],
    ]);
    const weights = [{ name: 'w', shape: [3], dtype: 'float32' }];
    const found = readWeights(manifest(weights, ['a', 'b']), (path) => shards.get(path));
    expect(found.get('w')!.data).toEqual(all);
  });

  const quantised = (dtype: string, stored: object) => [
    { name: 'w', shape: [2], dtype, quantization: stored },
  ];

  test('integers stand for scale * q + min', () => {
    const bytes = Uint8Array.from([0, 255]);
    expect(read(quantised('float32', { dtype: 'uint8', scale: 0.5, min: -1 }), bytes)).toEqual([
      -1, 126.5,
    ]);
    expect(read(quantised('int32', { dtype: 'uint8', scale: 0.3, min: -1 }), bytes)).toEqual([
      -1, 76,
    ]);
    const wide = new Uint8Array(Uint16Array.from([1, 65535]).buffer);
    expect(read(quantised('float32', { dtype: 'uint16', scale: 2, min: 1 }), wide)).toEqual([
      3, 131071,
    ]);
  });

  test('halves become floats', () => {
    const bytes = Uint8Array.from([0x00, 0x3c, 0x00, 0xc0]);
    expect(read(quantised('float32', { dtype: 'float16' }), bytes)).toEqual([1, -2]);
  });

  test.each([
    ['../secret'],
    ['/etc/passwd'],
    ['a/../../b'],
    ['C:\\x'],
    ['http://host/x'],
    [''],
    [7],
    ['a\0b'],
  ])('the path %j of a shard is refused', (path) => {
    const weights = manifest([], [path]);
    expect(() => readWeights(weights, () => new Uint8Array(0))).toThrow('leaves the folder');
  });

  test.each([
    ['missing bytes', [{ name: 'w', shape: [3], dtype: 'float32' }]],
    ['bytes that no weight takes', [{ name: 'w', shape: [1], dtype: 'float32' }]],
    ['a shape that fits no tensor', [{ name: 'w', shape: [1e9, 1e9], dtype: 'float32' }]],
    ['a dimension below 0', [{ name: 'w', shape: [-2], dtype: 'float32' }]],
    ['two weights of one name', [1, 2].map(() => ({ name: 'w', shape: [1], dtype: 'float32' }))],
  ])('%s: refused', (_, weights) => {
    expect(() => readWeights(manifest(weights), () => floatBytes(1, 2))).toThrow(
      expect.objectContaining({ code: 'BAD_NETWORK' }),
    );
  });

  test('a shard that is missing, or named twice, is refused', () => {
    expect(() => readWeights(manifest([]), () => undefined)).toThrow('is missing');
    expect(() => readWeights(manifest([], ['a', 'a']), () => new Uint8Array(0))).toThrow(
      'named twice',
    );
  });
});

const LAYERS = {
  format: 'layers-model',
  modelTopology: {
    keras_version: 'tfjs-layers 4.0.0',
    class_name: 'Sequential',
    config: {
      name: 'tiny',
      layers: [
        {
          class_name: 'Dense',
          config: { name: 'd', units: 1, activation: 'hardSigmoid', batch_input_shape: [null, 2] },
        },
      ],
    },
  },
  weightsManifest: manifest([
    { name: 'd/kernel', shape: [2, 1], dtype: 'float32' },
    { name: 'd/bias', shape: [1], dtype: 'float32' },
  ]),
};

describe('TensorFlow.js layers models', () => {
  const shard = floatBytes(1, 2, 3);

  test('become networks', () => {
    const network = importTfjs(LAYERS, () => shard);
    expect(network.inputs).toEqual([{ name: 'd_input', dtype: 'f32', shape: ['batch', 2] }]);
    expect(network.nodes.map(({ op }) => op)).toEqual(['Gemm', 'HardSigmoid', 'Identity']);
    expect(network.nodes[1]!.attributes).toEqual({ alpha: 0.2, beta: 0.5 });
  });

  test('are the same when a converter has put them a level deeper', () => {
    const { class_name, config } = LAYERS.modelTopology;
    const converted = {
      ...LAYERS,
      modelTopology: { keras_version: '2.2.4', model_config: { class_name, config } },
    };
    expect(importTfjs(converted, () => shard)).toEqual(importTfjs(LAYERS, () => shard));
  });

  test('damaged files are read or refused', async () => {
    const json = new TextEncoder().encode(JSON.stringify(LAYERS));
    await survives(damaged(json, 1500), (bytes) => importTfjs(parse(bytes), () => shard));
  });

  test('values of other types in any place are refused', async () => {
    await survives(distorted(LAYERS, 1500), (json) => importTfjs(json, () => shard));
  });
});

/** JSON, or undefined where damage has left none. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
