import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInputs, writeOutputs } from '../../cli/inputs.ts';
import { readElements } from '../../cli/tensors/elements.ts';
import { readNpy, writeNpy } from '../../cli/tensors/npy.ts';
import type { Model } from '../../models/index.ts';
import { readDigits } from '../../models/mnist/digits.ts';
import { loadDigitClassifier, MODEL_FILE } from '../../scripts/lib/models.ts';
import { pinpoint } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinpoint-cli-'));
const at = (name: string): string => join(folder, name);
const digit = readDigits('test').image(0).slice();
let model: Model;

/** Writes a file into the test's folder. Returns its path. */
function file(name: string, content: Uint8Array | string): string {
  writeFileSync(at(name), content);
  return at(name);
}

function picture(): Uint8Array {
  const png = new PNG({ width: 28, height: 28 });
  digit.forEach((value, i) => {
    png.data.set([value, value, value, 255], 4 * i);
  });
  return new Uint8Array(PNG.sync.write(png));
}

beforeAll(async () => {
  model = await loadDigitClassifier();
  file('digit.npy', writeNpy({ dtype: 'u8', shape: [28, 28], data: digit }));
  file('digit.json', JSON.stringify([...digit]));
  file('digit.png', picture());
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('run', () => {
  test.concurrent('gives what the model gives, from a .npy to a .npy', async () => {
    const { code, error, out } = await pinpoint(
      ...['run', MODEL_FILE, '--input', at('digit.npy'), '--output', at('p.npy'), '--top', '2'],
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toMatch(/probabilities: f32 \[1,10\]\n {2}7 {2}0\.99/);
    const { outputs } = await model.run([digit]);
    expect(readNpy(new Uint8Array(readFileSync(at('p.npy'))))).toEqual({
      dtype: 'f32',
      shape: [1, 10],
      data: outputs[0],
    });
  });

  test.concurrent('takes pictures, says how it scaled, and commits every operator with --trace', async () => {
    const { out } = await pinpoint(
      ...['run', MODEL_FILE, '--input', `image=${at('digit.png')}`, '--trace', '--json'],
    );
    const { outputs } = await model.run([digit]);
    const trace = await model.trace([digit]);
    const [end] = await trace.graphHashes([trace.length]);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      id: model.id,
      notes: ['digit.png: 0..255 to 0..255, rgb'],
      trace: { end, graphSteps: 7 },
    });
    expect(report.outputs[0].values[0]).toEqual(readElements('f32', outputs[0]!));
  });
});

test.concurrent('inspect shows slots, program and what the model is', async () => {
  const { code, out } = await pinpoint('inspect', MODEL_FILE);
  expect(code).toBe(0);
  expect(out).toContain(model.id);
  expect(out).toContain('6: dense 2, argmax 1, normalise 1, relu 1, softmax 1');
  expect(out).toMatch(/1 {2}dense {6}\(1,784,128\) {2}0xc000 0x8000 0x8001 {2}-> {2}0xc001/);
});

test.concurrent('verify runs every operator in the machine too', async () => {
  const { code, out } = await pinpoint(
    ...['verify', MODEL_FILE, '--input', at('digit.npy'), '--json'],
  );
  expect(code).toBe(0);
  const trace = await model.trace([digit]);
  const runs = await Promise.all([0, 1, 2, 3, 4, 5].map((g) => trace.machine(g)));
  expect(JSON.parse(out).run).toMatchObject({
    operators: 6,
    machineInstructions: runs.reduce((sum, { length }) => sum + length, 0),
    largest: { instruction: 1, machineInstructions: runs[1]!.length },
  });
});

test.concurrent('--help has examples for every command', async () => {
  const commands = ['import', 'inspect', 'run', 'verify'];
  const helps = await Promise.all(commands.map((command) => pinpoint(command, '--help')));
  helps.forEach(({ code, out }, i) => {
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  pinpoint ${commands[i]}`);
    expect(out).toContain('--json');
  });
});

describe('a user who errs is told what to do:', () => {
  const cases: [string, () => string[], string, string][] = [
    ['no file', () => ['run', at('none.bin')], 'NO_FILE', 'there is no such file'],
    ['no model', () => ['run', at('digit.npy')], 'NOT_A_MODEL', 'pinpoint import'],
    [
      'half a model',
      () => ['inspect', file('cut.bin', readFileSync(MODEL_FILE).subarray(0, 1000))],
      'BAD_BUNDLE',
      'model file: ',
    ],
    ['nothing to verify', () => ['verify', MODEL_FILE], 'BAD_OPTION', 'or --input'],
  ];
  test.concurrent.each(cases)('%s', async (_, args, code, message) => {
    const ended = await pinpoint(...args(), '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.out)).toMatchObject({
      error: { code, message: expect.stringContaining(message) },
    });
    expect(ended.error).toBe(`pinpoint: ${JSON.parse(ended.out).error.message}\n`);
  });

  test.concurrent.each([
    [['run', MODEL_FILE, '--range', '1'], 'two numbers, such as -1,1'],
    [['rum', MODEL_FILE], 'Did you mean run?'],
  ])('options %j', async (args, message) => {
    const { code, error } = await pinpoint(...args);
    expect(code).toBe(1);
    expect(error).toContain(message);
  });
});

describe('inputs and outputs', () => {
  const read = (...texts: string[]) => readInputs(model.graph, texts, {});
  const zeros = { dtype: 'f32', shape: [28, 28], data: new Uint8Array(4 * 784) } as const;
  const floats = (): string => file('floats.npy', writeNpy(zeros));

  test('of another type are taken when that is asked for', () => {
    const [tensor] = readInputs(model.graph, [floats()], { convert: true }).tensors;
    expect(tensor).toEqual({ dtype: 'u8', shape: [28, 28], data: new Uint8Array(784) });
  });

  test.each([
    ['none at all', () => read(), 'input "image" (u8 [28,28]) is missing; give --input image=FILE'],
    ['NaN in JSON', () => read(file('nan.json', '[NaN]')), 'write them as strings'],
    ['a folder', () => read(folder), 'tensors are read from'],
    ['another kind of file', () => read(at('digit.jpg')), '.npy, .json, .png, .pb'],
    ['one too many', () => read(at('digit.npy'), at('digit.npy')), 'no more than 1 (image)'],
    ['one twice', () => read(`image=${at('a')}`, `image=${at('b')}`), '"image" is given twice'],
    ['another type', () => read(floats()), 'floats.npy is f32 [28,28]; it must be u8 [28,28], or'],
    [
      'another shape',
      () => read(file('wide.npy', writeNpy({ ...zeros, dtype: 'i32', shape: [7, 112] }))),
      'wide.npy is i32 [7,112]; it must be u8 [28,28]',
    ],
    [
      'what the type does not hold',
      () => {
        const tensor = { dtype: 'i8', shape: [784], data: new Uint8Array(784).fill(255) } as const;
        const path = file('negative.npy', writeNpy({ ...tensor, shape: [28, 28] }));
        return readInputs(model.graph, [path], { convert: true });
      },
      'its element 0 is -1',
    ],
    [
      'results of another kind',
      () => writeOutputs(model.graph, [at('out.csv')], [new Uint8Array(40)]),
      'written as .npy or .json',
    ],
  ])('refused: %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
