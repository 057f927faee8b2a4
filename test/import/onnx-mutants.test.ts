/** Networks of ONNX's cases with something in them changed: every lowering meets types, shapes and attributes it can't take. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileNetwork } from '../../models/compile/compile.ts';
import { writeNumbers } from '../../models/compile/scalars.ts';
import { ModelError } from '../../models/errors.ts';
import type {
  AttributeValue,
  Network,
  NetworkInput,
  Node,
  TensorData,
} from '../../models/network/types.ts';
import { type Case, casesIn, readCase } from '../../scripts/conformance/case.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { randomNumbers } from '../support/hostile.ts';
import { kernelsWasm } from '../support/wasm.ts';

const FOLDER = '/usr/share/libonnx-testdata/data/node';
const kernels = compileWasm(kernelsWasm());
const random = randomNumbers(2026);
const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;

const NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  100,
  -100,
  0.5,
  NaN,
  Infinity,
  65536,
  1e6,
  2 ** 31,
  2 ** 32,
  2 ** 53,
];
const DTYPES = ['f32', 'i64', 'i32', 'bool', 'u8', 'f64', 'f16'] as const;
const SHAPES = [[], [1], [2], [2, 2], [0], [1, 2, 3], [2, 1, 2, 1], [3, 3, 3, 3]];

function tensor(): TensorData {
  const shape = pick(SHAPES);
  const dtype = pick(DTYPES);
  const n = shape.reduce((x, y) => x * y, 1);
  return {
    dtype,
    shape,
    data: writeNumbers(
      dtype,
      Array.from({ length: n }, () => random(5) - 1),
    ),
  };
}

function changedAttribute(value: AttributeValue): AttributeValue {
  if (typeof value === 'number') return pick(NUMBERS);
  if (typeof value === 'string') return pick(['', 'constructor', 'SAME_UPPER', 'reflect']);
  if (!Array.isArray(value)) return 'dtype' in value ? tensor() : value;
  if (typeof value[0] !== 'number') return value.slice(1);
  const numbers: readonly number[] = value;
  return random(2) === 0 ? numbers.slice(1) : numbers.with(random(numbers.length), pick(NUMBERS));
}

function changedNode(node: Node, names: readonly string[]): Node {
  const { attributes, inputs } = node;
  const [name] = Object.keys(attributes).slice(random(4));
  if (name !== undefined && random(2) === 0) {
    return { ...node, attributes: { ...attributes, [name]: changedAttribute(attributes[name]!) } };
  }
  if (inputs.length > 0 && random(3) > 0) {
    return { ...node, inputs: inputs.with(random(inputs.length), pick([...names, ''])) };
  }
  if (random(2) === 0) return { ...node, outputs: [...node.outputs, 'more'] };
  return { ...node, opset: pick([1, 5, 6, 9, 11, 13, 18]) };
}

function changedInput(input: NetworkInput): NetworkInput {
  return random(2) === 0 ? { ...input, dtype: pick(DTYPES) } : { ...input, shape: pick(SHAPES) };
}

function changed(network: Network): Network {
  const { constants, inputs, nodes } = network;
  if (inputs.length > 0 && random(3) === 0) {
    const at = random(inputs.length);
    return { ...network, inputs: inputs.with(at, changedInput(inputs[at]!)) };
  }
  if (nodes.length === 0) return network;
  const names = [...constants.keys(), ...inputs.map(({ name }) => name)];
  const at = random(nodes.length);
  return { ...network, nodes: nodes.with(at, changedNode(nodes[at]!, names)) };
}

/** Compiles a mutant of a case, some of its inputs frozen to their values or to others. */
function compileMutant({ network, sets }: Case): 'compiled' | 'refused' {
  const mutant = changed(network);
  const frozen = new Map(
    mutant.inputs.flatMap(({ dtype, kind, name }, i) => {
      const isFrozen = kind !== undefined || random(dtype.startsWith('f') ? 4 : 2) === 0;
      if (!isFrozen) return [];
      return [
        [name, kind !== undefined || random(3) > 0 ? sets[0]!.inputs[i]! : tensor()] as const,
      ];
    }),
  );
  try {
    compileNetwork(mutant, { kernels, frozen });
    return 'compiled';
  } catch (error) {
    // BAD_GRAPH would be a kernel that a lowering calls with operands that don't agree with its attributes: ours to refuse before.
    if (!(error instanceof ModelError)) throw error;
    expect(['BAD_NETWORK', 'UNSUPPORTED_OPERATOR', 'NOT_STATIC'], error.message).toContain(
      error.code,
    );
    return 'refused';
  }
}

test.skipIf(!existsSync(FOLDER))('mutants of the cases are compiled or refused, quickly', () => {
  const outcomes = { compiled: 0, refused: 0 };
  for (const name of casesIn(FOLDER)) {
    let one: Case;
    try {
      one = readCase(FOLDER, name);
    } catch {
      continue; // tensors of strings
    }
    for (let i = 0; i < 3; i++) outcomes[compileMutant(one)]++;
  }
  expect(outcomes.compiled).toBeGreaterThan(300);
  expect(outcomes.refused).toBeGreaterThan(300);
});
