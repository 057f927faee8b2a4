import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readPickle } from '../../models/import/pytorch/pickle.ts';
import { readStateDictionary } from '../../models/import/pytorch/read.ts';
import { damaged, survives } from '../support/hostile.ts';

const latin = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const unicode = (text: string): number[] => [0x58, text.length, 0, 0, 0, ...latin(text)];
const global = (module: string, name: string): number[] => latin(`c${module}\n${name}\n`);
const tuple = (...items: number[][]): number[] => [0x28, ...items.flat(), 0x74];
const int = (value: number): number[] => [
  0x4a,
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >> 24,
];
const ints = (values: readonly number[]): number[] => tuple(...values.map(int));

interface Saved {
  type?: string;
  storage?: string;
  count: number;
  offset?: number;
  shape: number[];
  strides: number[];
}

/** A pickle as torch.save writes it of a dictionary of tensors. */
function pickle(tensors: Record<string, Saved>): Uint8Array {
  const items = Object.entries(tensors).flatMap(([name, saved]) => {
    const { count, offset = 0, shape, storage = '0', strides, type = 'FloatStorage' } = saved;
    const id = tuple(
      unicode('storage'),
      global('torch', type),
      unicode(storage),
      unicode('cpu'),
      int(count),
    );
    const hooks = [...global('collections', 'OrderedDict'), 0x29, 0x52];
    const operands = tuple([...id, 0x51], int(offset), ints(shape), ints(strides), [0x89], hooks);
    return [...unicode(name), ...global('torch._utils', '_rebuild_tensor_v2'), ...operands, 0x52];
  });
  return Uint8Array.from([
    ...[0x80, 2],
    ...global('collections', 'OrderedDict'),
    ...[0x29, 0x52, 0x28],
    ...items,
    ...[0x75, 0x2e],
  ]);
}

function archive(tensors: Record<string, Saved>, storage: Uint8Array): Uint8Array {
  const members = { 'net/data.pkl': pickle(tensors), 'net/data/0': storage };
  return zipSync(members, { level: 0 });
}

const SIX = new Uint8Array(Float32Array.from([0, 1, 2, 3, 4, 5]).buffer);

function values(tensors: Record<string, Saved>, name: string): number[] {
  const { data } = readStateDictionary(archive(tensors, SIX)).get(name)!;
  return [...new Float32Array(data.slice().buffer)];
}

describe('state dictionaries', () => {
  test('tensors are windows of storages', () => {
    const a = { count: 6, offset: 2, shape: [2, 2], strides: [2, 1] };
    expect(values({ a }, 'a')).toEqual([2, 3, 4, 5]);
  });

  test('strides other than row-major are put in order', () => {
    const a = { count: 6, shape: [3, 2], strides: [1, 3] };
    expect(values({ a }, 'a')).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('two tensors may share a storage', () => {
    const a = { count: 6, shape: [6], strides: [1] };
    const b = { count: 6, offset: 5, shape: [], strides: [] };
    expect(values({ a, b }, 'b')).toEqual([5]);
  });

  test('a dictionary within the checkpoint of a training script is found', () => {
    const inner = pickle({ a: { count: 6, shape: [6], strides: [1] } });
    const outer = Uint8Array.from([
      0x7d,
      0x28,
      ...unicode('epoch'),
      ...int(3),
      ...unicode('state_dict'),
      ...inner.slice(2, -1),
      0x75,
      0x2e,
    ]);
    const file = zipSync({ 'net/data.pkl': outer, 'net/data/0': SIX });
    expect([...readStateDictionary(file).keys()]).toEqual(['a']);
  });

  test.each([
    ['a tensor beyond its storage', { count: 6, offset: 3, shape: [2, 2], strides: [2, 1] }],
    ['strides beyond the storage', { count: 6, shape: [2, 2], strides: [5, 1] }],
    ['strides below 0', { count: 6, offset: 5, shape: [6], strides: [-1] }],
    ['a storage that claims more than its member', { count: 60, shape: [60], strides: [1] }],
    ['a storage that is not there', { storage: '7', count: 6, shape: [6], strides: [1] }],
    [
      'a tensor of a storage repeated a billion times',
      { count: 6, shape: [1 << 28], strides: [0] },
    ],
    ['more strides than dimensions', { count: 6, shape: [6], strides: [1, 1] }],
  ])('%s is refused', (_, a) => {
    expect(() => readStateDictionary(archive({ a }, SIX))).toThrow(
      expect.objectContaining({ code: 'BAD_NETWORK' }),
    );
  });

  test('whatever else a pickle asks for is refused by name', () => {
    const attack = Uint8Array.from([
      ...global('posix', 'system'),
      ...tuple(unicode('true')),
      0x52,
      0x2e,
    ]);
    expect(() => readPickle(attack)).toThrow('posix.system');
    expect(() => readPickle(Uint8Array.from([0x7d, 0x81, 0x2e]))).toThrow('opcode 0x81');
  });

  test('an archive that claims to be larger than it can be is refused', () => {
    const file = archive({}, SIX);
    const view = new DataView(file.buffer, file.byteOffset);
    // The inflated size in the first entry of the central directory.
    const entry = file.findIndex(
      (_, i) => i + 4 <= file.length && view.getUint32(i) === 0x504b0102,
    );
    view.setUint32(entry + 24, 2 ** 31, true);
    expect(() => readStateDictionary(file)).toThrow('take more than');
  });

  test('damaged files are read or refused', async () => {
    const a = { count: 6, shape: [3, 2], strides: [1, 3] };
    await survives(damaged(archive({ a }, SIX), 1500), readStateDictionary);
    await survives(damaged(pickle({ a }), 1500), readPickle);
  });
});
