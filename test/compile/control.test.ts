import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { type CompileOptions, compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import { type Dtype, groupOf } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import type {
  AttributeValue,
  Network,
  NetworkInput,
  Node,
  TensorData,
} from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };

function node(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, AttributeValue> = {},
  opset = 17,
): Node {
  return { op, opset, name: '', inputs, outputs, attributes };
}

const tensor = (dtype: Dtype, shape: number[], values: number[]): TensorData => ({
  dtype,
  shape,
  data: writeNumbers(dtype, values),
});
const input = (name: string, dtype: Dtype = 'f32', shape: number[] = []): NetworkInput => ({
  name,
  dtype,
  shape,
});

interface Parts {
  readonly inputs?: NetworkInput[];
  readonly constants?: Record<string, TensorData>;
  readonly nodes?: Node[];
  readonly outputs: string[];
}

const graph = ({ constants = {}, inputs = [], nodes = [], outputs }: Parts): Network => ({
  name: 'test',
  inputs,
  outputs,
  constants: new Map(Object.entries(constants)),
  nodes,
});

const compile = (network: Network, options: Partial<CompileOptions> = {}) =>
  compileNetwork(network, { kernels: engines.kernels, ...options });

/** Results by name of a network whose inputs are the given numbers. */
async function run(network: Network, values: number[][], options: Partial<CompileOptions> = {}) {
  const compiled = compile(network, options);
  const slots = compiled.graph.slots.filter(({ slot }) => groupOf(slot) === 'input');
  const model = await loadModel(writeBundle(compiled.graph), engines);
  const { outputs } = await model.run(slots.map(({ dtype }, i) => writeNumbers(dtype, values[i]!)));
  const results = compiled.graph.slots.filter(({ slot }) => groupOf(slot) === 'output');
  return Object.fromEntries(
    compiled.outputs.map((name, i) => [name, readNumbers(results[i]!.dtype, outputs[i]!)]),
  );
}

const kernelsOf = (network: Network, options?: Partial<CompileOptions>): string[] =>
  compile(network, options).graph.program.map((call) =>
    call.kind === 'call' ? call.kernel : call.kind,
  );

const branches = graph({
  inputs: [input('cond', 'bool'), input('x', 'f32', [2])],
  nodes: [
    node('If', ['cond'], ['y'], {
      then_branch: graph({ nodes: [node('Relu', ['x'], ['a'])], outputs: ['a'] }),
      else_branch: graph({ nodes: [node('Mul', ['x', 'x'], ['b'])], outputs: ['b'] }),
    }),
  ],
  outputs: ['y'],
});

test('an If whose condition is known is one of its branches', () => {
  const frozen = new Map([['cond', tensor('bool', [], [1])]]);
  expect(kernelsOf(branches, { frozen })).toEqual(['relu']);
});

test('an If whose condition is known at run time chooses between the results of both branches', async () => {
  expect(await run(branches, [[1], [-3, 4]])).toEqual({ y: [0, 4] });
  expect(await run(branches, [[0], [-3, 4]])).toEqual({ y: [9, 16] });
});

test('an If whose branches give different shapes needs its condition', () => {
  const network = graph({
    inputs: [input('cond', 'bool')],
    nodes: [
      node('If', ['cond'], ['y'], {
        then_branch: graph({ constants: { a: tensor('f32', [2], [1, 2]) }, outputs: ['a'] }),
        else_branch: graph({ constants: { b: tensor('f32', [1], [3]) }, outputs: ['b'] }),
      }),
    ],
    outputs: ['y'],
  });
  expect(() => compile(network)).toThrow(
    expect.objectContaining({
      code: 'NOT_STATIC',
      message: expect.stringContaining('f32 [2] or f32 [1]'),
    }),
  );
});

