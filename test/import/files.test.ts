import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { formatOf, importFile } from '../../models/import/index.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const TFJS = {
  modelTopology: {
    class_name: 'Sequential',
    config: {
      name: 'net',
      layers: [
        {
          class_name: 'Activation',
          config: { name: 'a', activation: 'relu', batch_input_shape: [null, 2] },
        },
      ],
    },
  },
  weightsManifest: [
    { paths: ['part/w.bin'], weights: [{ name: 'unused', shape: [1], dtype: 'float32' }] },
  ],
};
const DESCRIPTION = {
  format: 'pinpoint-network',
  version: 1,
  name: 'net',
  inputs: [{ name: 'x', shape: [2] }],
  layers: [{ type: 'relu', name: 'y' }],
};

function safetensors(): Uint8Array {
  const header = bytes({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } });
  return new Uint8Array([header.length, 0, 0, 0, 0, 0, 0, 0, ...header, 7]);
}

describe('files', () => {
  test('formats are told by content', () => {
    expect(formatOf(bytes(TFJS))).toBe('TensorFlow.js');
    expect(formatOf(safetensors())).toBe('safetensors');
    expect(formatOf(zipSync({ a: new Uint8Array(1) }))).toBe('PyTorch');
    expect(formatOf(new Uint8Array([0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33]))).toBe('TFLite');
    expect(formatOf(new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]))).toBe(
      'Keras',
    );
    expect(formatOf(new Uint8Array([0x08, 0x08, 0x12, 0]))).toBe('ONNX');
    expect(formatOf(bytes(DESCRIPTION))).toBeUndefined();
    expect(formatOf(new Uint8Array(0))).toBeUndefined();
  });

  test('shards lie beside model.json, whatever folder it is in', () => {
    const shard = new Uint8Array(4);
    const there = new Map([
      ['some/net.txt', bytes(TFJS)],
      ['some/part/w.bin', shard],
    ]);
    expect(importFile(there).network.outputs).toEqual(['a']);
    const elsewhere = new Map([
      ['some/net.txt', bytes(TFJS)],
      ['part/w.bin', shard],
    ]);
    expect(() => importFile(elsewhere)).toThrow('"part/w.bin" of the weights is missing');
  });

  test('weights alone ask for a description, and take one', () => {
    const weights = safetensors();
    expect(() => importFile(new Map([['w', weights]]))).toThrow('docs/importing.md');
    const { format, network } = importFile(
      new Map([
        ['w', weights],
        ['d', bytes(DESCRIPTION)],
      ]),
    );
    expect([format, network.outputs]).toEqual(['safetensors', ['y']]);
  });

  test('no file of a network, and several, are refused', () => {
    expect(() => importFile(new Map([['d', bytes(DESCRIPTION)]]))).toThrow(
      'no file of a network among d',
    );
    expect(() =>
      importFile(
        new Map([
          ['a', safetensors()],
          ['b', bytes(TFJS)],
        ]),
      ),
    ).toThrow('several files of networks: a, b');
  });
});
