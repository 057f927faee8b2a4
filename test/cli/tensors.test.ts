import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { readElements } from '../../cli/tensors/elements.ts';
import { parseJson, readNested, writeNested } from '../../cli/tensors/json.ts';
import { type PictureOptions, readPng } from '../../cli/tensors/png.ts';
import type { Dtype, TensorType } from '../../models/graph.ts';
import type { TensorData } from '../../models/network/types.ts';

const values = ({ data, dtype }: TensorData): unknown[] => readElements(dtype, data);
const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });

describe('JSON', () => {
  const read = (value: unknown, type: TensorType) => values(readNested(value, type, 'x.json'));

  test('nested lists are a tensor, and so is one flat list of its elements', () => {
    const nested = [
      [1, 2],
      [3, 4],
    ];
    expect(read(nested, f32(2, 2))).toEqual([1, 2, 3, 4]);
    expect(read([1, 2, 3, 4], f32(2, 2))).toEqual([1, 2, 3, 4]);
    expect(read(nested, f32(1, 2, 2))).toEqual([1, 2, 3, 4]);
    expect(read(5, f32())).toEqual([5]);
  });

  test('what JSON has no number for is a text', () => {
    const type = f32(3);
    const tensor = readNested(['NaN', 'Infinity', '-Infinity'], type, 'x.json');
    expect(values(tensor)).toEqual([Number.NaN, Number.POSITIVE_INFINITY, -Infinity]);
    expect(writeNested(tensor)).toEqual(['NaN', 'Infinity', '-Infinity']);
  });

  test.each([
    ['a NaN that JSON lacks', () => parseJson('[1, NaN]', 'x.json'), 'write them as strings'],
    ['text', () => parseJson('hello', 'x.json'), "isn't JSON"],
    ['another shape', () => read([[1, 2, 3]], f32(2, 2)), 'a list of shape [1,3]; it must be'],
    ['uneven rows', () => read([[1, 2], [3]], f32(2, 2)), '[1] is a list of 1; a list of 2'],
    ['a row that is none', () => read([[1, 2], 3], f32(2, 2)), '[1] is 3; a list of 2'],
    ['null', () => read([1, null], f32(2)), '[1] is null; a number is due there (f32)'],
    ['an object', () => read([{}], f32(1)), '[0] is an object'],
    ['a word', () => read(['one'], f32(1)), '[0] is "one"; the only texts'],
    ['too large a float', () => read([1e39], f32(1)), '[0] is 1e+39; f32 holds'],
    ['half an integer', () => read([0.5], { dtype: 'i64', shape: [1] }), 'i64 holds integers'],
    ['a negative u8', () => read([-1], { dtype: 'u8', shape: [1] }), 'u8 holds 0 to 255'],
    ['128 as i8', () => read([128], { dtype: 'i8', shape: [1] }), 'i8 holds -128 to 127'],
    [
      'an integer that JSON rounds',
      () => read([2 ** 53], { dtype: 'i64', shape: [1] }),
      'i64 holds -9007199254740991 to 9007199254740991',
    ],
    [
      'lists without end',
      () => read(JSON.parse('['.repeat(9e4) + ']'.repeat(9e4)), f32(1)),
      'is a list of 1; a number is due',
    ],
  ])('refused is %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

/** A picture of 2 x 1 pixels: (255, 0, 51) and (0, 102, 255). */
function picture(): Uint8Array {
  const png = new PNG({ width: 2, height: 1 });
  png.data.set([255, 0, 51, 255, 0, 102, 255, 255]);
  return new Uint8Array(PNG.sync.write(png));
}

describe('a picture', () => {
  const read = (type: TensorType, options: PictureOptions = {}) =>
    values(readPng(picture(), type, options, 'x.png')).map((x) => Number(Number(x).toFixed(4)));

  test('goes to the layout that the shape tells, as 0 to 1', () => {
    expect(read(f32(1, 3, 1, 2))).toEqual([1, 0, 0, 0.4, 0.2, 1]);
    expect(read(f32(1, 2, 3), { layout: 'nhwc' })).toEqual([1, 0, 0.2, 0, 0.4, 1]);
  });

  test('is scaled by range, then by mean and std of each channel', () => {
    expect(read(f32(3, 1, 2), { layout: 'nchw', range: [-1, 1] })).toEqual([
      1, -1, -1, -0.2, -0.6, 1,
    ]);
    const options = { layout: 'nchw', mean: [1, 0, 0], std: [1, 2, 1] } as const;
    expect(read(f32(3, 1, 2), options)).toEqual([0, -1, 0, 0.2, 0.2, 1]);
  });

  test('may have its colours the other way round', () => {
    expect(read(f32(3, 1, 2), { layout: 'nchw', channels: 'bgr' })).toEqual([0.2, 1, 0, 0.4, 1, 0]);
  });

  test('as integers keeps its bytes, and i8 is moved down', () => {
    const of = (dtype: Dtype) => read({ dtype, shape: [3, 1, 2] }, { layout: 'nchw' });
    expect(of('u8')).toEqual([255, 0, 0, 102, 51, 255]);
    expect(of('i8')).toEqual([127, -128, -128, -26, -77, 127]);
  });

  test('in an input without channels is grey', () => {
    expect(read({ dtype: 'u8', shape: [1, 2] })).toEqual([
      Math.round(0.299 * 255 + 0.114 * 51),
      Math.round(0.587 * 102 + 0.114 * 255),
    ]);
  });

  const bomb = picture();
  new DataView(bomb.buffer).setUint32(16, 0x7fffffff);
  test.each([
    [
      'of another size',
      () => read(f32(3, 2, 2), { layout: 'nchw' }),
      'has 2 x 1 pixels; the input',
    ],
    ['for a shape of two meanings', () => read(f32(3, 1, 1)), 'say --layout'],
    ['for a list', () => read(f32(10)), 'no picture fits an input of f32 [10]'],
    ['as two channels', () => read(f32(2, 1, 2), { layout: 'nchw' }), '2 channels'],
    ['with two means', () => read(f32(3, 1, 2), { layout: 'nchw', mean: [1, 2] }), '2 values of'],
    ['with a std of 0', () => read(f32(3, 1, 2), { layout: 'nchw', std: [0] }), 'a std of 0'],
    [
      'beyond its type',
      () => read({ dtype: 'u8', shape: [3, 1, 2] }, { layout: 'nchw', range: [0, 256] }),
      '256 as u8',
    ],
    ['that is none', () => readPng(new Uint8Array(40), f32(1, 2), {}, 'x.png'), "isn't a PNG"],
    ['cut off', () => readPng(picture().subarray(0, 50), f32(1, 2), {}, 'x.png'), 'is damaged'],
    ['of too many pixels', () => readPng(bomb, f32(1, 2), {}, 'x.png'), '2147483647 x 1 pixels'],
  ])('is refused %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
