import { create } from '@bufbuild/protobuf';
import { SparseTensorProtoSchema } from 'onnx-buf';
import { expect, test } from 'vitest';
import { readNumbers } from '../../models/compile/scalars.ts';
import { readOnnx, readOnnxTensor } from '../../models/import/onnx/index.ts';
import type { Network, TensorData } from '../../models/network/types.ts';
import {
  fileOf,
  float,
  floats,
  fromXToY,
  functionOf,
  graphAttribute,
  graphOf,
  integer,
  Kind,
  nodeOf,
  referring,
  Type,
  tensorAttribute,
  tensorFile,
  tensorOf,
  value,
} from '../support/onnx-file.ts';

const numbersOf = ({ data, dtype }: TensorData): number[] => readNumbers(dtype, data);
const wiring = ({ nodes }: Network): string[] =>
  nodes.map(({ inputs, op, outputs }) => `${op} ${inputs.join()} -> ${outputs.join()}`);

test('constants come from initializers and Constant nodes, and an initializer that is an input too is a constant', () => {
  const graph = fromXToY(
    [
      nodeOf('Constant', [], ['c'], [float('value_float', 2.5)]),
      nodeOf('Constant', [], ['t'], [tensorAttribute('value', floats('', [1, 2]))]),
      nodeOf('Sum', ['x', 'w', 'c', 't'], ['y']),
    ],
    { initializer: [floats('w', [3, 4])], input: [value('x', [2]), value('w', [2])] },
  );
  const network = readOnnx(fileOf(graph));
  expect(network.inputs.map(({ name }) => name)).toEqual(['x']);
  expect([...network.constants].map(([name, data]) => [name, data.shape, numbersOf(data)])).toEqual(
    [
      ['w', [2], [3, 4]],
      ['c', [], [2.5]],
      ['t', [2], [1, 2]],
    ],
  );
  expect(wiring(network)).toEqual(['Sum x,w,c,t -> y']);
});

test('nodes are put in an order in which values are made before they are used, subgraphs included', () => {
  const inner = graphOf({ node: [nodeOf('Neg', ['late'], ['z'])], output: [value('z')] });
  const branches = [graphAttribute('then_branch', inner), graphAttribute('else_branch', inner)];
  const nodes = [
    nodeOf('If', ['x'], ['y'], branches),
    nodeOf('Relu', ['early'], ['late']),
    nodeOf('Abs', ['x'], ['early']),
  ];
  const network = readOnnx(fileOf(fromXToY(nodes)));
  expect(network.nodes.map(({ op }) => op)).toEqual(['Abs', 'Relu', 'If']);
});

test('a function is inlined: attributes of the call, values of its own for every call, functions in functions', () => {
  const scaled = functionOf('Scaled', {
    input: ['a'],
    output: ['b'],
    attribute: ['by'],
    node: [
      nodeOf('Constant', [], ['k'], [referring('value_float', 'by', Kind.FLOAT)]),
      nodeOf('Mul', ['a', 'k'], ['b']),
    ],
  });
  const twice = functionOf('Twice', {
    input: ['a'],
    output: ['b'],
    node: [
      nodeOf('Scaled', ['a'], ['m'], [float('by', 2)], 'own'),
      nodeOf('Scaled', ['m'], ['b'], [float('by', 3)], 'own'),
    ],
  });
  const file = fileOf(fromXToY([nodeOf('Twice', ['x'], ['y'], [], 'own')]), [scaled, twice]);
  const network = readOnnx(file);
  expect(network.nodes.map(({ op }) => op)).toEqual(['Mul', 'Mul']);
  const [first, second] = network.nodes;
  expect(first!.inputs[0]).toBe('x');
  expect(second!.inputs[0]).toBe(first!.outputs[0]);
  expect(second!.outputs).toEqual(['y']);
  const factors = network.nodes.map(({ inputs }) => numbersOf(network.constants.get(inputs[1]!)!));
  expect(factors).toEqual([[2], [3]]);
});

