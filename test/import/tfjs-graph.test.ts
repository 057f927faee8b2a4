import { describe, expect, test } from 'vitest';
import { importTfjs } from '../../models/import/tfjs/index.ts';
import type { Network } from '../../models/network/types.ts';
import { distorted, survives } from '../support/hostile.ts';
import { arr, runLayer } from '../support/keras-reference/index.ts';
import { hasOnnxruntime, runInOnnxruntime } from '../support/onnxruntime.ts';
import { runNatively } from '../support/run-network.ts';

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

const s = (text: string) => ({ s: btoa(text) });
const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
const shape = (...sizes: number[]) => ({
  shape: { dim: sizes.map((size) => ({ size: String(size) })) },
});

type Constant = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly isInteger?: boolean;
};

const constant = (name: string, shape: readonly number[], values: readonly number[]): Constant => ({
  name,
  shape,
  values,
});
const integers = (name: string, ...values: number[]): Constant => ({
  name,
  shape: [values.length],
  values,
  isInteger: true,
});
const integer = (name: string, value: number): Constant => ({
  name,
  shape: [],
  values: [value],
  isInteger: true,
});

/** A graph model of nodes after one input `x`, and of constants. */
function model(
  input: readonly number[],
  nodes: readonly GraphNode[],
  constants: readonly Constant[] = [],
) {
  const bytes = new Uint8Array(4 * constants.reduce((sum, { values }) => sum + values.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { isInteger, values } of constants) {
    for (const value of values) {
      if (isInteger) view.setInt32(at, value, true);
      else view.setFloat32(at, value, true);
      at += 4;
    }
  }
  const json = {
    format: 'graph-model',
    modelTopology: {
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: { type: 'DT_FLOAT' }, shape: shape(...input) },
        },
        ...constants.map(({ isInteger, name }) => ({
          name,
          op: 'Const',
          attr: { dtype: { type: isInteger ? 'DT_INT32' : 'DT_FLOAT' } },
        })),
        ...nodes,
      ],
    },
    signature: { outputs: { y: { name: 'y:0' } } },
    weightsManifest: [
      {
        paths: ['w'],
        weights: constants.map(({ isInteger, name, shape }) => ({
          name,
          shape,
          dtype: isInteger ? 'int32' : 'float32',
        })),
      },
    ],
  };
  return { json, bytes };
}

const IMAGE = [1, 5, 6, 2];
const count = (sizes: readonly number[]): number => sizes.reduce((product, n) => product * n, 1);
const wave = (sizes: readonly number[]): number[] =>
  Array.from({ length: count(sizes) }, (_, i) => Math.fround(Math.sin(1 + i * i)));
const X = arr(IMAGE, wave(IMAGE));
const filter = constant('f', [3, 3, 2, 4], wave([3, 3, 2, 4]));
const bias = constant('b', [4], wave([4]));
const F = arr(filter.shape, filter.values);
const B = arr(bias.shape, bias.values);
const same = {
  strides: ints(1, 2, 2, 1),
  padding: s('SAME'),
  dilations: ints(1, 1, 1, 1),
  data_format: s('NHWC'),
};
const y = (op: string, input: string[], attr: Record<string, unknown> = {}): GraphNode => ({
  name: 'y',
  op,
  input,
  attr,
});

interface Case {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly constants?: readonly Constant[];
  readonly expected: { readonly shape: readonly number[]; readonly data: ArrayLike<number> };
}

const layer = (kind: string, config: Record<string, unknown>, weights = [F, B]) =>
  runLayer(kind, config, [X], weights);
const small = (values: number[], shape = [values.length]) => ({ shape, data: values });
const at = (i: number, j: number, k: number): number => X.data[(i * 6 + j) * 2 + k]!;

