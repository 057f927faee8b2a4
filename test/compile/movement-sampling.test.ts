import { expect, test } from 'vitest';
import { LOWERINGS } from '../../models/compile/lower/index.ts';
import { counting, known, node, run, runNodes, tensor } from './movement-run.ts';

const scales = (...values: number[]) => known('f32', values);
const sizes = (...values: number[]) => known('i64', values);

test('the nearest element, with ties to either side', async () => {
  const x = counting('u8', [4]);
  const halves = async (nearest_mode: string) =>
    (await run('Resize', [x, undefined, undefined, sizes(2)], { nearest_mode }, 13)).values;
  // Places 0.5 and 2.5.
  expect(await halves('round_prefer_floor')).toEqual([0, 2]);
  expect(await halves('round_prefer_ceil')).toEqual([1, 3]);
});

test('linear and cubic weights of half a step', async () => {
  const x = tensor('f32', [1, 4], [0, 4, 8, 12]);
  const options = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };
  expect((await run('Resize', [x, undefined, undefined, sizes(1, 7)], options)).values).toEqual([
    0, 2, 4, 6, 8, 10, 12,
  ]);
  const cubic = { mode: 'cubic', coordinate_transformation_mode: 'align_corners' };
  const { values } = await run('Resize', [x, undefined, undefined, sizes(1, 7)], cubic);
  // (-3, 19, 19, -3) / 32, the ends repeated.
  expect(values[3]).toBe(6);
  expect(values[1]).toBe((0 * 16 + 4 * 19 - 8 * 3) / 32);
});

test('with antialiasing every element counts', async () => {
  const x = tensor('f32', [8], [8, 0, 0, 0, 0, 0, 0, 8]);
  const result = async (antialias: number) =>
    (await run('Resize', [x, undefined, scales(0.25)], { mode: 'linear', antialias }, 18)).values;
  expect(await result(0)).toEqual([0, 0]);
  expect((await result(1)).every((value) => value > 0)).toBe(true);
});

test('the aspect ratio stays within or around the sizes', async () => {
  const x = counting('f32', [1, 1, 4, 8]);
  const shape = async (keep_aspect_ratio_policy: string) =>
    (
      await run(
        'Resize',
        [x, undefined, undefined, sizes(8, 8)],
        { keep_aspect_ratio_policy, axes: [2, 3] },
        18,
      )
    ).shape;
  expect(await shape('not_larger')).toEqual([1, 1, 4, 8]);
  expect(await shape('not_smaller')).toEqual([1, 1, 8, 16]);
});

test('what lies outside of a cropped region is extrapolated', async () => {
  const x = counting('f32', [1, 4], 1);
  const options = {
    mode: 'linear',
    coordinate_transformation_mode: 'tf_crop_and_resize',
    extrapolation_value: -1,
  };
  const roi = known('f32', [0, -1, 0, 1]);
  const result = await run('Resize', [x, roi, undefined, sizes(1, 7)], options, 13);
  expect(result.values).toEqual([-1, -1, -1, 1, 2, 3, 4]);
});

test('images whose channels are stored last are resized as they are stored', async () => {
  const nodes = [
    node('Transpose', ['a'], ['x'], { perm: [0, 3, 1, 2] }),
    node('Resize', ['x', '', '', 'b'], ['z'], { mode: 'linear' }),
    node('Transpose', ['z'], ['y'], { perm: [0, 2, 3, 1] }),
  ];
  const x = counting('f32', [1, 3, 3, 2]);
  const { kernels, results } = await runNodes(nodes, [x, sizes(1, 2, 1, 1)], ['y']);
  expect(kernels).toEqual(['interpolate', 'interpolate']);
  expect(results[0]!.values).toEqual([8, 9]);
});

test('tables that would take too much memory are refused', async () => {
  const x = counting('f32', [1, 2]);
  const huge = run('Resize', [x, undefined, undefined, sizes(1, 2 ** 26)], { mode: 'linear' });
  await expect(huge).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATOR' });
  const none = run('Resize', [x, undefined, scales(1, Number.NaN)], { mode: 'linear' });
  await expect(none).rejects.toMatchObject({ code: 'BAD_NETWORK' });
});

test('a grid samples an image, and what lies outside as its padding says', async () => {
  const x = counting('f32', [1, 1, 2, 2], 1);
  const grid = tensor('f32', [1, 1, 3, 2], [0, 0, -1, -1, 3, 1]);
  const values = async (padding_mode: string) =>
    (await run('GridSample', [x, grid], { padding_mode, align_corners: 1 })).values;
  expect(await values('zeros')).toEqual([2.5, 1, 0]);
  expect(await values('border')).toEqual([2.5, 1, 4]);
  // Twice the width to the right of the last column is the first.
  expect(await values('reflection')).toEqual([2.5, 1, 3]);
});

