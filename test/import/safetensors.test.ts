import { describe, expect, test } from 'vitest';
import { isSafetensors, readSafetensors } from '../../models/import/safetensors/read.ts';
import { damaged, survives } from '../support/hostile.ts';

function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const TWO = {
  b: entry('F32', [2], 2, 10),
  a: entry('F16', [], 0, 2),
  __metadata__: { by: 'test' },
};

describe('safetensors', () => {
  test('tensors are windows of the file, in any order of names', () => {
    const data = Uint8Array.from({ length: 10 }, (_, i) => i);
    const tensors = readSafetensors(file(TWO, data));
    expect([...tensors.keys()]).toEqual(['b', 'a']);
    expect(tensors.get('a')).toEqual({ dtype: 'f16', shape: [], data: data.slice(0, 2) });
    expect(tensors.get('b')).toEqual({ dtype: 'f32', shape: [2], data: data.slice(2) });
  });

  test.each([
    ['an overlap', { a: entry('U8', [4], 0, 4), b: entry('U8', [4], 2, 6) }, 6],
    ['a gap', { a: entry('U8', [4], 0, 4), b: entry('U8', [2], 5, 7) }, 7],
    ['bytes that no tensor takes', { a: entry('U8', [4], 0, 4) }, 5],
    ['a tensor beyond the end', { a: entry('U8', [4], 0, 4) }, 3],
    ['offsets that the shape contradicts', { a: entry('F32', [2], 0, 4) }, 4],
    ['a dimension below 0', { a: entry('U8', [-1, -4], 0, 4) }, 4],
    [
      'a product of dimensions beyond all bounds',
      { a: entry('U8', [2 ** 50, 2 ** 50, 0], 0, 0) },
      0,
    ],
    ['a truth value of 2', { a: entry('BOOL', [3], 0, 3) }, 3],
    ['an entry that is no object', { a: 7 }, 0],
  ])('%s is refused', (_, header, length) => {
    const data = new Uint8Array(length).fill(2);
    expect(() => readSafetensors(file(header, data))).toThrow(
      expect.objectContaining({ code: 'BAD_NETWORK' }),
    );
  });

  test('a header longer than the file is refused before it is read', () => {
    const bytes = file(TWO, new Uint8Array(10));
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(isSafetensors(bytes)).toBe(false);
    expect(() => readSafetensors(bytes)).toThrow('cut off');
  });

  test('deep nesting is refused', () => {
    const bytes = file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(() => readSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'BAD_NETWORK' }));
  });

  test('all element types that networks lack are named at once', () => {
    const header = { a: entry('F8_E4M3', [1], 0, 1), b: entry('F4', [1], 1, 2) };
    expect(() => readSafetensors(file(header, new Uint8Array(2)))).toThrow('F4, F8_E4M3');
  });

  test('damaged files are read or refused', async () => {
    const good = file(TWO, new Uint8Array(10));
    await survives(damaged(good, 2000, 150), readSafetensors);
  });
});
