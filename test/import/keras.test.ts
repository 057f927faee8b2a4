import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import * as h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importFile } from '../../models/import/index.ts';
import { openHdf5 } from '../../models/import/keras/hdf5/index.ts';
import { importKeras } from '../../models/import/keras/index.ts';
import { damaged, survives } from '../support/hostile.ts';

/** The library writes to the disk. */
const folder = mkdtempSync(join(tmpdir(), 'pinpoint-hdf5-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What h5py, and so Keras, asks for: the earliest layout that can hold the content. */
const EARLIEST: [h5wasm.LIBVER_BOUND, h5wasm.LIBVER_BOUND] = ['earliest', 'latest'];

/** An HDF5 file as the library of its authors writes it. */
async function written(
  fill: (file: h5wasm.File) => void,
  options: h5wasm.FileOptions = { libver: EARLIEST },
): Promise<Uint8Array> {
  await h5wasm.ready;
  const path = join(folder, 'written.h5');
  const file = new h5wasm.File(path, 'w', options);
  fill(file);
  file.close();
  return new Uint8Array(readFileSync(path));
}

const DENSE = {
  class_name: 'Sequential',
  config: {
    name: 'tiny',
    layers: [
      {
        class_name: 'InputLayer',
        config: { name: 'x', batch_input_shape: [null, 2], dtype: 'float32' },
      },
      {
        class_name: 'Dense',
        config: { name: 'dense', units: 3, activation: 'relu', use_bias: true },
      },
    ],
  },
};
const KERNEL = Float32Array.from([1, 2, 3, 4, 5, 6]);

function fillDense(file: h5wasm.File, config: unknown = DENSE, version = '2.4.0'): void {
  file.create_attribute('keras_version', version);
  file.create_attribute('model_config', JSON.stringify(config));
  const weights = file.create_group('model_weights');
  weights.create_attribute('layer_names', ['dense']);
  const dense = weights.create_group('dense');
  dense.create_attribute('weight_names', ['dense/kernel:0', 'dense/bias:0']);
  const inner = dense.create_group('dense');
  inner.create_dataset({ name: 'kernel:0', data: KERNEL, shape: [2, 3] });
  inner.create_dataset({ name: 'bias:0', data: new Float32Array(3), shape: [3] });
}

let dense: Uint8Array;
beforeAll(async () => {
  dense = await written((file) => fillDense(file));
});

const bytes = (values: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(values.buffer.slice(0));

describe('HDF5', () => {
  test.each([EARLIEST, 'v108', 'v110'] as const)(
    'small files of layout %s are read',
    async (libver) => {
      const file = await written((to) => fillDense(to), { libver });
      const kernel = openHdf5(file).dataset('model_weights/dense/dense/kernel:0');
      expect(kernel).toEqual({ dtype: 'f32', shape: [2, 3], data: bytes(KERNEL) });
      expect(openHdf5(file).group('model_weights/dense').texts('weight_names')).toHaveLength(2);
    },
  );

  test('large groups in the layout of newer versions are refused with advice', async () => {
    const file = await written(
      (to) => {
        for (let i = 0; i < 20; i++) to.create_group(`member ${i}`);
      },
      { libver: 'latest' },
    );
    expect(() => openHdf5(file)).toThrow('earliest layout');
  });

  test('groups of many members are trees', async () => {
    const names = Array.from({ length: 700 }, (_, i) => `member ${i}`);
    const file = await written((to) => {
      for (const name of names) to.create_group(name);
    });
    expect(openHdf5(file).keys().toSorted()).toEqual(names.toSorted());
  });

  test.each([
    ['in chunks', {}],
    ['compressed', { compression: 'gzip' as const }],
  ])('datasets %s are put together', async (_, options) => {
    const values = Float64Array.from({ length: 7 * 11 }, (_, i) => Math.sqrt(i));
    const file = await written((to) => {
      to.create_dataset({ name: 'd', data: values, shape: [7, 11], chunks: [3, 4], ...options });
    });
    expect(openHdf5(file).dataset('d')).toEqual({
      dtype: 'f64',
      shape: [7, 11],
      data: bytes(values),
    });
  });

  test('a number of bytes that the file does not have is refused before anything is allocated', async () => {
    const file = await written((to) => {
      to.create_dataset({ name: 'd', data: new Float32Array(4), shape: [4] });
    });
    const view = new DataView(file.buffer);
    for (let at = 0; at + 8 <= file.length; at++) {
      if (view.getBigUint64(at, true) === 4n) view.setBigUint64(at, 2n ** 28n, true);
    }
    expect(() => openHdf5(file).dataset('d')).toThrow(
      expect.objectContaining({ code: 'BAD_NETWORK' }),
    );
  });

  test('damaged files are read or refused', async () => {
    const chunked = await written((to) => {
      to.create_dataset({
        name: 'd',
        data: new Float32Array(64),
        shape: [8, 8],
        chunks: [3, 4],
        compression: 'gzip',
      });
    });
    await survives(damaged(dense, 1000), importKeras);
    await survives(damaged(chunked, 500), (file) => openHdf5(file).dataset('d'));
  });
});

/** Model and weights of one file, with another configuration. */
const withConfig = (config: unknown, version?: string): Promise<Uint8Array> =>
  written((file) => fillDense(file, config, version));

const functional = (layers: unknown[], output: unknown = [['dense', 0, 0]]) => ({
  class_name: 'Functional',
  config: { name: 'net', layers, input_layers: [['x', 0, 0]], output_layers: output },
});
const source = {
  class_name: 'InputLayer',
  config: { name: 'x', batch_input_shape: [null, 2] },
  inbound_nodes: [],
};
const layer = (class_name: string, name: string, from: string, config = {}) => ({
  class_name,
  config: { name, units: 3, ...config },
  inbound_nodes: [[[from, 0, 0, {}]]],
});

describe('Keras models', () => {
  test('a Sequential model becomes a network with named input and output', () => {
    const network = importKeras(dense);
    expect(network.name).toBe('tiny');
    expect(network.inputs).toEqual([{ name: 'x', dtype: 'f32', shape: ['batch', 2] }]);
    expect(network.outputs).toEqual(['dense']);
    expect(network.nodes.map(({ op }) => op)).toEqual(['Gemm', 'Relu', 'Identity']);
  });

  test('layers may come in any order', async () => {
    const layers = [layer('Dense', 'dense', 'first'), layer('Dropout', 'first', 'x'), source];
    expect(importKeras(await withConfig(functional(layers))).outputs).toEqual(['dense']);
  });

  test('calls as Keras 3 writes them are the same', async () => {
    const tensor = {
      class_name: '__keras_tensor__',
      config: { shape: [null, 2], dtype: 'float32', keras_history: ['x', 0, 0] },
    };
    const newer = {
      class_name: 'Functional',
      config: {
        name: 'tiny',
        layers: [
          {
            class_name: 'InputLayer',
            config: { name: 'x', batch_shape: [null, 2], dtype: 'float32' },
            inbound_nodes: [],
          },
          {
            class_name: 'Dense',
            config: {
              name: 'dense',
              units: 3,
              activation: 'relu',
              dtype: { class_name: 'DTypePolicy', config: { name: 'float32' } },
            },
            inbound_nodes: [{ args: [tensor], kwargs: {} }],
          },
        ],
        input_layers: ['x', 0, 0],
        output_layers: ['dense', 0, 0],
      },
    };
    expect(importKeras(await withConfig(newer, '3.4.1'))).toEqual(importKeras(dense));
  });

  test('a model within a model finds its weights', async () => {
    const inner = { ...DENSE, inbound_nodes: [[['x', 0, 0, {}]]] };
    const file = await withConfig(functional([source, inner], [['tiny', 0, 0]]));
    expect(importKeras(file).nodes.map(({ op }) => op)).toEqual(['Gemm', 'Relu', 'Identity']);
  });

  test('all layers and activations that are not supported are named at once', async () => {
    const layers = [
      source,
      layer('Lambda', 'a', 'x'),
      layer('Attention', 'b', 'a'),
      layer('Dense', 'dense', 'b', { activation: 'mine' }),
    ];
    const file = await withConfig(functional(layers));
    expect(() => importKeras(file)).toThrow('not supported: Attention, Lambda, activation mine');
  });

  test.each([
    [
      'layers that wait for each other',
      functional([source, layer('Dense', 'dense', 'b'), layer('Dropout', 'b', 'dense')]),
    ],
    ["a layer that isn't there", functional([source, layer('Dense', 'dense', 'nothing')])],
    [
      'two layers of one name',
      functional([source, layer('Dense', 'dense', 'x'), layer('Dense', 'dense', 'x')]),
    ],
    [
      'weights of another shape',
      functional([
        { ...source, config: { name: 'x', batch_input_shape: [null, 5] } },
        layer('Dense', 'dense', 'x'),
      ]),
    ],
    [
      'an absurd dimension',
      functional([
        { ...source, config: { name: 'x', batch_input_shape: [null, 1e300] } },
        layer('Dense', 'dense', 'x'),
      ]),
    ],
    ['no layers', functional([])],
    ['a list instead of a model', [1, 2]],
  ])('%s: refused', async (_, config) => {
    const file = await withConfig(config);
    expect(() => importKeras(file)).toThrow(expect.objectContaining({ code: 'BAD_NETWORK' }));
  });

  test('models that lie too deep in models are refused', async () => {
    let config: unknown = DENSE;
    for (let depth = 0; depth < 40; depth++)
      config = { class_name: 'Sequential', config: { name: `m${depth}`, layers: [config] } };
    const file = await withConfig(config);
    expect(() => importKeras(file)).toThrow('deep');
  });

  test('models that call models that call models are counted', async () => {
    let inner: unknown = { class_name: 'Dropout', config: { name: 'last' } };
    for (let depth = 0; depth < 12; depth++) {
      const call = (from: string) => [[from, 0, 0, {}]];
      const calls = [call('x'), ...Array.from({ length: 9 }, (_, i) => [[`m${depth}`, i, 0, {}]])];
      const model = { ...(inner as object), name: `m${depth}`, inbound_nodes: calls };
      const named = {
        ...model,
        config: { ...(inner as { config: object }).config, name: `m${depth}` },
      };
      inner = functional([source, named], [[`m${depth}`, 9, 0]]);
    }
    const file = await withConfig(inner);
    expect(() => importKeras(file)).toThrow('calls of layers');
  });
});

describe('Keras archives', () => {
  const lstm = { units: 2, return_sequences: true };
  const config = {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 3, 2] } },
        { class_name: 'Dense', config: { name: 'one', units: 2 } },
        { class_name: 'Dense', config: { name: 'two', units: 2, use_bias: false } },
        {
          class_name: 'Bidirectional',
          config: {
            name: 'both',
            merge_mode: 'concat',
            layer: { class_name: 'LSTM', config: { name: 'l', ...lstm } },
          },
        },
      ],
    },
  };
  const filled = (count: number, value: number): Float32Array =>
    new Float32Array(count).fill(value);

  test('weights are found by classes and numbers', async () => {
    const weights = await written((file) => {
      const layers = file.create_group('layers');
      const put = (path: string, ...tensors: [number[], number][]): void => {
        const parts = [...path.split('/'), 'vars'];
        const vars = parts.reduce<h5wasm.Group>(
          (at, part) => (at.get(part) as h5wasm.Group | null) ?? at.create_group(part),
          layers,
        );
        tensors.forEach(([shape, value], i) => {
          vars.create_dataset({
            name: `${i}`,
            data: filled(
              shape.reduce((x, y) => x * y),
              value,
            ),
            shape,
          });
        });
      };
      put('dense', [[2, 2], 1], [[2], 2]);
      put('dense_1', [[2, 2], 3]);
      put('bidirectional/forward_layer/cell', [[2, 8], 4], [[2, 8], 5], [[8], 6]);
      put('bidirectional/backward_layer/cell', [[2, 8], 7], [[2, 8], 8], [[8], 9]);
    });
    const file = zipSync({
      'config.json': new TextEncoder().encode(JSON.stringify(config)),
      'metadata.json': new Uint8Array(0),
      'model.weights.h5': weights,
    });
    const { format, network } = importFile(new Map([['net', file]]));
    expect(format).toBe('Keras');
    const first = (name: string): number =>
      new Float32Array(network.constants.get(name)!.data.slice(0, 4).buffer)[0]!;
    const names = [
      'one/kernel',
      'one/bias',
      'two/kernel',
      'both/kernel',
      'both/recurrent_kernel',
      'both/bias',
      'both/kernel_2',
      'both/recurrent_kernel_2',
      'both/bias_2',
    ];
    expect(names.map(first)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
