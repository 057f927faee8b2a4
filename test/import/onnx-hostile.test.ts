import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import {
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNumbers } from '../../models/compile/scalars.ts';
import { readBeside } from '../../models/import/onnx/files.ts';
import { readOnnx, readOnnxTensor } from '../../models/import/onnx/index.ts';
import {
  fileOf,
  floats,
  fromXToY,
  functionOf,
  graphAttribute,
  graphOf,
  nodeOf,
  Type,
  tensorFile,
  tensorOf,
  value,
} from '../support/onnx-file.ts';

const refused = (read: () => unknown, message: RegExp): void => {
  expect(read).toThrow(
    expect.objectContaining({ code: 'BAD_NETWORK', message: expect.stringMatching(message) }),
  );
};
const relu = nodeOf('Relu', ['x'], ['y']);

test('a file that is cut off anywhere is refused, or is a shorter file', () => {
  const file = fileOf(fromXToY([relu], { initializer: [floats('w', [1, 2, 3])] }));
  for (let length = 0; length < file.length; length++) {
    try {
      readOnnx(file.subarray(0, length));
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_NETWORK' });
    }
  }
});

test.each<[string, number[], RegExp]>([
  ['nothing', [], /no graph/],
  ['a length beyond the file', [0x3a, 0xff, 0xff, 0xff, 0xff, 0x07], /announced/],
  ['a number without end', new Array<number>(12).fill(0xff), /more than 10 bytes/],
  ['a group', [0x3b], /wire type 3/],
  ['a graph that is a number', [0x38, 0x01], /wire type 0/],
])('%s', (_, bytes, message) => {
  refused(() => readOnnx(Uint8Array.from(bytes)), message);
});

test.each<[string, () => Uint8Array, RegExp]>([
  [
    'nodes that depend on each other in a circle',
    () =>
      fileOf(
        fromXToY([
          nodeOf('Add', ['x', 'b'], ['a']),
          nodeOf('Relu', ['a'], ['b']),
          nodeOf('Relu', ['b'], ['y']),
        ]),
      ),
    /depends on itself/,
  ],
  [
    'a node that depends on itself',
    () => fileOf(fromXToY([nodeOf('Relu', ['y'], ['y'])])),
    /depends on itself/,
  ],
  ['two nodes that make one value', () => fileOf(fromXToY([relu, relu])), /two nodes make "y"/],
  [
    'two constants of one name',
    () => fileOf(fromXToY([relu], { initializer: [floats('w', [1]), floats('w', [2])] })),
    /two constants/,
  ],
  [
    'two inputs of one name',
    () => fileOf(fromXToY([relu], { input: [value('x', [2]), value('x', [2])] })),
    /two inputs/,
  ],
  [
    'a node that makes what is there already',
    () => fileOf(fromXToY([nodeOf('Relu', ['x'], ['x'])])),
    /depends on itself|there already/,
  ],
  [
    'an input that nothing makes',
    () => fileOf(fromXToY([nodeOf('Add', ['x', 'z'], ['y'])])),
    /"z" is used, and nothing makes it/,
  ],
  [
    'an output that nothing makes',
    () => fileOf(fromXToY([relu], { output: [value('z')] })),
    /"z" is used/,
  ],
  [
    'an operator set that is not imported',
    () => fileOf(fromXToY([nodeOf('Foo', ['x'], ['y'], [], 'other')])),
    /no version of "other"/,
  ],
  [
    'a function that calls itself',
    () =>
      fileOf(fromXToY([nodeOf('F', ['x'], ['y'], [], 'own')]), [
        functionOf('F', {
          input: ['a'],
          output: ['b'],
          node: [nodeOf('F', ['a'], ['b'], [], 'own')],
        }),
      ]),
    /deep/,
  ],
])('%s', (_, file, message) => {
  refused(() => readOnnx(file()), message);
});

test('functions that multiply are refused quickly', () => {
  const functions = Array.from({ length: 30 }, (_, i) =>
    functionOf(`F${i}`, {
      input: ['a'],
      output: ['b'],
      node:
        i === 0
          ? [nodeOf('Relu', ['a'], ['b'])]
          : [
              nodeOf(`F${i - 1}`, ['a'], ['m'], [], 'own'),
              nodeOf(`F${i - 1}`, ['m'], ['b'], [], 'own'),
            ],
    }),
  );
  const file = fileOf(fromXToY([nodeOf('F29', ['x'], ['y'], [], 'own')]), functions);
  refused(() => readOnnx(file), /more than \d+ nodes/);
});

test('thousands of graphs in each other are refused, thousands beside each other are read', () => {
  const nest = (depth: number) => {
    let graph = graphOf({ node: [nodeOf('Neg', ['x'], ['z'])], output: [value('z')] });
    for (let i = 0; i < depth; i++) {
      const branches = [
        graphAttribute('then_branch', graph),
        graphAttribute('else_branch', graphOf({})),
      ];
      graph = graphOf({ node: [nodeOf('If', ['x'], ['z'], branches)], output: [value('z')] });
    }
    return graph;
  };
  refused(
    () =>
      readOnnx(
        fileOf(fromXToY([nodeOf('If', ['x'], ['y'], [graphAttribute('then_branch', nest(40))])])),
      ),
    /deep/,
  );
  const many = Array.from({ length: 3000 }, (_, i) =>
    nodeOf('If', ['x'], [`y${i}`], [graphAttribute('then_branch', nest(0))]),
  );
  expect(readOnnx(fileOf(fromXToY([...many, relu]))).nodes).toHaveLength(3001);
});

