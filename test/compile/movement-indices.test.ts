import { expect, test } from 'vitest';
import { counting, known, node, run, runNodes, tensor } from './movement-run.ts';

test('elements are gathered along an axis, from a corner of the tensor', async () => {
  const x = counting('f32', [3, 3]);
  const indices = tensor('i64', [2, 2], [1, -1, 0, 3]);
  expect(await run('GatherElements', [x, indices], { axis: 1 })).toMatchObject({
    shape: [2, 2],
    // The last index is outside.
    values: [1, 2, 3, 0],
  });
});

test('tuples of indices gather rows, batch by batch', async () => {
  const x = counting('i32', [2, 2, 3]);
  const tuples = tensor('i64', [2, 1], [1, 0]);
  expect(await run('GatherND', [x, tuples], { batch_dims: 1 })).toMatchObject({
    shape: [2, 3],
    values: [3, 4, 5, 6, 7, 8],
  });
  const pairs = tensor('i64', [3, 2], [0, 1, -1, -1, 5, 0]);
  expect((await run('GatherND', [x, pairs])).values).toEqual([3, 4, 5, 9, 10, 11, 0, 0, 0]);
});

test('of two elements that are scattered to one place the last stays, unless they are joined', async () => {
  const x = counting('f32', [4]);
  const indices = tensor('i64', [3], [1, 1, -1]);
  const updates = tensor('f32', [3], [10, 20, 30]);
  const result = async (reduction: string) =>
    (await run('ScatterElements', [x, indices, updates], { reduction }, 18)).values;
  expect(await result('none')).toEqual([0, 20, 2, 30]);
  expect(await result('add')).toEqual([0, 31, 2, 33]);
  expect(await result('mul')).toEqual([0, 200, 2, 90]);
  expect(await result('min')).toEqual([0, 1, 2, 3]);
  expect(await result('max')).toEqual([0, 20, 2, 30]);
});

test('what is scattered outside goes nowhere', async () => {
  const x = counting('i8', [2, 2]);
  const tuples = tensor('i64', [3, 1], [2, -3, 1]);
  const updates = counting('i8', [3, 2], 10);
  expect((await run('ScatterND', [x, tuples, updates], { reduction: 'add' })).values).toEqual([
    0, 1, 16, 18,
  ]);
  const wrong = run('ScatterND', [x, known('i64', [2], [1, 1]), counting('i8', [1, 2])]);
  await expect(wrong).rejects.toThrow(/index \d+ of an axis of 2/);
});

test('small integers that are joined wrap as their type does', async () => {
  const x = tensor('u8', [1], [250]);
  const updates = tensor('u8', [2], [3, 4]);
  const indices = tensor('i64', [2], [0, 0]);
  expect(
    (await run('ScatterElements', [x, indices, updates], { reduction: 'add' })).values,
  ).toEqual([1]);
});

test('elements that are scattered along an axis leave the rest of the tensor', async () => {
  const x = counting('f64', [2, 3]);
  const indices = tensor('i32', [1, 2], [1, 0]);
  const updates = tensor('f64', [1, 2], [-1, -2]);
  expect((await run('ScatterElements', [x, indices, updates])).values).toEqual([
    0, -2, 2, -1, 4, 5,
  ]);
});

test('the largest elements: ties by index, NaN above all, along any axis', async () => {
  const nodes = [node('TopK', ['a', 'b'], ['v', 'i'], { axis: 0 })];
  const x = tensor('f32', [4, 2], [1, 5, 3, Number.NaN, 3, 5, 2, 0]);
  const { results } = await runNodes(nodes, [x, known('i64', [3])], ['v', 'i']);
  expect(results[0]!.values).toEqual([3, Number.NaN, 3, 5, 2, 5]);
  expect(results[1]).toMatchObject({ dtype: 'i64', shape: [3, 2], values: [1, 1, 2, 0, 3, 2] });
});

test('the smallest elements of integers', async () => {
  const x = tensor('u8', [1, 5], [7, 200, 7, 0, 255]);
  expect((await run('TopK', [x, known('i64', [4])], { largest: 0 })).values).toEqual([
    0, 7, 7, 200,
  ]);
});

test('sums up to each element, or up to the one before it, from either end', async () => {
  const x = counting('u16', [2, 3], 1);
  const rows = async (attributes: Record<string, number>) =>
    (await run('CumSum', [x, known('i32', [1], [])], attributes)).values;
  expect(await rows({})).toEqual([1, 3, 6, 4, 9, 15]);
  expect(await rows({ exclusive: 1 })).toEqual([0, 1, 3, 0, 4, 9]);
  expect(await rows({ reverse: 1, exclusive: 1 })).toEqual([5, 3, 0, 11, 6, 0]);
});

test('rows are reversed up to their lengths, which are clamped', async () => {
  const x = counting('i32', [3, 2]);
  const lengths = tensor('i64', [2], [2, 100]);
  expect((await run('ReverseSequence', [x, lengths])).values).toEqual([2, 5, 0, 3, 4, 1]);
});

test('an index beyond the depth is hot nowhere', async () => {
  const indices = tensor('f32', [3], [1, -1, 3]);
  const values = known('i8', [0, 7]);
  expect(await run('OneHot', [indices, known('i64', [3]), values])).toMatchObject({
    shape: [3, 3],
    values: [0, 7, 0, 0, 0, 7, 0, 0, 0],
  });
});

test('depth becomes space in either order, and as channels are stored', async () => {
  const x = counting('f32', [1, 8, 1, 1]);
  expect(await run('DepthToSpace', [x], { blocksize: 2 })).toMatchObject({
    shape: [1, 2, 2, 2],
    values: [0, 2, 4, 6, 1, 3, 5, 7],
  });
  expect((await run('DepthToSpace', [x], { blocksize: 2, mode: 'CRD' })).values).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  const nodes = [
    node('Transpose', ['a'], ['x'], { perm: [0, 3, 1, 2] }),
    node('DepthToSpace', ['x'], ['z'], { blocksize: 2 }),
    node('Transpose', ['z'], ['y'], { perm: [0, 2, 3, 1] }),
  ];
  const { kernels, results } = await runNodes(nodes, [counting('f32', [1, 1, 2, 8])], ['y']);
  expect(kernels).toEqual(['strided4']);
  expect(results[0]).toMatchObject({
    shape: [1, 2, 4, 2],
    values: [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15],
  });
});

test('sequences of words are counted where they fit, with and without gaps', async () => {
  const x = tensor('i64', [2, 4], [2, 3, 2, 3, 5, 5, 5, 2]);
  const attributes = {
    mode: 'TF',
    min_gram_length: 1,
    max_gram_length: 2,
    max_skip_count: 1,
    ngram_counts: [0, 2],
    ngram_indexes: [0, 1, 3, 2],
    pool_int64s: [2, 5, 2, 3, 5, 2],
  };
  // Words 2 and 5, the pairs (5, 2) and (2, 3).
  expect((await run('TfIdfVectorizer', [x], attributes)).values).toEqual([2, 0, 0, 2, 1, 3, 2, 0]);
});
