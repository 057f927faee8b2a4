import { create } from '@bufbuild/protobuf';
import { AttributeProtoSchema, SparseTensorProtoSchema } from 'onnx-buf';
import { expect, test } from 'vitest';
import { compileNetwork } from '../../models/compile/compile.ts';
import { ModelError } from '../../models/errors.ts';
import { readOnnx, readOnnxTensor, readOnnxValue } from '../../models/import/onnx/index.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { damaged, randomNumbers, survives } from '../support/hostile.ts';
import {
  fileOf,
  float,
  floats,
  functionOf,
  graphAttribute,
  graphOf,
  integer,
  Kind,
  nodeOf,
  referring,
  Type,
  tensorAttribute,
  tensorFile,
  tensorOf,
  value,
} from '../support/onnx-file.ts';
import { kernelsWasm } from '../support/wasm.ts';

/** A file with something of everything. */
const branch = (op: string) =>
  graphOf({ node: [nodeOf(op, ['a'], ['r'])], output: [value('r', ['n'])] });
const FILE = fileOf(
  graphOf({
    input: [value('x', [2, 'n']), value('w', [2])],
    output: [value('y')],
    initializer: [
      floats('w', [1, 2]),
      tensorOf('raw', Type.FLOAT, [2], { rawData: new Uint8Array(8) }),
      tensorOf('shape', Type.INT64, [2], { int64Data: [-1n, 2n] }),
      tensorOf('yes', Type.BOOL, [], { int32Data: [1] }),
    ],
    sparseInitializer: [
      create(SparseTensorProtoSchema, {
        dims: [2n],
        values: floats('sparse', [3]),
        indices: tensorOf('', Type.INT64, [1], { int64Data: [1n] }),
      }),
    ],
    node: [
      nodeOf('Constant', [], ['c'], [tensorAttribute('value', floats('', [4, 5]))]),
      nodeOf('Reshape', ['x', 'shape'], ['f']),
      nodeOf('Scale', ['f'], ['a'], [float('by', 3)], 'own'),
      nodeOf(
        'If',
        ['yes'],
        ['i'],
        [
          graphAttribute('then_branch', branch('Relu')),
          graphAttribute('else_branch', branch('Neg')),
        ],
      ),
      nodeOf('Sum', ['i', 'w', 'raw', 'sparse', 'c'], ['s']),
      nodeOf(
        'Transpose',
        ['s'],
        ['y'],
        [
          create(AttributeProtoSchema, { name: 'perm', type: Kind.INTS, ints: [1n, 0n] }),
          integer('unused', 1),
        ],
      ),
    ],
  }),
  [
    functionOf('Scale', {
      input: ['in'],
      output: ['out'],
      attribute: ['by'],
      node: [
        nodeOf('Constant', [], ['k'], [referring('value_float', 'by', Kind.FLOAT)]),
        nodeOf('Mul', ['in', 'k'], ['out']),
      ],
    }),
  ],
);

const kernels = compileWasm(kernelsWasm());
const SECOND = 1000;

/** Time of the longest of many reads. */
function timed(read: (file: Uint8Array) => unknown): {
  read(file: Uint8Array): void;
  longest(): number;
} {
  let longest = 0;
  return {
    read(file) {
      const start = performance.now();
      try {
        read(file);
      } finally {
        longest = Math.max(longest, performance.now() - start);
      }
    },
    longest: () => longest,
  };
}

test('the file that is damaged below is read and compiled', () => {
  const network = readOnnx(FILE);
  expect(network.nodes.map(({ op }) => op)).toEqual(['Reshape', 'Mul', 'If', 'Sum', 'Transpose']);
  expect(compileNetwork(network, { kernels, dimensions: { n: 2 } }).inputs).toEqual(['x']);
});

test('damaged files are read and compiled, or refused quickly', async () => {
  const reader = timed((file) =>
    compileNetwork(readOnnx(file), { kernels, shapes: { x: [2, 2] } }),
  );
  const { refused } = await survives(damaged(FILE, 1500), (file) => reader.read(file));
  expect(refused).toBeGreaterThan(500);
  expect(reader.longest()).toBeLessThan(5 * SECOND);
});

test('files with pieces of themselves moved, doubled or left out are read or refused quickly', async () => {
  const reader = timed(readOnnx);
  const { refused, read } = await survives(spliced(FILE, 3000), (file) => reader.read(file));
  expect(refused + read).toBe(3000);
  expect(reader.longest()).toBeLessThan(5 * SECOND);
});