/** Adds x to its state, for as long as the state is below 5 if `open`; collects the states. */
function adding({
  collects,
  open,
  trips,
}: {
  collects: boolean;
  open: boolean;
  trips?: number;
}): Network {
  const body = graph({
    inputs: [input('i', 'i64'), input('go', 'bool'), input('state')],
    constants: { five: tensor('f32', [], [5]) },
    nodes: [
      node('Add', ['state', 'x'], ['next']),
      open ? node('Less', ['next', 'five'], ['goes']) : node('Identity', ['go'], ['goes']),
    ],
    outputs: ['goes', 'next', ...(collects ? ['next'] : [])],
  });
  return graph({
    inputs: [input('x')],
    constants: {
      zero: tensor('f32', [], [0]),
      ...(trips === undefined ? {} : { trips: tensor('i64', [], [trips]) }),
    },
    nodes: [
      node(
        'Loop',
        [trips === undefined ? '' : 'trips', '', 'zero'],
        ['last', ...(collects ? ['all'] : [])],
        { body },
      ),
    ],
    outputs: ['last', ...(collects ? ['all'] : [])],
  });
}

test('a Loop is unrolled and collects', async () => {
  expect(await run(adding({ trips: 3, open: false, collects: true }), [[2]])).toEqual({
    last: [6],
    all: [2, 4, 6],
  });
});

test('a Loop whose condition is known only at run time keeps its state from where it would have ended', async () => {
  const network = adding({ trips: 6, open: true, collects: false });
  expect(await run(network, [[2]])).toEqual({ last: [6] });
  expect(await run(network, [[9]])).toEqual({ last: [9] });
  expect(await run(network, [[0.5]])).toEqual({ last: [3] });
});

test.each([
  [
    'collects by a condition of run time',
    adding({ trips: 3, open: true, collects: true }),
    'NOT_STATIC',
  ],
  ['has neither bound nor known condition', adding({ open: true, collects: false }), 'NOT_STATIC'],
  ['never ends', adding({ open: false, collects: false }), 'UNSUPPORTED_OPERATOR'],
])('a Loop that %s is refused', (_, network, code) => {
  expect(() => compile(network)).toThrow(expect.objectContaining({ code }));
});

test('a Scan walks along its axes in their directions and collects along the axis asked for', async () => {
  const body = graph({
    inputs: [input('s'), input('e')],
    nodes: [node('Add', ['s', 'e'], ['t']), node('Identity', ['t'], ['u'])],
    outputs: ['t', 'u'],
  });
  const network = graph({
    inputs: [input('x', 'f32', [2, 3])],
    constants: { zero: tensor('f32', [2], [0, 10]) },
    nodes: [
      node('Scan', ['zero', 'x'], ['last', 'all'], {
        body,
        num_scan_inputs: 1,
        scan_input_axes: [1],
        scan_input_directions: [1],
        scan_output_axes: [-1],
      }),
    ],
    outputs: ['last', 'all'],
  });
  expect(await run(network, [[1, 2, 3, 4, 5, 6]])).toEqual({
    last: [6, 25],
    all: [3, 5, 6, 16, 21, 25],
  });
});

test('a list as input is several inputs, as result several results', async () => {
  const network = graph({
    inputs: [{ name: 'l', dtype: 'f32', kind: 'sequence' }, input('x', 'f32', [2])],
    constants: { one: tensor('i64', [], [1]), zero: tensor('i64', [], [0]) },
    nodes: [
      node('SequenceInsert', ['l', 'x', 'one'], ['m']),
      node('SequenceErase', ['m', 'zero'], ['n']),
      node('SequenceAt', ['n', 'zero'], ['first']),
      node('ConcatFromSequence', ['n'], ['joined'], { axis: 0 }),
      node('SequenceLength', ['n'], ['length']),
    ],
    outputs: ['n', 'first', 'joined', 'length'],
  });
  const type = { dtype: 'f32', shape: [2] } as const;
  const lists = { l: [type, type] };
  expect(compile(network, { lists }).inputs).toEqual(['l[0]', 'l[1]', 'x']);
  expect(
    await run(
      network,
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { lists },
    ),
  ).toEqual({
    'n[0]': [5, 6],
    'n[1]': [3, 4],
    first: [5, 6],
    joined: [5, 6, 3, 4],
    length: [2],
  });
});

