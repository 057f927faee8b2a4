import { describe, expect, test } from 'vitest';
import { readElements } from '../../cli/tensors/elements.ts';
import { readNpy, writeNpy } from '../../cli/tensors/npy.ts';
import { DTYPES, type Dtype } from '../../models/graph.ts';

/** A file as NumPy writes it: the header is padded to 118 bytes. */
function numpyFile(dictionary: string, data: Uint8Array, version = 1): Uint8Array {
  const header = new TextEncoder().encode(`${dictionary.padEnd(117)}\n`);
  const length = version === 1 ? 2 : 4;
  const file = new Uint8Array(8 + length + header.length + data.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(header, 8 + length);
  file.set(data, 8 + length + header.length);
  return file;
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

const numbers = (file: Uint8Array): unknown[] => {
  const { data, dtype } = readNpy(file);
  return readElements(dtype, data);
};

describe('a .npy file', () => {
  test.each(Object.keys(DTYPES) as Dtype[])('of %s reads as it was written', (dtype) => {
    const shape = [2, 1, 3];
    const data = Uint8Array.from({ length: 6 * DTYPES[dtype].bytes }, (_, i) => i % 2);
    expect(readNpy(writeNpy({ dtype, shape, data }))).toEqual({ dtype, shape, data });
  });

  test.each([[[]], [[5]]])('of shape %j reads as it was written', (shape) => {
    const data = new Uint8Array(4 * (shape[0] ?? 1)).fill(7);
    const tensor = { dtype: 'f32', shape, data } as const;
    expect(readNpy(writeNpy(tensor))).toEqual(tensor);
  });

  test('begins its elements at a multiple of 64', () => {
    const file = writeNpy({ dtype: 'u8', shape: [1], data: Uint8Array.of(9) });
    expect(file.length % 64).toBe(1);
    expect(new TextDecoder('latin1').decode(file.subarray(10, -2))).toContain("'shape': (1,)");
  });

  test('big-endian elements are turned', () => {
    const data = Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0);
    expect(numbers(numpyFile(header('>f4', '(2,)'), data))).toEqual([1, -2]);
  });

  test("Fortran's order is put in rows", () => {
    const data = Uint8Array.of(0, 3, 1, 4, 2, 5);
    expect(numbers(numpyFile(header('|u1', '(2, 3)', 'True'), data))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('versions 2 and 3 have a longer length', () => {
    for (const version of [2, 3]) {
      const file = numpyFile(header('|i1', '(2,)'), Uint8Array.of(1, 255), version);
      expect(numbers(file)).toEqual([1, -1]);
    }
  });

  test('the 64-bit integers are exact', () => {
    const data = new Uint8Array(8).fill(255);
    expect(numbers(numpyFile(header('<u8', '(1,)'), data))).toEqual([2n ** 64n - 1n]);
  });
});

describe('refused is', () => {
  const good = header('<f4', '(2,)');
  const eight = new Uint8Array(8);
  test.each([
    ['another file', new TextEncoder().encode('hello, world'), "isn't a .npy file"],
    ['an empty file', new Uint8Array(), "isn't a .npy file"],
    ['an unknown version', numpyFile(good, eight, 4), 'version 4'],
    ['a header longer than the file', numpyFile(good, eight).subarray(0, 60), 'a header of 118'],
    ['no dictionary', numpyFile('[1, 2]', eight), "isn't a dictionary"],
    [
      'a structured array',
      numpyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", eight),
      'one plain type',
    ],
    ['an array of objects', numpyFile(header('|O', '(1,)'), eight), 'elements of type "|O"'],
    ['complex numbers', numpyFile(header('<c8', '(1,)'), eight), 'elements of type "<c8"'],
    ['a native byte order', numpyFile(header('f4', '(2,)'), eight), 'elements of type "f4"'],
    ['a shape of other types', numpyFile(header('<f4', "('a',)"), eight), 'no fortran_order or'],
    ['a negative dimension', numpyFile(header('<f4', '(-2,)'), eight), 'no fortran_order or shape'],
    [
      'more elements than memory',
      numpyFile(header('<f4', '(4294967296, 4294967296)'), eight),
      'takes 73786976294838210000 bytes, and 8 follow',
    ],
    ['a dimension beyond all', numpyFile(header('<f4', `(1${'0'.repeat(30)},)`), eight), 'no dim'],
    ['a high rank', numpyFile(header('<f4', `(${'1,'.repeat(32)})`), eight), 'rank 32'],
    ['missing elements', numpyFile(good, new Uint8Array(7)), 'takes 8 bytes, and 7 follow'],
    ['more elements', numpyFile(good, new Uint8Array(9)), 'takes 8 bytes, and 9 follow'],
    ['a bool of 2', numpyFile(header('|b1', '(2,)'), Uint8Array.of(1, 2)), 'neither 0 nor 1'],
  ])('%s', (_, file, message) => {
    expect(() => readNpy(file, 'x.npy')).toThrow(message);
  });
});
