import { describe, expect, test } from 'vitest';
import { node, run, tensor, values } from './reduction-support.ts';

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  actual!.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `element ${i}: ${value}, ${expected[i]}`).toBeLessThan(
      1e-5 * (1 + Math.abs(expected[i]!)),
    );
  });
}

describe('Einstein sums', () => {
  const A = values(24);
  const B = values(40, 3);
  const a = tensor([2, 3, 4], A);
  const b = tensor([2, 4, 5], B);
  const einsum = (equation: string, inputs = ['a', 'b']) =>
    run([node('Einsum', inputs, ['y'], { equation }, 12)], ['y'], { a, b });

  test('products of matrices, in any order of axes', async () => {
    const at = (i: number, j: number, l: number): number =>
      [0, 1, 2, 3].reduce((sum, k) => sum + A[12 * i + 4 * j + k]! * B[20 * i + 5 * k + l]!, 0);
    const all = [0, 1].flatMap((i) =>
      [0, 1, 2].flatMap((j) => [0, 1, 2, 3, 4].map((l) => at(i, j, l))),
    );
    const named = await einsum('bij, bjk -> bik');
    expectClose(named.values[0], all);
    expect(named.shapes).toEqual([[2, 3, 5]]);
    const dots = await einsum('...ij,...jk->...ik');
    expectClose(dots.values[0], all);
    const turned = await einsum('bij,bjk->kbi');
    expect(turned.shapes).toEqual([[5, 2, 3]]);
    expectClose(
      turned.values[0],
      [0, 1, 2, 3, 4].flatMap((l) => [0, 1].flatMap((i) => [0, 1, 2].map((j) => at(i, j, l)))),
    );
  });

  test('what no result has is summed, and without a result what comes twice', async () => {
    const total = await einsum('bij,bjk->');
    const implicit = await einsum('bij,bjk');
    expect(implicit.shapes).toEqual([[3, 5]]);
    const sum = (list: readonly number[] = []): number => list.reduce((x, y) => x + y, 0);
    expect(Math.abs(sum(implicit.values[0]) - total.values[0]![0]!)).toBeLessThan(1e-4);
  });

  test('sums along axes, outer products and diagonals', async () => {
    const sums = await run([node('Einsum', ['a'], ['y'], { equation: 'bij->j' }, 12)], ['y'], {
      a,
    });
    expectClose(
      sums.values[0],
      [0, 1, 2, 3].map((k) => A.filter((_, at) => at % 4 === k).reduce((x, y) => x + y, 0)),
    );
    const square = tensor([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9], 'i64');
    const { values: results } = await run(
      [
        node('Einsum', ['x'], ['d'], { equation: '...ii->...i' }, 12),
        node('Einsum', ['x'], ['t'], { equation: 'ii' }, 12),
        node('Einsum', ['d', 'd'], ['o'], { equation: 'i,j->ij' }, 12),
      ],
      ['d', 't', 'o'],
      { x: square },
    );
    expect(results).toEqual([[1, 5, 9], [15], [1, 5, 9, 5, 25, 45, 9, 45, 81]]);
  });

  test('three operands', async () => {
    const m = (n: number) => tensor([2, 2], [1, n, 0, 1], 'i32');
    const { values: results } = await run(
      [node('Einsum', ['x', 'y', 'z'], ['w'], { equation: 'ij,jk,kl->il' }, 12)],
      ['w'],
      { x: m(2), y: m(3), z: m(4) },
    );
    expect(results).toEqual([[1, 9, 0, 1]]);
  });

  test.each([
    ['bij,bjk->bz', 'the result'],
    ['bij', 'terms'],
    ['bi,bjk->b', 'axes'],
    ['bij,bik->b', 'is 3 and 4'],
  ])('%s is refused', async (equation, message) => {
    await expect(einsum(equation)).rejects.toThrow(message);
  });
});