test('a tensor splits into a list: parts of one, of a size, of given sizes', async () => {
  const splitting = (split: TensorData | undefined, keepdims = 1): Network =>
    graph({
      inputs: [input('x', 'f32', [3, 2])],
      constants: split ? { split } : {},
      nodes: [node('SplitToSequence', ['x', split ? 'split' : ''], ['l'], { axis: 0, keepdims })],
      outputs: ['l'],
    });
  const x = [[1, 2, 3, 4, 5, 6]];
  const ones = { 'l[0]': [1, 2], 'l[1]': [3, 4], 'l[2]': [5, 6] };
  expect(await run(splitting(undefined), x)).toEqual(ones);
  expect(
    compile(splitting(undefined, 0)).graph.slots.find(({ name }) => name === 'l[0]')!.shape,
  ).toEqual([2]);
  expect(await run(splitting(tensor('i64', [], [2])), x)).toEqual({
    'l[0]': [1, 2, 3, 4],
    'l[1]': [5, 6],
  });
  expect(await run(splitting(tensor('i64', [2], [1, 2])), x)).toEqual({
    'l[0]': [1, 2],
    'l[1]': [3, 4, 5, 6],
  });
  expect(() => compile(splitting(tensor('i64', [2], [1, 1])))).toThrow(
    'parts [1,1] of an axis of 3',
  );
});

test('an optional input has a value or has none when the network is compiled', async () => {
  const network = graph({
    inputs: [{ name: 'o', dtype: 'f32', kind: 'optional' }],
    constants: { none: tensor('f32', [1], [-1]) },
    nodes: [
      node('OptionalHasElement', ['o'], ['has']),
      node('If', ['has'], ['y'], {
        then_branch: graph({
          nodes: [node('OptionalGetElement', ['o'], ['value'])],
          outputs: ['value'],
        }),
        else_branch: graph({ outputs: ['none'] }),
      }),
    ],
    outputs: ['y'],
  });
  expect(await run(network, [[7]], { lists: { o: [{ dtype: 'f32', shape: [1] }] } })).toEqual({
    y: [7],
  });
  expect(await run(network, [], { lists: { o: [] } })).toEqual({ y: [-1] });
});

test('a network that takes a value out of an empty optional, or a place outside a list, is refused', () => {
  const at = (position: number): Network =>
    graph({
      inputs: [input('x')],
      constants: { position: tensor('i64', [], [position]) },
      nodes: [
        node('SequenceConstruct', ['x'], ['l']),
        node('SequenceAt', ['l', 'position'], ['y']),
      ],
      outputs: ['y'],
    });
  expect(kernelsOf(at(-1))).toEqual(['strided4']);
  expect(() => compile(at(1))).toThrow('position 1 in a list of 1');
  expect(() => compile(at(-2))).toThrow('position -2 in a list of 1');
  const empty = graph({
    inputs: [],
    nodes: [node('Optional', [''], ['o']), node('OptionalGetElement', ['o'], ['y'])],
    outputs: ['y'],
  });
  expect(() => compile(empty)).toThrow('has no value');
});

test('values of a graph hide those of the same name around it', async () => {
  const network = graph({
    inputs: [input('x')],
    constants: { c: tensor('f32', [], [1]), yes: tensor('bool', [], [1]) },
    nodes: [
      node('If', ['yes'], ['inner'], {
        then_branch: graph({
          constants: { c: tensor('f32', [], [10]) },
          nodes: [node('Add', ['x', 'c'], ['z'])],
          outputs: ['z'],
        }),
        else_branch: graph({ outputs: ['x'] }),
      }),
      node('Add', ['inner', 'c'], ['y']),
    ],
    outputs: ['y'],
  });
  expect(await run(network, [[5]])).toEqual({ y: [16] });
});