/** Copies with a piece moved to another place, doubled or left out; some with the lengths around it made right again. */
function* spliced(file: Uint8Array, times: number): Generator<Uint8Array> {
  const random = randomNumbers(7);
  for (let i = 0; i < times; i++) {
    const from = random(file.length);
    const piece = file.subarray(from, from + 1 + random(i % 2 === 0 ? 12 : 80));
    const to = random(file.length);
    const drop = i % 3 === 0 ? piece.length : 0;
    yield Uint8Array.from([...file.subarray(0, to), ...piece, ...file.subarray(to + drop)]);
  }
}

test('files whose fields are spliced at their borders are read or refused quickly', async () => {
  const reader = timed(readOnnx);
  const { read } = await survives(respliced(FILE, 2000), (file) => reader.read(file));
  // Most are well-formed protobuf, so these reach far beyond the look at the wire format.
  expect(read).toBeGreaterThan(20);
  expect(reader.longest()).toBeLessThan(5 * SECOND);
});

type Field = { readonly tag: number; readonly wire: number; body: Uint8Array | Field[] };

const bytesOf = (numbers: number[]): Uint8Array => Uint8Array.from(numbers);
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];

/** Fields of what may be a message; undefined if it is none. */
function fieldsOf(bytes: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = (): number => {
      let value = 0;
      for (let i = 0; ; i++) {
        const byte = bytes[at++] ?? -1;
        if (byte < 0 || i > 9) return -1;
        value += (byte & 127) * 128 ** i;
        if (byte < 128) return value;
      }
    };
    const tag = read();
    const wire = tag % 8;
    const start = at;
    if (wire === 0) read();
    else if (wire === 5) at += 4;
    else if (wire === 1) at += 8;
    else if (wire === 2) {
      const length = read();
      if (length < 0 || at + length > bytes.length) return undefined;
      const body = bytes.subarray(at, at + length);
      fields.push({ tag, wire, body: (length > 3 && fieldsOf(body)) || body });
      at += length;
      continue;
    } else return undefined;
    if (tag < 8 || at > bytes.length) return undefined;
    fields.push({ tag, wire, body: bytes.subarray(start, at) });
  }
  return fields;
}

const encode = (fields: readonly Field[]): Uint8Array =>
  bytesOf(
    fields.flatMap(({ body, tag, wire }) => {
      const bytes = Array.isArray(body) ? encode(body) : body;
      return [...varint(tag), ...(wire === 2 ? varint(bytes.length) : []), ...bytes];
    }),
  );

function* respliced(file: Uint8Array, times: number): Generator<Uint8Array> {
  const random = randomNumbers(11);
  for (let i = 0; i < times; i++) {
    const tree = fieldsOf(file)!;
    const messages: Field[][] = [];
    const collect = (fields: Field[]): void => {
      messages.push(fields);
      for (const { body } of fields) if (Array.isArray(body)) collect(body);
    };
    collect(tree);
    for (let changes = 1 + random(3); changes > 0; changes--) {
      const from = messages[random(messages.length)]!;
      const to = messages[random(messages.length)]!;
      const field = from[random(from.length)];
      if (!field || encode([field]).length > 400) continue;
      // A copy without the field itself in it: a message can't hold itself.
      const copy = { ...field, body: Array.isArray(field.body) ? encode(field.body) : field.body };
      if (random(3) === 0) from.splice(from.indexOf(field), 1);
      else if (random(2) === 0) to.push(copy);
      else to[random(to.length)] = copy;
    }
    yield encode(tree);
  }
}

test('damaged tensor files are read or refused', async () => {
  const file = tensorFile(tensorOf('t', Type.INT32, [2, 3], { int32Data: [1, -2, 3, -4, 5, 600] }));
  await survives(damaged(file, 800), readOnnxTensor);
});

test('damaged lists are read or refused', async () => {
  const tensor = tensorFile(floats('t', [1, 2]));
  const list = bytesOf([
    10,
    1,
    115,
    16,
    1,
    26,
    tensor.length,
    ...tensor,
    26,
    tensor.length,
    ...tensor,
  ]);
  expect(readOnnxValue(list, 'sequence')).toHaveLength(2);
  const nested = bytesOf([42, list.length, ...list]);
  expect(readOnnxValue(nested, 'optional')).toHaveLength(1);
  await survives(damaged(nested, 600), (file) => readOnnxValue(file, 'optional'));
  expect(() => readOnnxValue(list, 'optional')).toThrow(ModelError);
});