const CASES: readonly Case[] = [
  {
    title: 'Conv2D and BiasAdd',
    nodes: [{ name: 'c', op: 'Conv2D', input: ['x', 'f'], attr: same }, y('BiasAdd', ['c', 'b'])],
    constants: [filter, bias],
    expected: layer('Conv2D', { strides: 2, padding: 'same' }),
  },
  {
    title: '_FusedConv2D with Relu6',
    nodes: [
      y('_FusedConv2D', ['x', 'f', 'b'], {
        ...same,
        fused_ops: { list: { s: [btoa('BiasAdd'), btoa('Relu6')] } },
      }),
    ],
    constants: [filter, bias],
    expected: layer('Conv2D', { strides: 2, padding: 'same', activation: 'relu6' }),
  },
  {
    title: 'DepthwiseConv2dNative',
    nodes: [
      y('DepthwiseConv2dNative', ['x', 'f'], {
        ...same,
        strides: ints(1, 1, 1, 1),
        padding: s('VALID'),
      }),
    ],
    constants: [filter],
    expected: layer('DepthwiseConv2D', {}, [F]),
  },
  {
    title: 'Conv2DBackpropInput',
    nodes: [y('Conv2DBackpropInput', ['sizes', 'g', 'x'], same)],
    constants: [integers('sizes', 1, 10, 12, 3), constant('g', [3, 3, 3, 2], wave([3, 3, 3, 2]))],
    expected: layer('Conv2DTranspose', { strides: 2, padding: 'same' }, [
      arr([3, 3, 3, 2], wave([3, 3, 3, 2])),
    ]),
  },
  {
    title: 'AvgPool',
    nodes: [y('AvgPool', ['x'], { ...same, ksize: ints(1, 3, 3, 1) })],
    expected: layer('AveragePooling2D', { pool_size: 3, strides: 2, padding: 'same' }, []),
  },
  {
    title: 'FusedBatchNormV3',
    nodes: [
      y('FusedBatchNormV3', ['x', 'n', 'n', 'm', 'v'], {
        epsilon: { f: 0.01 },
        data_format: s('NHWC'),
      }),
    ],
    constants: [
      constant('n', [2], [2, 3]),
      constant('m', [2], [0.5, -0.5]),
      constant('v', [2], [1, 4]),
    ],
    expected: layer('BatchNormalization', { epsilon: 0.01 }, [
      arr([2], [2, 3]),
      arr([2], [2, 3]),
      arr([2], [0.5, -0.5]),
      arr([2], [1, 4]),
    ]),
  },
  {
    title: 'Mean over height and width, and _FusedMatMul',
    nodes: [
      { name: 'p', op: 'Mean', input: ['x', 'axes'], attr: {} },
      y('_FusedMatMul', ['p', 'w', 'c'], {
        fused_ops: { list: { s: [btoa('BiasAdd'), btoa('Relu')] } },
        transpose_b: { b: true },
      }),
    ],
    constants: [
      integers('axes', 1, 2),
      constant('w', [3, 2], [1, 2, 3, 4, 5, 6]),
      constant('c', [3], [0, 1, 0]),
    ],
    expected: (() => {
      const pooled = layer('GlobalAveragePooling2D', {}, []);
      return runLayer(
        'Dense',
        { activation: 'relu' },
        [pooled],
        [arr([2, 3], [1, 3, 5, 2, 4, 6]), arr([3], [0, 1, 0])],
      );
    })(),
  },
  {
    title: 'StridedSlice that drops, reverses and inserts axes',
    nodes: [
      y('StridedSlice', ['x', 'begin', 'end', 'strides'], {
        begin_mask: { i: '8' },
        end_mask: { i: '12' },
        shrink_axis_mask: { i: '3' },
        new_axis_mask: { i: '16' },
      }),
    ],
    constants: [
      integers('begin', 0, -2, 3, 0, 0),
      integers('end', 1, 9, 0, 0, 0),
      integers('strides', 1, 1, 1, -1, 1),
    ],
    expected: small(
      [3, 4, 5].flatMap((j) => [at(3, j, 1), at(3, j, 0)]),
      [3, 2, 1],
    ),
  },
  {
    title: 'Shape, StridedSlice, Pack and Reshape, as flattening is written',
    nodes: [
      { name: 'shape', op: 'Shape', input: ['x'], attr: {} },
      {
        name: 'batch',
        op: 'StridedSlice',
        input: ['shape', 'zero', 'one', 'one'],
        attr: { shrink_axis_mask: { i: '1' } },
      },
      { name: 'target', op: 'Pack', input: ['batch', 'rest'], attr: { N: { i: '2' } } },
      y('Reshape', ['x', 'target']),
    ],
    constants: [integers('zero', 0), integers('one', 1), integer('rest', -1)],
    expected: { shape: [1, 60], data: X.data },
  },
  {
    title: 'Split and ConcatV2',
    nodes: [
      { name: 'parts', op: 'Split', input: ['axis', 'x'], attr: { num_split: { i: 2 } } },
      y('ConcatV2', ['parts:1', 'parts', 'axis']),
    ],
    constants: [integer('axis', 3)],
    expected: { shape: IMAGE, data: X.data.map((_, i) => X.data[i ^ 1]!) },
  },
  {
    title: 'Unpack and AddN',
    nodes: [
      { name: 'parts', op: 'Unpack', input: ['x'], attr: { num: { i: 2 }, axis: { i: 3 } } },
      y('AddN', ['parts:0', 'parts:1']),
    ],
    expected: {
      shape: [1, 5, 6],
      data: Array.from({ length: 30 }, (_, i) => X.data[2 * i]! + X.data[2 * i + 1]!),
    },
  },
  {
    title: 'PadV2 and MirrorPad',
    nodes: [
      { name: 'padded', op: 'PadV2', input: ['x', 'pads', 'value'], attr: {} },
      { name: 'row', op: 'Slice', input: ['padded', 'from', 'size'], attr: {} },
      y('MirrorPad', ['row', 'more'], { mode: s('REFLECT') }),
    ],
    constants: [
      integers('pads', 0, 0, 1, 0, 0, 0, 0, 0),
      constant('value', [], [7]),
      integers('from', 0, 0, 0, 0),
      integers('size', 1, 2, 2, 1),
      integers('more', 0, 0, 0, 1, 0, 0, 0, 0),
    ],
    expected: small([7, 7, at(0, 0, 0), at(0, 1, 0), 7, 7], [1, 3, 2, 1]),
  },
  {
    title: 'arithmetic',
    nodes: [
      { name: 'd', op: 'SquaredDifference', input: ['x', 'two'], attr: {} },
      { name: 'r', op: 'Rsqrt', input: ['d'], attr: {} },
      { name: 'm', op: 'Maximum', input: ['r', 'x'], attr: {} },
      { name: 'q', op: 'RealDiv', input: ['m', 'two'], attr: {} },
      { name: 'l', op: 'LeakyRelu', input: ['x'], attr: { alpha: { f: 0.5 } } },
      y('Sub', ['q', 'l']),
    ],
    constants: [constant('two', [], [2])],
    expected: {
      shape: IMAGE,
      data: X.data.map((v) => Math.max(1 / Math.abs(v - 2), v) / 2 - (v > 0 ? v : v / 2)),
    },
  },
  {
    title: 'GatherV2, ExpandDims, Tile and Transpose',
    nodes: [
      { name: 'g', op: 'GatherV2', input: ['x', 'which', 'axis'], attr: {} },
      { name: 'e', op: 'ExpandDims', input: ['g', 'last'], attr: {} },
      { name: 't', op: 'Tile', input: ['e', 'times'], attr: {} },
      { name: 'q', op: 'Squeeze', input: ['t'], attr: { squeeze_dims: ints(0, 1) } },
      y('Transpose', ['q', 'perm']),
    ],
    constants: [
      integers('which', 3),
      integer('axis', 1),
      integer('last', -1),
      integers('times', 1, 1, 1, 1, 2),
      integers('perm', 1, 0, 2),
    ],
    expected: small(
      [0, 1].flatMap((k) => [0, 1, 2, 3, 4, 5].flatMap((j) => [at(3, j, k), at(3, j, k)])),
      [2, 6, 2],
    ),
  },
  {
    title: 'ResizeBilinear from half pixels',
    nodes: [y('ResizeBilinear', ['x', 'size'], { half_pixel_centers: { b: true } })],
    constants: [integers('size', 10, 12)],
    expected: layer('UpSampling2D', { size: 2, interpolation: 'bilinear' }, []),
  },
  {
    title: 'ResizeNearestNeighbor to a size that is computed',
    nodes: [
      { name: 'shape', op: 'Shape', input: ['x'], attr: {} },
      { name: 'sides', op: 'StridedSlice', input: ['shape', 'one', 'three', 'step'], attr: {} },
      { name: 'size', op: 'Mul', input: ['sides', 'factors'], attr: {} },
      y('ResizeNearestNeighbor', ['x', 'size']),
    ],
    constants: [
      integers('one', 1),
      integers('three', 3),
      integers('step', 1),
      integers('factors', 2, 3),
    ],
    expected: layer('UpSampling2D', { size: [2, 3] }, []),
  },
];

