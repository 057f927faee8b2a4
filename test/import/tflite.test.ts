import { existsSync, readFileSync } from 'node:fs';
import { Builder } from 'flatbuffers';
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../models/errors.ts';
import { readTflite } from '../../models/import/tflite/index.ts';
import { generator } from '../support/values.ts';

interface TensorText {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: number;
  readonly data?: Uint8Array;
  readonly scale?: number;
}

interface OperatorText {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly custom?: string;
}

/** A file with one subgraph, whose first tensor goes in and whose last comes out; its list of tensors is repeated. */
function file(
  tensors: readonly TensorText[],
  operators: readonly OperatorText[],
  times = 1,
): Uint8Array {
  const b = new Builder();
  const vector = (values: readonly number[]): number => {
    b.startVector(4, values.length, 4);
    for (const value of values.toReversed()) b.addInt32(value);
    return b.endVector();
  };
  const offsets = (values: readonly number[]): number => {
    b.startVector(4, values.length, 4);
    for (const value of values.toReversed()) b.addOffset(value);
    return b.endVector();
  };
  const table = (fields: readonly (readonly [number, (slot: number) => void])[]): number => {
    b.startObject(12);
    for (const [slot, add] of fields) add(slot);
    return b.endObject();
  };
  const offset = (to: number) => (slot: number) => b.addFieldOffset(slot, to, 0);
  const int = (value: number) => (slot: number) => b.addFieldInt32(slot, value, 0);
  const byte = (value: number) => (slot: number) => b.addFieldInt8(slot, value, 0);

  const bytes = [new Uint8Array(), ...tensors.map(({ data }) => data ?? new Uint8Array())];
  const buffers = bytes.map((one) => {
    const data = b.createByteVector(one);
    return table(one.length > 0 ? [[0, offset(data)]] : []);
  });
  const tables = tensors.map(({ data, name, scale, shape, type = 0 }, i) => {
    const [text, sizes] = [b.createString(name), vector(shape)];
    let quantised: number | undefined;
    if (scale !== undefined) {
      b.startVector(4, 1, 4);
      b.addFloat32(scale);
      const scales = b.endVector();
      quantised = table([[2, offset(scales)]]);
    }
    return table([
      [0, offset(sizes)],
      [1, byte(type)],
      [2, int(data ? i + 1 : 0)],
      [3, offset(text)],
      ...(quantised === undefined ? [] : [[4, offset(quantised)] as const]),
    ]);
  });
  const codes = operators.map(({ code, custom }) => {
    const name = custom === undefined ? undefined : b.createString(custom);
    return table([
      [0, byte(Math.min(code, 127))],
      ...(name === undefined ? [] : [[1, offset(name)] as const]),
      [3, int(code)],
    ]);
  });
  const steps = operators.map(({ inputs, outputs }, i) => {
    const [from, to] = [vector(inputs), vector(outputs)];
    return table([
      [0, int(i)],
      [1, offset(from)],
      [2, offset(to)],
    ]);
  });
  const [all, ins, outs, run] = [
    offsets(new Array<number[]>(times).fill(tables).flat()),
    vector([0]),
    vector([tensors.length - 1]),
    offsets(steps),
  ];
  const subgraph = table([
    [0, offset(all)],
    [1, offset(ins)],
    [2, offset(outs)],
    [3, offset(run)],
  ]);
  const [codeList, graphs, bufferList] = [offsets(codes), offsets([subgraph]), offsets(buffers)];
  const model = table([
    [0, int(3)],
    [1, offset(codeList)],
    [2, offset(graphs)],
    [4, offset(bufferList)],
  ]);
  b.finish(model, 'TFL3');
  return b.asUint8Array().slice();
}

const X = { name: 'x', shape: [1, 4] };
const RELU = 19;

