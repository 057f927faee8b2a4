import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { loadModel } from '../../models/index.ts';
import type { Network, Node } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };

function node(op: string, inputs: string[], outputs: string[], attributes = {}): Node {
  return { op, opset: 13, name: '', inputs, outputs, attributes };
}

function network(nodes: Node[], outputs: string[]): Network {
  const x = { name: 'x', dtype: 'f32', shape: [2, 3, 4] } as const;
  return { name: 'test', inputs: [x], outputs, constants: new Map(), nodes };
}

const X = Float32Array.from({ length: 24 }, (_, i) => i - 12);

async function run(nodes: Node[], outputs: string[]) {
  const { graph } = compileNetwork(network(nodes, outputs), engines);
  const model = await loadModel(writeBundle(graph), engines);
  const { outputs: results } = await model.run([new Uint8Array(X.buffer)]);
  return {
    kernels: graph.program.map((call) => (call.kind === 'call' ? call.kernel : call.kind)),
    values: results.map((bytes) => [...new Float32Array(bytes.buffer)]),
  };
}

test('transpositions cancel, and a layer between them runs on what is stored', async () => {
  const { kernels, values } = await run(
    [
      node('Transpose', ['x'], ['a'], { perm: [0, 2, 1] }),
      node('Relu', ['a'], ['b']),
      node('Transpose', ['b'], ['y'], { perm: [0, 2, 1] }),
    ],
    ['y'],
  );
  expect(kernels).toEqual(['relu']);
  expect(values).toEqual([[...X].map((value) => Math.max(value, 0))]);
});

test('a transposed result is put in order', async () => {
  const nodes = [node('Transpose', ['x'], ['y'], { perm: [2, 0, 1] })];
  const { kernels, values } = await run(nodes, ['y']);
  expect(kernels).toEqual(['strided4']);
  const expected = [0, 1, 2, 3].flatMap((k) =>
    [0, 1].flatMap((i) => [0, 1, 2].map((j) => X[12 * i + 4 * j + k])),
  );
  expect(values).toEqual([expected]);
});

test('results that are an input, or the same twice, are copies', async () => {
  const { kernels, values } = await run([node('Relu', ['x'], ['y'])], ['x', 'y', 'y']);
  expect(kernels.toSorted()).toEqual(['relu', 'strided4', 'strided4']);
  expect(values[1]).toEqual(values[2]);
  expect(values[0]).toEqual([...X]);
});

test('all operators that are unknown are named at once', () => {
  const nodes = [node('Foo', ['x'], ['a']), node('Bar', ['a'], ['b']), node('Foo', ['b'], ['y'])];
  expect(() => compileNetwork(network(nodes, ['y']), engines)).toThrow(
    "operators that aren't supported: Bar, Foo (2 times)",
  );
});