function imported({ constants, nodes }: Case): Network {
  const { bytes, json } = model(IMAGE, nodes, constants);
  return importTfjs(json, () => bytes);
}

function expectClose(actual: ArrayLike<number>, { data }: { data: ArrayLike<number> }): void {
  expect(actual.length).toBe(data.length);
  for (let i = 0; i < data.length; i++) {
    expect(Math.abs(actual[i]! - data[i]!)).toBeLessThan(1e-5 + 1e-4 * Math.abs(data[i]!));
  }
}

describe.each(CASES.map((one) => [one.title, one] as const))('%s', (_, one) => {
  const network = imported(one);

  test.skipIf(!hasOnnxruntime)('gives what TensorFlow defines, in onnxruntime', async () => {
    const results = await runInOnnxruntime(network, {
      x: { dims: IMAGE, data: Float32Array.from(X.data) },
    });
    expect(results.y!.dims).toEqual(one.expected.shape);
    expectClose(results.y!.data as Float32Array, one.expected);
  });

  test('gives what TensorFlow defines, compiled', async () => {
    expectClose(await runNatively(network, [Float32Array.from(X.data)]), one.expected);
  });
});

describe('graphs', () => {
  const relu = (name: string, input: string): GraphNode => ({ name, op: 'Relu', input: [input] });
  const read = (nodes: readonly GraphNode[]): Network => {
    const { bytes, json } = model(IMAGE, nodes);
    return importTfjs(json, () => bytes);
  };

  test('nodes may come in any order, and what only has to run before is no input', () => {
    const nodes = [relu('y', 'a'), { name: 'a', op: 'Tanh', input: ['x', '^never'] }];
    expect(read(nodes).nodes.map(({ op }) => op)).toEqual(['Tanh', 'Relu', 'Identity']);
  });

  test('open dimensions have names', () => {
    const { bytes, json } = model([-1, -1, 3], [relu('y', 'x')]);
    expect(importTfjs(json, () => bytes).inputs[0]!.shape).toEqual(['batch', 'x.1', 3]);
  });

  test('what the outputs do not need is left out, even if it is unknown', () => {
    expect(read([relu('y', 'x'), { name: 'z', op: 'Mystery', input: ['x'] }]).nodes).toHaveLength(
      2,
    );
  });

  test('all operators that are not supported are named at once', () => {
    const nodes = [
      { name: 'a', op: 'Foo', input: ['x'] },
      { name: 'b', op: 'Bar', input: ['a'] },
      relu('y', 'b'),
    ];
    expect(() => read(nodes)).toThrow('not supported: Bar, Foo');
  });

  test('loops are refused, through nodes that compute and through those that do not', () => {
    expect(() => read([relu('y', 'a'), relu('a', 'y')])).toThrow('loop');
    const passing = (name: string, input: string): GraphNode => ({
      name,
      op: 'Identity',
      input: [input],
    });
    expect(() => read([passing('y', 'a'), passing('a', 'y')])).toThrow('loop');
  });

  test('a chain of ninety thousand nodes is read without recursion', () => {
    const nodes = Array.from(
      { length: 90_000 },
      (_, i): GraphNode => ({
        name: i === 89_999 ? 'y' : `n${i}`,
        op: 'Identity',
        input: [i === 0 ? 'x' : `n${i - 1}`],
      }),
    );
    expect(() => read([...nodes].reverse())).not.toThrow();
  });

  test('a filter that many convolutions share is turned once', () => {
    const nodes = Array.from(
      { length: 300 },
      (_, i): GraphNode => ({ name: `c${i}`, op: 'Conv2D', input: ['x', 'f'], attr: same }),
    );
    const sum = y(
      'AddN',
      nodes.map(({ name }) => name),
    );
    const { bytes, json } = model(IMAGE, [...nodes, sum], [filter]);
    expect(importTfjs(json, () => bytes).constants.size).toBe(1);
  });

  test('values of other types in any place are refused', async () => {
    const { constants, nodes } = CASES[1]!;
    const { bytes, json } = model(IMAGE, nodes, constants);
    await survives(distorted(json, 1500), (one) => importTfjs(one, () => bytes));
  });
});
