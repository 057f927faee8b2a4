import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRunner } from '../../scripts/conformance/run.ts';
import { tryCase } from '../../scripts/conformance/try.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import {
  fileOf,
  floats,
  fromXToY,
  nodeOf,
  Type,
  tensorFile,
  tensorOf,
  value,
} from '../support/onnx-file.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };
const runner = createRunner(engines);
const ZOO = '../shared/testdata/models';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cases-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, files: Record<string, Uint8Array>): string {
  mkdirSync(join(folder, name, 'test_data_set_0'), { recursive: true });
  for (const [path, bytes] of Object.entries(files)) writeFileSync(join(folder, name, path), bytes);
  return name;
}
const data = (name: string, i: number): string => `test_data_set_0/${name}_${i}.pb`;
const run = (name: string) => tryCase(folder, name, engines, runner);

test.each([
  ['what is expected', [0, 2], 'passed', undefined],
  ['what is expected within the tolerance', [0, 2.001], 'passed', undefined],
  ['something else', [0, 2.5], 'failed', /element 1 is 2; expected 2.5/],
  ['fewer elements', [0], 'failed', /f32 \[2\]; expected f32 \[1\]/],
  ['NaN', [0, NaN], 'failed', /expected NaN/],
])('a case whose results are %s', (_, expected, outcome, reason) => {
  const name = write('relu', {
    'model.onnx': fileOf(fromXToY([nodeOf('Relu', ['x'], ['y'])])),
    [data('input', 0)]: tensorFile(floats('x', [-1, 2])),
    [data('output', 0)]: tensorFile(floats('y', expected)),
  });
  const result = run(name);
  expect(result).toMatchObject({ operator: 'Relu', outcome, frozen: [], runs: true });
  if (reason) expect(result.reason).toMatch(reason);
  else expect(result.steps).toBeGreaterThan(10);
});

test('only the input that decides a shape is frozen', () => {
  const graph = fromXToY([nodeOf('Reshape', ['x', 'shape'], ['y'])], {
    input: [value('x', [2]), value('shape', [2], Type.INT64)],
  });
  const name = write('reshape', {
    'model.onnx': fileOf(graph),
    [data('input', 0)]: tensorFile(floats('x', [1, 2])),
    [data('input', 1)]: tensorFile(tensorOf('', Type.INT64, [2], { int64Data: [2n, 1n] })),
    [data('output', 0)]: tensorFile(tensorOf('', Type.FLOAT, [2, 1], { floatData: [1, 2] })),
  });
  expect(run(name)).toMatchObject({ outcome: 'passed', frozen: ['shape'], runs: true });
});

test('what the design leaves out is skipped by its reason, what is missing fails', () => {
  const strings = fromXToY([nodeOf('Relu', ['x'], ['y'])], {
    input: [value('x', [2], Type.STRING)],
  });
  const missing = fromXToY([nodeOf('Foo', ['x'], ['y'])]);
  const files = (graph: typeof strings) => ({
    'model.onnx': fileOf(graph),
    [data('input', 0)]: tensorFile(floats('x', [1, 2])),
    [data('output', 0)]: tensorFile(floats('y', [1, 2])),
  });
  expect(run(write('strings', files(strings)))).toMatchObject({
    outcome: 'skipped',
    reason: 'tensors of strings',
  });
  expect(run(write('missing', files(missing)))).toMatchObject({ outcome: 'failed' });
});

test.skipIf(!existsSync(ZOO))(
  "the ONNX zoo's MNIST network gives the zoo's results, natively and in the machine",
  () => {
    const result = tryCase(ZOO, 'mnist-onnx', engines, runner);
    expect(result).toMatchObject({ outcome: 'passed', frozen: [] });
    expect(result.calls).toBeGreaterThan(20);
  },
);