test('a long chain of nodes in reverse order is sorted', () => {
  const n = 20_000;
  const chain = Array.from({ length: n }, (_, i) =>
    nodeOf('Relu', [i === 0 ? 'x' : `v${i}`], [i === n - 1 ? 'y' : `v${i + 1}`]),
  );
  const { nodes } = readOnnx(fileOf(fromXToY(chain.reverse())));
  expect(nodes[0]!.inputs).toEqual(['x']);
});

test('millions of empty nodes are refused before they become objects', () => {
  // A graph field of n empty nodes: two bytes each.
  const n = 9_000_000;
  const header = [0x3a, ...varint(2 * n)];
  const file = new Uint8Array(header.length + 2 * n);
  file.set(header);
  for (let i = 0; i < n; i++) file[header.length + 2 * i] = 0x0a;
  refused(() => readOnnx(file), /more than \d+ fields/);
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

test.each<[string, () => Uint8Array, RegExp]>([
  [
    'dimensions of which the product is absurd',
    () => tensorFile(tensorOf('w', Type.FLOAT, [2 ** 40, 2 ** 40])),
    /elements|takes/,
  ],
  ['a negative dimension', () => tensorFile(tensorOf('w', Type.FLOAT, [-1])), /dimension of -1/],
  [
    'an absurd rank',
    () => tensorFile(tensorOf('w', Type.FLOAT, new Array<number>(40).fill(1))),
    /rank 40/,
  ],
  [
    'too little data',
    () => tensorFile(tensorOf('w', Type.FLOAT, [3], { rawData: new Uint8Array(8) })),
    /takes 12 bytes/,
  ],
  [
    'too many values',
    () => tensorFile(tensorOf('w', Type.FLOAT, [1], { floatData: [1, 2] })),
    /takes 1 values/,
  ],
  [
    'values that are missing',
    () => tensorFile(tensorOf('w', Type.FLOAT, [1e6])),
    /takes 1000000 values/,
  ],
])('a tensor with %s', (_, file, message) => {
  refused(() => readOnnxTensor(file()), message);
});

test('tensors of strings are refused by name', () => {
  const file = tensorFile(tensorOf('w', Type.STRING, [0]));
  expect(() => readOnnxTensor(file)).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED_OPERATOR',
      message: expect.stringContaining('strings'),
    }),
  );
});

test('sparse tensors that would be huge when written out are refused', () => {
  const sparse = create(SparseTensorProtoSchema, {
    dims: [100_000n, 100_000n],
    values: floats('w', [1]),
    indices: tensorOf('', Type.INT64, [1], { int64Data: [0n] }),
  });
  expect(() => readOnnx(fileOf(fromXToY([relu], { sparseInitializer: [sparse] })))).toThrow(
    /too large/,
  );
});

describe('external data', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'onnx-'));
    mkdirSync(join(root, 'model', 'sub'), { recursive: true });
    writeFileSync(join(root, 'secret'), 'secretsecret');
    writeFileSync(
      join(root, 'model', 'weights'),
      new Uint8Array(new Float32Array([9, 1, 2]).buffer),
    );
    writeFileSync(join(root, 'model', 'sub', 'weights'), new Uint8Array(8));
    symlinkSync('../secret', join(root, 'model', 'link'));
    symlinkSync('..', join(root, 'model', 'up'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const stored = (entries: Record<string, string>) =>
    fileOf(
      fromXToY([nodeOf('Add', ['x', 'w'], ['y'])], {
        initializer: [
          tensorOf('w', Type.FLOAT, [2], {
            dataLocation: TensorProto_DataLocation.EXTERNAL,
            externalData: Object.entries(entries).map(([key, value]) =>
              create(StringStringEntryProtoSchema, { key, value }),
            ),
          }),
        ],
      }),
    );
  const read = (entries: Record<string, string>) =>
    readOnnx(stored(entries), { external: readBeside(join(root, 'model')) });

  test('is read from its place in a file of the folder', () => {
    const { data } = read({ location: 'weights', offset: '4', length: '8' }).constants.get('w')!;
    expect(readNumbers('f32', data)).toEqual([1, 2]);
    read({ location: 'sub/weights' });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['an absolute path', { location: '/etc/passwd' }, /must lie in the model's folder/],
    ['a path upwards', { location: '../secret' }, /must lie in the model's folder/],
    ['a path down and upwards', { location: 'sub/../../secret' }, /must lie in/],
    ['a link out of the folder', { location: 'link' }, /a link leads out/],
    ['a link to the folder above', { location: 'up/secret' }, /a link leads out/],
    ['a folder', { location: 'sub' }, /no file/],
    ['a file that is missing', { location: 'gone' }, /ENOENT/],
    ['a place beyond the end', { location: 'weights', offset: '8' }, /8 bytes at 8 of 12/],
    ["a length that is not the tensor's", { location: 'weights', length: '12' }, /takes 8 bytes/],
    ['an offset that is no number', { location: 'weights', offset: '-4' }, /offset "-4"/],
    ['no location', { offset: '0' }, /without a location/],
  ])('is refused: %s', (_, entries, message) => {
    refused(() => read(entries), message);
  });

  test('is refused where no folder is given', () => {
    refused(() => readOnnx(stored({ location: 'weights' })), /isn't at hand/);
  });
});
