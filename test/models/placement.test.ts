import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { createGraph, type Graph } from '../../models/graph.ts';
import { tensorRoot } from '../../models/hash.ts';
import { loadModel } from '../../models/index.ts';
import { placeTensors } from '../../models/placement.ts';
import { TensorTree } from '../../models/tensor-tree.ts';
import { haltedHash } from '../../models/trace.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { createHasher } from '../../vm/keccak.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };
const N = 1000;
const type = { dtype: 'f32', shape: [N] } as const;
const WHOLE = [1, 1, 1, 1, 1, N, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];

/** x -> relu five times -> a tensor whose second half alone is written -> y. */
function chain(maxIterations = 1): Graph {
  const graph = createGraph('chain', { maxIterations });
  let last = graph.input('x', type);
  const y = graph.output('y', type);
  for (let i = 0; i < 5; i++) {
    const next = graph.temporary(`t${i}`, type);
    graph.call('relu', [last], next, [N]);
    last = next;
  }
  const half = graph.temporary('half', type);
  const box = [1, 1, 1, 1, 1, N / 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
  graph.call('strided4', [last], half, [N, N, N / 2, N / 2, ...box]);
  graph.call('strided4', [half], y, [N, N, 0, 0, ...WHOLE]);
  return graph.build();
}

const X = Float32Array.from({ length: N }, (_, i) => i + 1);
const EXPECTED = X.map((value, i) => (i < N / 2 ? 0 : value));

test('temporaries that are never alive together share memory', () => {
  const { size } = placeTensors(chain());
  // x, y, two temporaries in turn, and the attributes.
  expect(size).toBeLessThan(4 * 4096 + 1024);
  expect(placeTensors(chain(2)).size).toBeGreaterThan(8 * 4 * N);
});

test('what an update keeps of a tensor that begins is zeros, natively and in the machine, at every step', async () => {
  const model = await loadModel(writeBundle(chain()), engines);
  const input = new Uint8Array(X.buffer);
  for (let again = 0; again < 2; again++) {
    const { outputs } = await model.run([input]);
    expect([...new Float32Array(outputs[0]!.buffer)]).toEqual([...EXPECTED]);
  }
  const trace = await model.trace([input]);
  for (let g = 0; g < model.graph.program.length; g++) {
    const descent = await trace.descent(g);
    const run = await trace.machine(g);
    expect(descent.trapped).toBe(false);
    // The root that the descent states is the native one; the machine's end must be made of it.
    expect(run.end).toBe(haltedHash(Buffer.from(descent.outputRoot.slice(2), 'hex')));
  }
});

test('a tensor tree gives the root of what is there after each part', () => {
  const tree = new TensorTree(createHasher(interpreterModule()));
  const content = new Uint8Array(3 * 65536 + 77).map((_, i) => i * 7);
  expect(tree.update(content)).toEqual(tensorRoot(content));
  for (const at of [0, 65535, 65536, 196608, 196608 + 76]) {
    content[at]! ^= 1;
    expect(tree.update(content)).toEqual(tensorRoot(content));
  }
  expect(tree.update(content)).toEqual(tensorRoot(content));
});

test('the end alone is the end of all states: of runs to their end, stopped, failed and forged', async () => {
  const stopping = createGraph('stopping', { maxIterations: 3 });
  const x = stopping.input('x', type);
  const y = stopping.output('y', type);
  const flag = stopping.temporary('flag', type);
  stopping.call('relu', [x], y, [N]);
  stopping.stopIf(flag);
  stopping.call('relu', [x], flag, [N]);
  const failing = createGraph('failing');
  const z = failing.input('x', type);
  failing.call('relu', [z], failing.output('y', type), [N]);
  const failed = {
    ...failing.build(),
    program: [
      ...failing.build().program,
      { kind: 'malformed', bytes: new Uint8Array(128) } as const,
    ],
  };
  const forge = { outputs: new Map([[2, (output: Uint8Array) => void output.fill(7)]]) };
  for (const graph of [chain(), chain(2), stopping.build(), failed]) {
    const model = await loadModel(writeBundle(graph), engines);
    for (const tamper of [undefined, forge]) {
      const input = [new Uint8Array(X.buffer)];
      const [alone] = await (await model.trace(input, tamper)).graphHashes([model.length]);
      const [, last] = await (await model.trace(input, tamper)).graphHashes([0, model.length]);
      expect(alone).toBe(last);
    }
  }
});