/** The error of a file; undefined if it is read. Anything but a ModelError is thrown on. */
function refusal(bytes: Uint8Array): ModelError | undefined {
  try {
    readTflite(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

describe('TFLite files', () => {
  test('become nodes, their results named as the tensors', () => {
    const network = readTflite(
      file([X, { name: 'y', shape: [1, 4] }], [{ code: RELU, inputs: [0], outputs: [1] }]),
    );
    expect(network.inputs).toEqual([{ name: 'x', dtype: 'f32', shape: [1, 4] }]);
    expect(network.outputs).toEqual(['y']);
    expect(network.nodes).toMatchObject([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }]);
  });

  test('with unknown operators are refused, all of them named', () => {
    const tensors = [
      X,
      { name: 'a', shape: [1, 4] },
      { name: 'y', shape: [1, 4], type: 9, scale: 1 },
    ];
    const operators = [
      { code: 32, custom: 'Mine', inputs: [0], outputs: [1] },
      { code: 16, inputs: [0], outputs: [1] },
      { code: 66, inputs: [1], outputs: [2] },
    ];
    expect(refusal(file(tensors, operators))).toMatchObject({
      code: 'UNSUPPORTED_OPERATOR',
      message: expect.stringContaining('CUSTOM:Mine, LSTM, quantised SIN'),
    });
  });

  test.each([
    ['a tensor that nothing makes', [{ code: RELU, inputs: [1], outputs: [2] }]],
    ['a tensor that does not exist', [{ code: RELU, inputs: [7], outputs: [2] }]],
    ['an operator without its input', [{ code: RELU, inputs: [], outputs: [2] }]],
  ])('that use %s are refused', (_, operators) => {
    const tensors = [X, { name: 'a', shape: [1, 4] }, { name: 'y', shape: [1, 4] }];
    expect(refusal(file(tensors, operators))).toMatchObject({ code: 'BAD_NETWORK' });
  });

  test('whose constants have too few bytes are refused', () => {
    const tensors = [
      X,
      { name: 'w', shape: [1, 4], data: new Uint8Array(12) },
      { name: 'y', shape: [1, 4] },
    ];
    const operators = [{ code: 0, inputs: [0, 1], outputs: [2] }];
    expect(refusal(file(tensors, operators))?.message).toMatch(
      /"w" is f32 \[1,4\] but has 12 bytes/,
    );
  });

  test('that are something else are refused', () => {
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(8),
      new TextEncoder().encode('....TFL3'),
    ]) {
      expect(refusal(bytes)).toMatchObject({ code: 'BAD_NETWORK' });
    }
  });

  test('that are cut off or changed anywhere are read or refused, soon', () => {
    const whole = file(
      [X, { name: 'y', shape: [1, 4] }],
      [{ code: RELU, inputs: [0], outputs: [1] }],
    );
    const random = generator(3);
    for (let length = 0; length < whole.length; length += 3) refusal(whole.subarray(0, length));
    for (let i = 0; i < 3000; i++) {
      const changed = whole.slice();
      for (let n = 1 + (random() % 3); n > 0; n--) {
        const at = random() % changed.length;
        changed[at] = random() % 2 === 0 ? random() : changed[at]! ^ (1 << (random() % 8));
      }
      refusal(changed);
    }
  });

  test('with vectors that are used again and again are refused', () => {
    const tensors = [{ name: 'x'.repeat(4000), shape: [1] }];
    expect(refusal(file(tensors, [], 10_000))?.message).toMatch(/overlap/);
    expect(refusal(file(tensors, []))).toBeUndefined();
  });
});

const FILE = '../shared/testdata/models/resnet8/pretrainedResnet_quant.tflite';

test.skipIf(!existsSync(FILE))('a real file with changed bytes is read or refused, soon', () => {
  const whole = new Uint8Array(readFileSync(FILE));
  const random = generator(4);
  for (let i = 0; i < 300; i++) {
    const changed = whole.slice(0, i % 3 === 0 ? random() % whole.length : whole.length);
    for (let n = 0; n < 20 && changed.length > 0; n++)
      changed[random() % changed.length] = random();
    refusal(changed);
  }
});