test('operators of other domains have the domain as prefix, and the version that the file imports', () => {
  const nodes = [
    nodeOf('Foo', ['x'], ['a'], [integer('i', 7)], 'own'),
    nodeOf('Relu', ['a'], ['y'], [], 'ai.onnx'),
  ];
  const network = readOnnx(fileOf(fromXToY(nodes)));
  expect(network.nodes.map(({ op, opset }) => [op, opset])).toEqual([
    ['own:Foo', 1],
    ['Relu', 17],
  ]);
  expect(network.nodes[0]!.attributes.i).toBe(7);
});

test.each<[string, Uint8Array, string, number[]]>([
  [
    'half floats, as bits in integers',
    tensorFile(tensorOf('', Type.FLOAT16, [2], { int32Data: [0x3c00, 0xc000] })),
    'f16',
    [1, -2],
  ],
  [
    'bfloat16',
    tensorFile(tensorOf('', Type.BFLOAT16, [1], { int32Data: [0x3fc0] })),
    'bf16',
    [1.5],
  ],
  [
    'booleans, whatever their byte is',
    tensorFile(tensorOf('', Type.BOOL, [3], { rawData: Uint8Array.of(0, 7, 1) })),
    'bool',
    [0, 1, 1],
  ],
  [
    'u16 in integers',
    tensorFile(tensorOf('', Type.UINT16, [1], { int32Data: [65535] })),
    'u16',
    [65535],
  ],
  [
    'u32 in 64-bit integers',
    tensorFile(tensorOf('', Type.UINT32, [1], { uint64Data: [4294967295n] })),
    'u32',
    [4294967295],
  ],
  ['negative i64', tensorFile(tensorOf('', Type.INT64, [1], { int64Data: [-5n] })), 'i64', [-5]],
  ['doubles', tensorFile(tensorOf('', Type.DOUBLE, [1], { doubleData: [0.1] })), 'f64', [0.1]],
  [
    'four-bit integers, the first in the lower half',
    tensorFile(tensorOf('', Type.INT4, [3], { rawData: Uint8Array.of(0x8f, 0x07) })),
    'i8',
    [-1, -8, 7],
  ],
  ['no elements', tensorFile(tensorOf('', Type.FLOAT, [0, 3])), 'f32', []],
])('a tensor of %s', (_, file, dtype, values) => {
  const tensor = readOnnxTensor(file);
  expect(tensor.dtype).toBe(dtype);
  expect(numbersOf(tensor)).toEqual(values);
});

test('sparse constants are written out, their places given by one index or one for each axis', () => {
  const sparse = (name: string, dims: number[], indices: bigint[]) =>
    create(SparseTensorProtoSchema, {
      dims: [2n, 3n],
      values: floats(name, [5, 6]),
      indices: tensorOf('', Type.INT64, dims, { int64Data: indices }),
    });
  const graph = fromXToY([nodeOf('Foo', ['x', 'linear', 'pairs'], ['y'], [], 'own')], {
    sparseInitializer: [sparse('linear', [2], [1n, 5n]), sparse('pairs', [2, 2], [0n, 0n, 1n, 1n])],
  });
  const { constants } = readOnnx(fileOf(graph));
  expect(numbersOf(constants.get('linear')!)).toEqual([0, 5, 0, 0, 0, 6]);
  expect(numbersOf(constants.get('pairs')!)).toEqual([5, 0, 0, 0, 6, 0]);
});

test('dimensions without a size have the name that the file gives, or one of their own', () => {
  const graph = graphOf({
    input: [value('x', ['batch', 3, '']), value('z')],
    output: [value('y')],
    node: [nodeOf('Add', ['x', 'z'], ['y'])],
  });
  expect(readOnnx(fileOf(graph)).inputs).toEqual([
    { name: 'x', dtype: 'f32', shape: ['batch', 3, 'x.2'] },
    { name: 'z', dtype: 'f32' },
  ]);
});
