import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadEngines } from '../../cli/engines.ts';
import { Folder } from '../../cli/folder.ts';
import { compile, type ImportOptions, readNetwork } from '../../cli/network.ts';
import { writeNpy } from '../../cli/tensors/npy.ts';
import type { Network } from '../../models/network/types.ts';
import { pinpoint } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinpoint-import-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of two f32 tensors: weight [2,3] and bias [2] of a layer "fc". */
function safetensors(weight: readonly number[], bias: readonly number[]): Uint8Array {
  const header = JSON.stringify({
    'fc.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    'fc.bias': { dtype: 'F32', shape: [2], data_offsets: [24, 32] },
  });
  const file = new Uint8Array(8 + header.length + 32);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(new TextEncoder().encode(header), 8);
  const data = Float32Array.from([...weight, ...bias]);
  file.set(new Uint8Array(data.buffer), 8 + header.length);
  return file;
}

const DESCRIPTION = {
  format: 'pinpoint-network',
  version: 1,
  name: 'line',
  inputs: [{ name: 'x', shape: ['batch', 3] }],
  layers: [{ type: 'linear', name: 'fc' }],
};

test('a network file becomes a model, which runs and is verified against the file', async () => {
  writeFileSync(at('net.json'), JSON.stringify(DESCRIPTION));
  writeFileSync(at('net.safetensors'), safetensors([1, 2, 3, 4, 5, 6], [10, 20]));
  writeFileSync(at('other.safetensors'), safetensors([1, 2, 3, 4, 5, 7], [10, 20]));
  const options = ['--description', at('net.json'), '--dimension', 'batch=1', '--json'];
  const imported = await pinpoint(
    ...['import', at('net.safetensors'), '--out', at('net.bin'), ...options],
  );
  expect(imported).toMatchObject({ code: 0, error: '' });
  const report = JSON.parse(imported.out);
  expect(report).toMatchObject({ format: 'safetensors', parameters: 8, name: 'line' });
  expect(report.inputs).toEqual([{ name: 'x', dtype: 'f32', shape: [1, 3] }]);
  expect(report.fileBytes).toBe(readFileSync(at('net.bin')).length);

  const x = Float32Array.of(1, 10, 100);
  writeFileSync(
    at('x.npy'),
    writeNpy({ dtype: 'f32', shape: [3], data: new Uint8Array(x.buffer) }),
  );
  const [run, same, other] = await Promise.all([
    pinpoint('run', at('net.bin'), '--input', at('x.npy'), '--json'),
    pinpoint('verify', at('net.bin'), at('net.safetensors'), ...options),
    pinpoint('verify', at('net.bin'), at('other.safetensors'), ...options),
  ]);
  const { id, outputs } = JSON.parse(run.out);
  expect(id).toBe(report.id);
  expect(outputs[0].values).toEqual([[331, 674]]);
  expect(JSON.parse(same.out)).toMatchObject({ isSame: true, network: { isSameFile: true } });
  expect(other.code).toBe(1);
  expect(other.error).toMatch(
    /isn't what .* gives: its id is 0x.*the content of slot \d+ .* differs/,
  );
});

test('inspect names the operators of a network and says which aren’t supported', async () => {
  const layers = [
    { type: 'linear', name: 'fc' },
    { type: 'onnx', name: 'last', op: 'NoSuchThing', inputs: ['fc'] },
  ];
  writeFileSync(at('odd.json'), JSON.stringify({ ...DESCRIPTION, layers }));
  writeFileSync(at('odd.safetensors'), safetensors([1, 2, 3, 4, 5, 6], [1, 2]));
  const { code, out } = await pinpoint(
    ...['inspect', at('odd.safetensors'), '--description', at('odd.json'), '--json'],
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ kind: 'network', unsupported: ['NoSuchThing'] });
});

