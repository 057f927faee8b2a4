import { describe, expect, test } from 'vitest';
import { node, run, tensor, values } from './reduction-support.ts';

const SHAPE = [2, 3, 4, 5];
const X = values(120);
const x = tensor(SHAPE, X);

/** Calls `visit` with every index of a shape and the place of the element. */
function each(shape: readonly number[], visit: (index: number[], at: number) => void): void {
  const n = shape.reduce((a, b) => a * b, 1);
  for (let at = 0; at < n; at++) {
    let rest = at;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    visit(index, at);
  }
}

/** Sets of elements along some axes, in the order of the results. */
function sets(
  data: readonly number[],
  shape: readonly number[],
  axes: readonly number[],
): number[][] {
  const found = new Map<string, number[]>();
  each(shape, (index, at) => {
    const key = index.filter((_, axis) => !axes.includes(axis)).join();
    found.set(key, [...(found.get(key) ?? []), data[at]!]);
  });
  return [...found.values()];
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  actual!.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `element ${i}: ${value}, ${expected[i]}`).toBeLessThan(
      1e-5 * (1 + Math.abs(expected[i]!)),
    );
  });
}

const sum = (set: readonly number[]): number => set.reduce((a, b) => a + b, 0);
const mean = (set: readonly number[]): number => sum(set) / set.length;
const variance = (set: readonly number[]): number => {
  const centre = mean(set);
  return mean(set.map((value) => (value - centre) ** 2));
};