test('a grid samples a volume', async () => {
  const x = counting('f32', [1, 1, 2, 2, 2]);
  // Column, row, plane: the middle, the last element, and half way between two planes.
  const grid = tensor('f32', [1, 1, 1, 3, 3], [0, 0, 0, 1, 1, 1, -1, 1, 0]);
  expect(await run('GridSample', [x, grid], { align_corners: 1 }, 20)).toMatchObject({
    shape: [1, 1, 1, 1, 3],
    values: [3.5, 7, 4],
  });
});

test('places that are no numbers touch nothing outside', async () => {
  const x = counting('f32', [1, 1, 2, 2], 1);
  const grid = tensor('f32', [1, 1, 2, 2], [Number.NaN, Number.POSITIVE_INFINITY, -1e30, 1e30]);
  for (const padding_mode of ['zeros', 'border', 'reflection']) {
    const { values } = await run('GridSample', [x, grid], { padding_mode, mode: 'nearest' });
    expect(values).toHaveLength(2);
  }
});

test('a region of the whole image averages its samples, one that is far outside none', async () => {
  const x = counting('f32', [1, 1, 4, 4]);
  const regions = tensor('f32', [3, 4], [0, 0, 4, 4, 100, 100, 1e30, 1e30, 0, 0, 4, 4]);
  const images = tensor('i64', [3], [0, 0, 7]);
  const { values } = await run('RoiAlign', [x, regions, images], {}, 16);
  expect(values).toEqual([7.5, 0, 0]);
});

test('a transform and its inverse give the signal', async () => {
  const nodes = [
    node('DFT', ['a'], ['f'], { axis: 1 }),
    node('DFT', ['f'], ['y'], { axis: 1, inverse: 1 }),
  ];
  const { results } = await runNodes(nodes, [counting('f32', [1, 5, 1])], ['f', 'y']);
  const [spectrum, signal] = results;
  expect(spectrum!.values[0]).toBe(10);
  signal!.values.forEach((value, i) => {
    expect(value).toBeCloseTo(i % 2 === 0 ? i / 2 : 0, 5);
  });
});

test('windows are symmetric or periodic', async () => {
  const { values } = await run('HannWindow', [known('i32', [5], [])], { periodic: 0 });
  expect(values).toEqual([0, 0.5, 1, 0.5, 0]);
  expect((await run('HannWindow', [known('i32', [4], [])])).values).toEqual([0, 0.5, 1, 0.5]);
});

test('operators whose results are as long as contents say are computed from what is known', async () => {
  const x = known('f32', [0, 3, 0, 4], [2, 2]);
  expect(await run('NonZero', [x])).toMatchObject({ shape: [2, 2], values: [0, 1, 1, 1] });
  const boxes = known('f32', [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11], [1, 3, 4]);
  const scores = known('f32', [0.9, 0.95, 0.5], [1, 1, 3]);
  const picked = await run('NonMaxSuppression', [boxes, scores, sizes(3), scales(0.5), scales(0)]);
  expect(picked.values).toEqual([0, 0, 1, 0, 0, 2]);
  const open = run('NonZero', [tensor('f32', [2], [0, 1])]);
  await expect(open).rejects.toMatchObject({ code: 'NOT_STATIC' });
});

test('unique slices, sorted or in the order in which they come', async () => {
  const x = known('i64', [5, 2, 5, 1]);
  const nodes = [node('Unique', ['a'], ['y', 'i', 'j', 'n'], { sorted: 0 })];
  const { results } = await runNodes(nodes, [x], ['y', 'i', 'j', 'n']);
  expect(results.map(({ values }) => values)).toEqual([
    [5, 2, 1],
    [0, 1, 3],
    [0, 1, 0, 2],
    [2, 1, 1],
  ]);
  expect((await run('Unique', [x])).values).toEqual([1, 2, 5]);
});

test('every operator of ONNX that moves, selects or generates elements is there', () => {
  const wanted =
    'BlackmanWindow CenterCropPad Col2Im Compress Concat Constant ConstantOfShape CumSum DFT DepthToSpace Expand EyeLike Flatten ' +
    'Gather GatherElements GatherND GridSample HammingWindow HannWindow Identity MelWeightMatrix NonMaxSuppression NonZero OneHot ' +
    'Pad Range Reshape Resize ReverseSequence RoiAlign STFT Scatter ScatterElements ScatterND Shape Size Slice SpaceToDepth Split ' +
    'Squeeze TfIdfVectorizer Tile TopK Transpose Trilu Unique Unsqueeze Upsample';
  expect(wanted.split(' ').filter((op) => !Object.hasOwn(LOWERINGS, op))).toEqual([]);
});
