import { expect, test } from 'vitest';
import { counting, known, node, run, runNodes, tensor } from './movement-run.ts';

test('a slice may go backwards, and its bounds are clamped', async () => {
  const x = counting('f32', [2, 5]);
  const bounds = [known('i64', [-1]), known('i64', [-100]), known('i64', [1]), known('i64', [-2])];
  expect(await run('Slice', [x, ...bounds])).toMatchObject({
    shape: [2, 3],
    values: [4, 2, 0, 9, 7, 5],
  });
  const old = { starts: [1], ends: [1000], axes: [1] };
  expect((await run('Slice', [x], old, 9)).values).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
});

test('pads show constants, edges, mirrors or the other end', async () => {
  const x = counting('i64', [2, 3]);
  const pads = known('i64', [0, 2, 0, 1]);
  const value = known('i64', [7], []);
  const rows = async (mode: string, ...more: (typeof x)[]) =>
    (await run('Pad', [x, pads, ...more], { mode }, 19)).values;
  expect(await rows('constant', value)).toEqual([7, 7, 0, 1, 2, 7, 7, 7, 3, 4, 5, 7]);
  expect(await rows('edge')).toEqual([0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5]);
  expect(await rows('reflect')).toEqual([2, 1, 0, 1, 2, 1, 5, 4, 3, 4, 5, 4]);
  expect(await rows('wrap')).toEqual([1, 2, 0, 1, 2, 0, 4, 5, 3, 4, 5, 3]);
});

test('a pad of some axes, negative where it cuts', async () => {
  const x = counting('u8', [2, 3]);
  const pads = known('i64', [-1, 1]);
  const axes = known('i64', [-1]);
  expect(await run('Pad', [x, pads, undefined, axes], {}, 18)).toMatchObject({
    shape: [2, 3],
    values: [1, 2, 0, 4, 5, 0],
  });
});

test('parts of a split that are empty, and concatenations with them', async () => {
  const x = counting('f32', [2, 3]);
  const nodes = [
    node('Split', ['a', 'b'], ['p', 'q', 'r'], { axis: 1 }),
    node('Concat', ['r', 'q', 'p'], ['y'], { axis: 1 }),
  ];
  const { results } = await runNodes(nodes, [x, known('i64', [1, 0, 2])], ['y']);
  expect(results[0]!.values).toEqual([1, 2, 0, 4, 5, 3]);
});

test('a split whose last part is smaller', async () => {
  const nodes = [node('Split', ['a'], ['p', 'q'], { num_outputs: 2 }, 18)];
  const { results } = await runNodes(nodes, [counting('f32', [5])], ['p', 'q']);
  expect(results.map(({ values }) => values)).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
});

test('channels are cut, padded and joined as they are stored', async () => {
  const nodes = [
    node('Transpose', ['a'], ['x'], { perm: [0, 3, 1, 2] }),
    node('Split', ['x'], ['p', 'q'], { axis: 1 }),
    node('Concat', ['q', 'p'], ['r'], { axis: 1 }),
    node('Pad', ['r', 'b'], ['s']),
    node('Transpose', ['s'], ['y'], { perm: [0, 2, 3, 1] }),
  ];
  const pads = known('i64', [0, 0, 0, 1, 0, 0, 0, 0]);
  const { kernels, results } = await runNodes(nodes, [counting('f32', [1, 1, 2, 4]), pads], ['y']);
  expect(kernels).toEqual(Array(6).fill('strided4'));
  expect(results[0]).toMatchObject({
    shape: [1, 1, 3, 4],
    values: [0, 0, 0, 0, 2, 3, 0, 1, 6, 7, 4, 5],
  });
});

test('indices of a gather count from the end, and name zeros where they are outside', async () => {
  const x = counting('f32', [3, 2], 1);
  const indices = tensor('i64', [2, 2], [-1, 0, 3, -4]);
  expect(await run('Gather', [x, indices])).toMatchObject({
    shape: [2, 2, 2],
    values: [5, 6, 1, 2, 0, 0, 0, 0],
  });
  const columns = tensor('i32', [3], [1, 0, -1]);
  expect(await run('Gather', [x, columns], { axis: 1 })).toMatchObject({
    shape: [3, 3],
    values: [2, 1, 2, 4, 3, 4, 6, 5, 6],
  });
  const wrong = run('Gather', [x, known('i64', [3])]);
  await expect(wrong).rejects.toThrow('index 3 of an axis of 3');
});

test('shapes: zeros copy, -1 is the rest', async () => {
  const x = counting('f32', [2, 3, 4]);
  expect((await run('Reshape', [x, known('i64', [0, -1])])).shape).toEqual([2, 12]);
  await expect(run('Reshape', [x, known('i64', [5, -1])])).rejects.toThrow('other elements');
  await expect(run('Reshape', [x, known('i64', [-1, -1])])).rejects.toThrow('more than one');
  expect((await run('Flatten', [x], { axis: -1 })).shape).toEqual([6, 4]);
  expect((await run('Shape', [x], { start: -2 })).values).toEqual([3, 4]);
  expect((await run('Unsqueeze', [x, known('i64', [4, 0])])).shape).toEqual([1, 2, 3, 4, 1]);
});

test('axes of size 1 come and go wherever they are stored', async () => {
  const nodes = [
    node('Transpose', ['a'], ['x'], { perm: [0, 3, 1, 2] }),
    node('Unsqueeze', ['x', 'b'], ['p']),
    node('Squeeze', ['p', 'c'], ['q']),
    node('Transpose', ['q'], ['y'], { perm: [1, 2, 0] }),
  ];
  const x = counting('f32', [1, 2, 3, 4]);
  const { kernels, results } = await runNodes(
    nodes,
    [x, known('i64', [2]), known('i64', [0, 2])],
    ['y'],
  );
  expect(kernels).toEqual(['strided4']);
  expect(results[0]).toMatchObject({
    shape: [2, 3, 4],
    values: Array.from({ length: 24 }, (_, i) => i),
  });
});

test('a tensor is expanded and tiled', async () => {
  const x = counting('u16', [2, 1]);
  expect(await run('Expand', [x, known('i64', [2, 1, 3])])).toMatchObject({
    shape: [2, 2, 3],
    values: [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1],
  });
  expect(await run('Tile', [x, known('i64', [2, 2])])).toMatchObject({
    shape: [4, 2],
    values: [0, 0, 1, 1, 0, 0, 1, 1],
  });
});

test('bytes are taken as another type of the same width', async () => {
  const x = tensor('f32', [2], [1, -0]);
  expect((await run('BitCast', [x], { to: 12 }, 26)).values).toEqual([0x3f800000, 0x80000000]);
  await expect(run('BitCast', [x], { to: 7 }, 26)).rejects.toThrow('f32 [2] as i64');
});

test('a copy of more axes than a call takes is several calls', async () => {
  const x = counting('u8', [2, 2, 2, 2, 2, 2, 2]);
  const perm = [6, 5, 4, 3, 2, 1, 0];
  const { kernels, results } = await runNodes(
    [node('Transpose', ['a'], ['y'], { perm })],
    [x],
    ['y'],
  );
  expect(kernels).toEqual(['strided1', 'strided1']);
  const reversed = (i: number) =>
    Number.parseInt(i.toString(2).padStart(7, '0').split('').reverse().join(''), 2);
  expect(results[0]!.values).toEqual(Array.from({ length: 128 }, (_, i) => reversed(i)));
});