describe('reductions', () => {
  const operations: Record<string, (set: readonly number[]) => number> = {
    ReduceSum: sum,
    ReduceMean: mean,
    ReduceMax: (set) => Math.max(...set),
    ReduceMin: (set) => Math.min(...set),
    ReduceProd: (set) => set.reduce((a, b) => a * b, 1),
    ReduceSumSquare: (set) => sum(set.map((value) => value * value)),
    ReduceL1: (set) => sum(set.map(Math.abs)),
    ReduceL2: (set) => Math.hypot(...set),
  };

  test.each(Object.keys(operations))(
    '%s over inner, outer, middle and separate axes',
    async (op) => {
      const choices = [[3], [0], [1, 2], [0, 2], [-1, 1], [0, 1, 2, 3]];
      const nodes = choices.map((axes, i) =>
        node(op, ['x'], [`y${i}`], { axes, keepdims: i % 2 }, 11),
      );
      const { shapes, values: results } = await run(
        nodes,
        choices.map((_, i) => `y${i}`),
        { x },
      );
      choices.forEach((axes, i) => {
        const positive = axes.map((axis) => (axis + 4) % 4);
        expectClose(results[i], sets(X, SHAPE, positive).map(operations[op]!));
        expect(shapes[i]).toEqual(
          SHAPE.map((size, axis) => (positive.includes(axis) ? 1 : size)).filter(
            (_, axis) => i % 2 === 1 || !positive.includes(axis),
          ),
        );
      });
    },
  );

  test('the mean of an image that is stored with its channels last takes one call', async () => {
    const { kernels, values: results } = await run(
      [
        node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
        node('ReduceMean', ['t'], ['y'], { axes: [2, 3], keepdims: 0 }),
      ],
      ['y'],
      { x },
    );
    expect(kernels).toEqual(['reduce']);
    expectClose(results[0], sets(X, SHAPE, [1, 2]).map(mean));
  });

  test('axes come from an input, and without axes all or nothing is reduced', async () => {
    const { shapes, values: results } = await run(
      [
        node('ReduceSum', ['x', 'axes'], ['a'], { keepdims: 0 }),
        node('ReduceSum', ['x', 'none'], ['b']),
        node('ReduceSum', ['x', 'none'], ['c'], { noop_with_empty_axes: 1 }),
      ],
      ['a', 'b', 'c'],
      { x },
      { axes: tensor([1], [-3], 'i64'), none: tensor([0], [], 'i64') },
    );
    expectClose(results[0], sets(X, SHAPE, [1]).map(sum));
    expectClose(results[1], [sum(X)]);
    expect(results[2]).toEqual(X);
    expect(shapes).toEqual([[2, 4, 5], [1, 1, 1, 1], SHAPE]);
  });

  test('the sum over an axis without elements is 0, the product 1', async () => {
    const nodes = ['ReduceSum', 'ReduceProd'].map((op) =>
      node(op, ['none'], [op], { axes: [0] }, 11),
    );
    const { values: results } = await run(
      nodes,
      ['ReduceSum', 'ReduceProd'],
      {},
      { none: tensor([0, 2], []) },
    );
    expect(results).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test.each(['i32', 'u32', 'i64', 'u64', 'f64'] as const)('%s', async (dtype) => {
    const data = [7, 1, 5, 3, 3, 9];
    const ops = ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceProd'];
    const { values: results } = await run(
      ops.map((op) => node(op, ['x'], [op], { axes: [1] }, 11)),
      ops,
      { x: tensor([2, 3], data, dtype) },
    );
    expect(results).toEqual([
      [13, 15],
      [7, 9],
      [1, 3],
      [35, 81],
    ]);
  });

  test('a sum of many elements keeps its digits', async () => {
    const n = 100_003;
    const data = values(n).map((value) => Math.fround(Math.abs(value)));
    const { values: results } = await run([node('ReduceMean', ['x'], ['y'])], ['y'], {
      x: tensor([n], data),
    });
    expect(Math.abs(results[0]![0]! / mean(data) - 1)).toBeLessThan(2e-6);
  });
});

describe('places of extremes', () => {
  test('the first or the last of equal ones, along any axis', async () => {
    const data = tensor([2, 4], [3, 1, 3, 1, 0, 5, 5, 0]);
    const last = { axis: 1, select_last_index: 1 };
    const { shapes, values: results } = await run(
      [
        node('ArgMax', ['x'], ['a'], { axis: 1 }),
        node('ArgMax', ['x'], ['b'], last),
        node('ArgMin', ['x'], ['c'], { ...last, keepdims: 0 }),
        node('ArgMin', ['x'], ['d'], { axis: -2 }),
      ],
      ['a', 'b', 'c', 'd'],
      { x: data },
    );
    expect(results).toEqual([
      [0, 1],
      [2, 2],
      [3, 3],
      [1, 0, 0, 1],
    ]);
    expect(shapes).toEqual([[2, 1], [2, 1], [2], [1, 4]]);
  });

  test('the first NaN is the largest and the smallest', async () => {
    const data = tensor([4], [1, Number.NaN, 9, Number.NaN]);
    const nodes = [node('ArgMax', ['x'], ['a']), node('ArgMin', ['x'], ['b'])];
    const { values: results } = await run(nodes, ['a', 'b'], { x: data });
    expect(results).toEqual([[1], [1]]);
  });
});

describe('softmax', () => {
  const softmax = (set: readonly number[]): number[] => {
    const total = sum(set.map(Math.exp));
    return set.map((value) => Math.exp(value) / total);
  };

  test('along an axis, and before version 13 over all that follow it', async () => {
    const { values: results } = await run(
      [
        node('Softmax', ['x'], ['a']),
        node('Softmax', ['x'], ['b'], { axis: 1 }),
        node('Softmax', ['x'], ['c'], { axis: 2 }, 11),
      ],
      ['a', 'b', 'c'],
      { x },
    );
    expectClose(results[0], sets(X, SHAPE, [3]).flatMap(softmax));
    expectClose(results[2], sets(X, SHAPE, [2, 3]).flatMap(softmax));
    const along = sets(X, SHAPE, [1]).map(softmax);
    const expected: number[] = [];
    each(SHAPE, ([i = 0, j = 0, k = 0, l = 0]) => expected.push(along[20 * i + 5 * k + l]![j]!));
    expectClose(results[1], expected);
  });

  test('over channels that are stored last nothing is moved', async () => {
    const { kernels } = await run(
      [
        node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
        node('Softmax', ['t'], ['s'], { axis: 1 }),
        node('Transpose', ['s'], ['y'], { perm: [0, 2, 3, 1] }),
      ],
      ['y'],
      { x },
    );
    expect(kernels).toEqual(['softmaxRows']);
  });

  test('hardmax marks the first of the largest', async () => {
    const data = tensor([2, 3], [1, 4, 4, -1, -2, -3]);
    const { values: results } = await run([node('Hardmax', ['x'], ['y'])], ['y'], { x: data });
    expect(results).toEqual([[0, 1, 0, 1, 0, 0]]);
  });
});

describe('normalisation', () => {
  const scale = values(3, 2);
  const bias = values(3, 3);
  const parameters = {
    scale: tensor([3], scale),
    bias: tensor([3], bias),
    mean: tensor([3], values(3, 5)),
    variance: tensor([3], [0.5, 2, 1]),
  };
  /** x normalised by moments that depend on the image and the channel. */
  function normalised(moments: (i: number, j: number) => readonly number[]): number[] {
    const result: number[] = [];
    each(SHAPE, ([i = 0, j = 0], at) => {
      const [centre = 0, spread = 0] = moments(i, j);
      result.push(((X[at]! - centre) / Math.sqrt(spread + 1e-5)) * scale[j]! + bias[j]!);
    });
    return result;
  }
  const ofSets = (axes: readonly number[]) => {
    const all = sets(X, SHAPE, axes).map((set) => [mean(set), variance(set)]);
    return (i: number, j: number) => all[axes.includes(1) ? i : 3 * i + j]!;
  };

  test('batch normalisation is one call, with channels first or last', async () => {
    const inputs = ['t', 'scale', 'bias', 'mean', 'variance'];
    const expected = normalised((_, j) => [values(3, 5)[j]!, [0.5, 2, 1][j]!]);
    const first = await run(
      [node('BatchNormalization', inputs.with(0, 'x'), ['y'])],
      ['y'],
      { x },
      parameters,
    );
    expect(first.kernels).toEqual(['scaleShift']);
    expectClose(first.values[0], expected);
    const nhwc: number[] = new Array(120);
    each(SHAPE, ([i = 0, j = 0, k = 0, l = 0], at) => {
      nhwc[60 * i + 15 * k + 3 * l + j] = X[at]!;
    });
    const last = await run(
      [
        node('Transpose', ['x'], ['t'], { perm: [0, 3, 1, 2] }),
        node('BatchNormalization', inputs, ['u']),
        node('Identity', ['u'], ['y']),
      ],
      ['y'],
      { x: tensor([2, 4, 5, 3], nhwc) },
      parameters,
    );
    expect(last.kernels).toEqual(['scaleShift', 'strided4']);
    expect(last.values[0]).toEqual(first.values[0]);
  });

  test('instance normalisation, with channels first or last', async () => {
    const inputs = ['x', 'scale', 'bias'];
    const { values: results } = await run(
      [
        node('InstanceNormalization', inputs, ['y']),
        node('Transpose', ['x'], ['t'], { perm: [0, 2, 3, 1] }),
        node('Relu', ['t'], ['r']),
        node('Transpose', ['r'], ['u'], { perm: [0, 3, 1, 2] }),
        node('InstanceNormalization', inputs.with(0, 'u'), ['z']),
        node('Relu', ['x'], ['v']),
        node('InstanceNormalization', inputs.with(0, 'v'), ['w']),
      ],
      ['y', 'z', 'w'],
      { x },
      parameters,
    );
    expectClose(results[0], normalised(ofSets([2, 3])));
    expectClose(results[1], results[2]!);
  });

  test('group normalisation with one group is that of the image', async () => {
    const nodes = [
      node('GroupNormalization', ['x', 'scale', 'bias'], ['y'], { num_groups: 1 }, 21),
    ];
    const { values: results } = await run(nodes, ['y'], { x }, parameters);
    expectClose(results[0], normalised(ofSets([1, 2, 3])));
  });

  test('layer normalisation, its mean and its inverse standard deviation', async () => {
    const rows = sets(X, SHAPE, [2, 3]);
    const s = values(20, 7);
    const t = values(20, 11);
    const { shapes, values: results } = await run(
      [node('LayerNormalization', ['x', 's', 't'], ['y', 'm', 'r'], { axis: 2 }, 17)],
      ['y', 'm', 'r'],
      { x },
      { s: tensor([4, 5], s), t: tensor([4, 5], t) },
    );
    const inverse = rows.map((row) => 1 / Math.sqrt(variance(row) + 1e-5));
    expectClose(
      results[0],
      rows.flatMap((row, i) =>
        row.map((value, j) => (value - mean(row)) * inverse[i]! * s[j]! + t[j]!),
      ),
    );
    expectClose(results[1], rows.map(mean));
    expectClose(results[2], inverse);
    expect(shapes.slice(1)).toEqual([
      [2, 3, 1, 1],
      [2, 3, 1, 1],
    ]);
  });

  test('layer normalisation far from 0', async () => {
    const data = values(64).map((value) => Math.fround(value + 10_000));
    const { values: results } = await run(
      [node('LayerNormalization', ['x', 's'], ['y'], {}, 17)],
      ['y'],
      { x: tensor([64], data) },
      { s: tensor([1], [1]) },
    );
    const expected = data.map((value) => (value - mean(data)) / Math.sqrt(variance(data) + 1e-5));
    results[0]!.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3);
    });
  });

  test('root mean square normalisation', async () => {
    const { values: results } = await run(
      [node('RMSNormalization', ['x', 's'], ['y'], {}, 23)],
      ['y'],
      { x },
      { s: tensor([5], [1, 2, 3, 4, 5]) },
    );
    expectClose(
      results[0],
      sets(X, SHAPE, [3]).flatMap((row) => {
        const r = 1 / Math.sqrt(mean(row.map((value) => value * value)) + 1e-5);
        return row.map((value, j) => value * r * (j + 1));
      }),
    );
  });
});