test('determinants, with exchanged rows and of a singular matrix', async () => {
  const data = [0, 1, 2, 3, 4, 5, 6, 7, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const { values: results } = await run([node('Det', ['x'], ['y'], {}, 11)], ['y'], {
    x: tensor([2, 3, 3], data),
  });
  expect(results[0]![0]).toBeCloseTo(-3, 5);
  expect(results[0]![1]).toBeCloseTo(0, 5);
});

describe('negative log likelihood', () => {
  const X = values(24).map((value) => -Math.abs(value));
  const x = tensor([2, 3, 4], X);
  const T = [0, 2, 1, 5, -1, 1, 2, 0];
  const inputs = { x, t: tensor([2, 4], T, 'i64') };
  const w = [0.5, 2, 3];
  const losses = T.map((t, at) => {
    const known = t >= 0 && t < 3 && t !== 2;
    return known ? -w[t]! * X[12 * Math.floor(at / 4) + 4 * t + (at % 4)]! : 0;
  });
  const total = losses.reduce((a, b) => a + b, 0);
  const weight = T.reduce((sum, t) => sum + (t >= 0 && t < 2 ? w[t]! : 0), 0);

  test.each([
    ['none', losses],
    ['sum', [total]],
    ['mean', [total / weight]],
  ] as const)(
    '%s, without the ignored class and those that are none',
    async (reduction, expected) => {
      const { values: results } = await run(
        [node('NegativeLogLikelihoodLoss', ['x', 't', 'w'], ['y'], { reduction, ignore_index: 2 })],
        ['y'],
        inputs,
        { w: tensor([3], w) },
      );
      expectClose(results[0], expected);
    },
  );

  test('a negative class can be ignored', async () => {
    const { values: results } = await run(
      [
        node('NegativeLogLikelihoodLoss', ['x', 't'], ['y'], {
          reduction: 'mean',
          ignore_index: -1,
        }),
      ],
      ['y'],
      { x: tensor([2, 3], [-1, -2, -3, -4, -5, -6]), t: tensor([2], [-1, 1], 'i64') },
    );
    expectClose(results[0], [5]);
  });
});

describe('normalisation of other kinds', () => {
  test('a batch in training gives its mean and variance mixed with the old ones', async () => {
    const X = values(24);
    const { values: results } = await run(
      [
        node(
          'BatchNormalization',
          ['x', 's', 'b', 'm', 'v'],
          ['y', 'rm', 'rv'],
          { training_mode: 1, momentum: 0.75 },
          15,
        ),
      ],
      ['y', 'rm', 'rv'],
      { x: tensor([2, 3, 4], X) },
      {
        s: tensor([3], [1, 2, 3]),
        b: tensor([3], [0, 1, 2]),
        m: tensor([3], [1, 1, 1]),
        v: tensor([3], [2, 2, 2]),
      },
    );
    const sets = [0, 1, 2].map((j) => X.filter((_, at) => Math.floor(at / 4) % 3 === j));
    const means = sets.map((set) => set.reduce((a, b) => a + b, 0) / 8);
    const variances = sets.map((set, j) => set.reduce((a, b) => a + (b - means[j]!) ** 2, 0) / 8);
    expectClose(
      results[0],
      X.map((value, at) => {
        const j = Math.floor(at / 4) % 3;
        return ((value - means[j]!) / Math.sqrt(variances[j]! + 1e-5)) * (j + 1) + j;
      }),
    );
    expectClose(
      results[1],
      means.map((mean) => 0.75 + 0.25 * mean),
    );
    expectClose(
      results[2],
      variances.map((variance) => 1.5 + 0.25 * variance),
    );
  });

  test.each([0.75, 0.5, 1, 0.6])(
    'local responses to the power %s, channels first or last',
    async (beta) => {
      const X = values(2 * 9 * 5);
      const attributes = { size: 4, alpha: 0.5, bias: 2, beta };
      const { kernels, values: results } = await run(
        [
          node('LRN', ['x'], ['y'], attributes),
          node('Transpose', ['x'], ['t'], { perm: [0, 2, 3, 1] }),
          node('Relu', ['t'], ['r']),
          node('Transpose', ['r'], ['z'], { perm: [0, 3, 1, 2] }),
          node('LRN', ['z'], ['u'], attributes),
          node('Relu', ['x'], ['p']),
          node('LRN', ['p'], ['v'], attributes),
        ],
        ['y', 'u', 'v'],
        { x: tensor([2, 9, 5, 1], X) },
      );
      expect(kernels.filter((kernel) => kernel === 'lrn').length).toBe(3);
      expectClose(
        results[0],
        X.map((value, at) => {
          const c = Math.floor(at / 5) % 9;
          let sum = 0;
          for (let d = Math.max(0, c - 1); d <= Math.min(8, c + 2); d++)
            sum += X[at + 5 * (d - c)]! ** 2;
          return value / (2 + 0.125 * sum) ** beta;
        }),
      );
      expectClose(results[1], results[2]!);
    },
  );

  test('the sum of a tensor and what was skipped, layer by layer', async () => {
    const skip = [1, 2, 3, 5];
    const { values: results } = await run(
      [
        node(
          'com.microsoft:SkipLayerNormalization',
          ['x', 's', 'g', 'b', 'c'],
          ['y', '', '', 'sum'],
          {},
          1,
        ),
        node('com.microsoft:SkipSimplifiedLayerNormalization', ['x', 's', 'g'], ['z'], {}, 1),
      ],
      ['y', 'sum', 'z'],
      { x: tensor([2, 2], [0, 1, 2, 3]) },
      {
        s: tensor([2, 2], skip),
        g: tensor([2], [1, 2]),
        b: tensor([2], [0, 1]),
        c: tensor([2], [1, 1]),
      },
    );
    expectClose(results[0], [-1, 3, -1, 3]);
    expect(results[1]).toEqual([2, 4, 6, 9]);
    const norms = [Math.sqrt((1 + 9) / 2), Math.sqrt((25 + 64) / 2)];
    expectClose(results[2], [1 / norms[0]!, 6 / norms[0]!, 5 / norms[1]!, 16 / norms[1]!]);
  });

  test('by a norm, and by mean and deviation', async () => {
    const X = [3, 4, -6, 8];
    const { values: results } = await run(
      [
        node('LpNormalization', ['x'], ['a'], {}, 1),
        node('LpNormalization', ['x'], ['b'], { p: 1, axis: 0 }, 1),
        node('MeanVarianceNormalization', ['x'], ['c'], { axes: [1] }),
      ],
      ['a', 'b', 'c'],
      { x: tensor([2, 2], X) },
    );
    expectClose(results[0], [0.6, 0.8, -0.6, 0.8]);
    expectClose(results[1], [3 / 9, 4 / 12, -6 / 9, 8 / 12]);
    expectClose(results[2], [-1, 1, -1, 1]);
  });
});

test.each(['i8', 'u8', 'i16', 'u16', 'i32', 'i64', 'f16'] as const)(
  'reductions of %s',
  async (dtype) => {
    const ops = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ArgMax'];
    const { values: results } = await run(
      ops.map((op) => node(op, ['x'], [op], op === 'ArgMax' ? { axis: 1 } : { axes: [1] }, 12)),
      ops,
      { x: tensor([2, 3], [2, 3, 6, 4, 5, 20], dtype) },
    );
    const isFloat = dtype === 'f16';
    expect(results[0]).toEqual([11, 29]);
    expectClose(results[1]!.map(Math.trunc), [3, 9]);
    expect(results[2]).toEqual([6, 20]);
    expect(results[3]![0]).toBe(7);
    expect(results[4]).toEqual([2, 2]);
    expect(Number.isInteger(results[1]![0])).toBe(!isFloat);
  },
);
