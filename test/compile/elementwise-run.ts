/** Compiles networks of a node or two and runs them natively. */
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import { createExecutor } from '../../models/executor.ts';
import { type Dtype, groupOf } from '../../models/graph.ts';
import type { AttributeValue, Node, TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { kernelsWasm } from '../support/wasm.ts';

const kernels = compileWasm(kernelsWasm());

/** A tensor that goes into a network. */
export interface Operand {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const f32 = (shape: readonly number[], values: readonly number[]): Operand => ({
  dtype: 'f32',
  shape,
  values,
});

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  opset = 18,
): Node => ({ op, opset, name: '', inputs, outputs, attributes });

/** The kernels that nodes are compiled to, and their last value when the operands come in as `a`, `b`, `c`, ... */
export async function runNodes(
  nodes: readonly Node[],
  operands: readonly Operand[],
  constants: Readonly<Record<string, TensorData>> = {},
) {
  const inputs = operands.map(({ dtype, shape }, i) => ({ name: 'abcdefgh'[i]!, dtype, shape }));
  const outputs = [nodes.at(-1)!.outputs[0]!];
  const known = new Map(Object.entries(constants));
  const network = { name: 'test', inputs, outputs, constants: known, nodes };
  const { graph } = compileNetwork(network, { kernels });
  const executor = createExecutor(graph, kernels);
  executor.load(
    {},
    operands.map(({ dtype, values }) => writeNumbers(dtype, values)),
  );
  const calls = graph.program.filter((instruction) => instruction.kind === 'call');
  for (const call of calls) executor.call(call, 0);
  const { dtype, shape, slot } = graph.slots.find((one) => groupOf(one.slot) === 'output')!;
  return {
    kernels: calls.map(({ kernel }) => kernel),
    dtype,
    shape,
    values: readNumbers(dtype, executor.bytes(slot)),
  };
}

/** One node of the operands. */
export function runNode(
  op: string,
  operands: readonly Operand[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  opset = 18,
) {
  const names = operands.map((_, i) => 'abcdefgh'[i]!);
  return runNodes([node(op, names, ['y'], attributes, opset)], operands);
}
