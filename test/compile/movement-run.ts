import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import type { Dtype } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import type { AttributeValue, Node, TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
export const engines = {
  kernels: compileWasm(wasm),
  kernelsWasm: wasm,
  interpreter: interpreterModule(),
};

export interface Operand extends TensorData {
  /** Whether it is known when the network is compiled. */
  readonly isKnown: boolean;
}

export function tensor(dtype: Dtype, shape: readonly number[], values: Iterable<number>): Operand {
  return { dtype, shape, data: writeNumbers(dtype, values), isKnown: false };
}

export const known = (
  dtype: Dtype,
  values: readonly number[],
  shape = [values.length],
): Operand => ({
  ...tensor(dtype, shape, values),
  isKnown: true,
});

/** 0, 1, 2, ... in a shape. */
export function counting(dtype: Dtype, shape: readonly number[], from = 0): Operand {
  const n = shape.reduce((x, y) => x * y, 1);
  return tensor(
    dtype,
    shape,
    Array.from({ length: n }, (_, i) => from + i),
  );
}

export interface Result {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: number[];
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, AttributeValue> = {},
  opset = 17,
): Node {
  return { op, opset, name: '', inputs, outputs, attributes };
}

/** Runs nodes natively on operands named `a`, `b`, ...; `undefined` is an input left out. */
export async function runNodes(
  nodes: readonly Node[],
  operands: readonly (Operand | undefined)[],
  outputs: readonly string[],
): Promise<{ kernels: string[]; results: Result[] }> {
  const named = operands.flatMap((operand, i) =>
    operand ? [{ name: String.fromCharCode(97 + i), operand }] : [],
  );
  const inputs = named.filter(({ operand }) => !operand.isKnown);
  const network = {
    name: 'test',
    inputs: inputs.map(({ name, operand: { dtype, shape } }) => ({ name, dtype, shape })),
    outputs,
    constants: new Map(
      named.flatMap(({ name, operand }) => (operand.isKnown ? [[name, operand] as const] : [])),
    ),
    nodes,
  };
  const { graph } = compileNetwork(network, engines);
  const model = await loadModel(writeBundle(graph), engines);
  const { outputs: bytes } = await model.run(inputs.map(({ operand }) => operand.data));
  const types = graph.slots.filter(({ slot }) => slot >> 14 === 1);
  return {
    kernels: graph.program.map((call) => (call.kind === 'call' ? call.kernel : call.kind)),
    results: bytes.map((data, i) => {
      const { dtype, shape } = types[i]!;
      return { dtype, shape, values: readNumbers(dtype, data) };
    }),
  };
}

/** The first result of one node. */
export async function run(
  op: string,
  operands: readonly (Operand | undefined)[],
  attributes: Record<string, AttributeValue> = {},
  opset = 17,
): Promise<Result> {
  const names = operands.map((operand, i) => (operand ? String.fromCharCode(97 + i) : ''));
  const { results } = await runNodes([node(op, names, ['y'], attributes, opset)], operands, ['y']);
  return results[0]!;
}