describe('a network file', () => {
  test('of no known format is refused, and so are weights without a network', () => {
    writeFileSync(at('text.onnx'), 'hello');
    writeFileSync(at('alone.safetensors'), safetensors([1, 2, 3, 4, 5, 6], [1, 2]));
    const read = (name: string) => () => readNetwork(at(name), {});
    expect(read('text.onnx')).toThrow('is no network of a known format: ONNX, TFLite');
    expect(read('alone.safetensors')).toThrow('give --description FILE.json');
    expect(read('none.onnx')).toThrow('there is no such file');
  });

  test('finds files beside it, and none outside its folder', () => {
    mkdirSync(at('inner'));
    for (const name of ['inner/model.json', 'inner/shard.bin', 'outside.bin']) {
      writeFileSync(at(name), name);
    }
    const folder = new Folder(at('inner/model.json'));
    const text = (name: string) => folder.get(name) && new TextDecoder().decode(folder.get(name));
    expect([...folder.keys()]).toEqual(['model.json']);
    expect(text('shard.bin')).toBe('inner/shard.bin');
    expect(text('none.bin')).toBeUndefined();
    symlinkSync(at('outside.bin'), at('inner/link.bin'));
    expect(text('link.bin')).toBeUndefined();
    for (const name of ['../outside.bin', 'a/../../outside.bin', at('outside.bin'), '..']) {
      expect(text(name)).toBeUndefined();
    }
  });
});

describe('options of an import', () => {
  const network: Network = {
    name: 'test',
    inputs: [
      { name: 'x', dtype: 'f32', shape: ['rows', 2] },
      { name: 'shape=', dtype: 'i64', shape: [2] },
    ],
    outputs: ['y'],
    constants: new Map(),
    nodes: [
      {
        ...{ op: 'Reshape', opset: 13, name: 'r', inputs: ['x', 'shape='], outputs: ['z'] },
        attributes: {},
      },
      { op: 'Relu', opset: 13, name: '', inputs: ['z'], outputs: ['y'], attributes: {} },
    ],
  };
  const engines = loadEngines();
  const sizeOf = (of: Network, options: ImportOptions): readonly number[] | undefined =>
    compile(of, options, engines).graph.slots.find(({ name }) => name === 'y')?.shape;
  const shapeOf = (options: ImportOptions) => sizeOf(network, options);

  test('give sizes, shapes and frozen values, by names with any characters', () => {
    const freeze = ['shape==[4,1]'];
    expect(shapeOf({ dimension: ['rows=2'], freeze })).toEqual([4, 1]);
    expect(shapeOf({ shape: ['x=1,4'], freeze })).toEqual([4, 1]);
    const data = new Uint8Array(BigInt64Array.of(3n, 2n).buffer);
    writeFileSync(at('shape.npy'), writeNpy({ dtype: 'i64', shape: [2], data }));
    expect(shapeOf({ dimension: ['rows=3'], freeze: [`shape==${at('shape.npy')}`] })).toEqual([
      3, 2,
    ]);
  });

  test('a batch is one, unless it is said', () => {
    const [x, shape] = network.inputs;
    const batched = { ...network, inputs: [{ ...x!, shape: ['batch_size', 2] }, shape!] };
    const freeze = ['shape==[2,1]'];
    expect(sizeOf(batched, { freeze })).toEqual([2, 1]);
    expect(sizeOf(batched, { dimension: ['batch_size=3'], freeze: ['shape==[6,1]'] })).toEqual([
      6, 1,
    ]);
  });

  test.each<[string, ImportOptions, string]>([
    ['an open dimension is named', {}, 'input "x" has the open dimension "rows" at axis 0'],
    [
      'an input that decides shapes must be frozen',
      { dimension: ['rows=2'] },
      'freeze it to a value',
    ],
    ['unknown inputs are told', { shape: ['z=1'] }, 'there is no input "z"; inputs here: "x", "sh'],
    ['so are unknown dimensions', { dimension: ['b=1'] }, 'open dimensions here: "rows"'],
    ['a size is a number', { dimension: ['rows=many'] }, '"many" is no size'],
    ['and not 0', { shape: ['x=0,2'] }, '"0" is no size'],
    ['a value is of the input’s shape', { freeze: ['shape==[1,2,3]'] }, 'a list of shape [3]; it'],
    ['and of its type', { freeze: ['shape==0.5'] }, 'i64 holds integers'],
    ['an option has "="', { freeze: ['shape'] }, 'no "=" in it'],
    ['a file must be there', { freeze: [`shape==${at('none.npy')}`] }, 'there is no such file'],
  ])('%s', (_, options, message) => {
    expect(() => compile(network, options, engines)).toThrow(message);
  });
});
