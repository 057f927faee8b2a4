import { describe, expect, test } from 'vitest';
import { type F32, node, runTrial, size, tame } from './tensors.ts';

const at = ({ shape, values }: F32, index: readonly number[]): number => {
  // A size of 1 stands for any.
  const own = index.slice(index.length - shape.length);
  return values[own.reduce((sum, i, axis) => sum * shape[axis]! + (shape[axis] === 1 ? 0 : i), 0)]!;
};

/** a [..., m, k] times b [..., k, n] in doubles, for a result of `batch` matrices. */
function product(a: F32, b: F32, batch: readonly number[]): F32 {
  const [m = 0, k = 0] = a.shape.slice(-2);
  const n = b.shape.at(-1)!;
  const shape = [...batch, m, n];
  const values = Float32Array.from({ length: size(shape) }, (_, place) => {
    let rest = place;
    const index = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    const [i = 0, j = 0] = index.slice(-2);
    const outer = index.slice(0, -2);
    let sum = 0;
    for (let p = 0; p < k; p++) sum += at(a, [...outer, i, p]) * at(b, [...outer, p, j]);
    return sum;
  });
  return { shape, values };
}

describe('a product of matrices', () => {
  test.each<[string, F32, F32, number[]]>([
    ['of rank 2', tame(5, 7), tame(7, 10), []],
    ['of one row', tame(1, 20), tame(20, 45), []],
    ['of one column', tame(9, 6), tame(6, 1), []],
    ['a matrix for all of a batch', tame(2, 3, 4, 5), tame(5, 6), [2, 3]],
    ['a batch on the right', tame(4, 5), tame(3, 5, 9), [3]],
    ['batches that are broadcast to each other', tame(2, 1, 3, 4), tame(1, 5, 4, 2), [2, 5]],
    [
      'more broadcast axes than the kernel has',
      tame(2, 1, 2, 1, 2, 2, 3),
      tame(1, 2, 1, 2, 1, 3, 2),
      [2, 2, 2, 2, 2],
    ],
  ])('%s', async (_, a, b, batch) => {
    const nodes = [node('MatMul', ['a', 'b'], ['y'])];
    const expected = product(a, b, batch);
    const computed = await runTrial({ nodes, inputs: { a, b }, outputs: ['y'] });
    expect(computed.results[0]).toEqual(expected);
    const known = await runTrial({ nodes, inputs: { a }, constants: { b }, outputs: ['y'] });
    expect(known.results[0]).toEqual(expected);
  });

  test('of vectors', async () => {
    const run = async (a: F32, b: F32) =>
      (
        await runTrial({
          nodes: [node('MatMul', ['a', 'b'], ['y'])],
          inputs: { a, b },
          outputs: ['y'],
        })
      ).results[0]!;
    const [row, column] = [tame(4), tame(4)];
    const left = { ...row, shape: [1, 4] };
    const right = { ...column, shape: [4, 1] };
    const matrix = tame(2, 4, 3);
    expect(await run(row, column)).toEqual({ ...product(left, right, []), shape: [] });
    expect(await run(row, matrix)).toEqual({ ...product(left, matrix, [2]), shape: [2, 3] });
    const wide = tame(2, 3, 4);
    expect(await run(wide, column)).toEqual({ ...product(wide, right, [2]), shape: [2, 3] });
  });

  test('factors that are transposed are read where they lie', async () => {
    const [a, b] = [tame(2, 5, 3), tame(2, 4, 5)];
    const { kernels, results } = await runTrial({
      nodes: [
        node('Transpose', ['a'], ['p'], { perm: [0, 2, 1] }),
        node('Transpose', ['b'], ['q'], { perm: [0, 2, 1] }),
        node('MatMul', ['p', 'q'], ['y']),
      ],
      inputs: { a, b },
      outputs: ['y'],
    });
    expect(kernels).toEqual(['matmul']);
    const turn = (x: F32): F32 => {
      const [n = 0, rows = 0, columns = 0] = x.shape;
      const shape = [n, columns, rows];
      const values = Float32Array.from({ length: x.values.length }, (_, i) =>
        at(x, [Math.floor(i / rows / columns), i % rows, Math.floor(i / rows) % columns]),
      );
      return { shape, values };
    };
    expect(results[0]).toEqual(product(turn(a), turn(b), [2]));
  });

  test('above the limit it is split, with the same bits', async () => {
    const trial = {
      nodes: [node('MatMul', ['a', 'b'], ['y']), node('MatMul', ['y', 'c'], ['z'])],
      inputs: { a: tame(2, 9, 8), b: tame(2, 8, 9) },
      constants: { c: tame(9, 12) },
      outputs: ['z'],
    };
    const whole = await runTrial(trial);
    const split = await runTrial({ ...trial, limit: 1000 });
    // Few rows and many columns are split by columns.
    const wide = {
      nodes: [node('MatMul', ['a', 'b'], ['y'])],
      inputs: { a: tame(5, 9) },
      constants: { b: tame(9, 45) },
      outputs: ['y'],
    };
    const columns = await runTrial({ ...wide, limit: 1000 });
    expect(columns.kernels.length).toBeGreaterThan(2);
    expect(columns.results).toEqual((await runTrial(wide)).results);
    expect(whole.kernels).toEqual(['matmul', 'gemm']);
    expect(split.kernels.length).toBeGreaterThan(6);
    expect(split.results).toEqual(whole.results);
  });

  test('factors that do not fit are refused', async () => {
    const nodes = [node('MatMul', ['a', 'b'], ['y'])];
    const trial = { nodes, inputs: { a: tame(2, 3), b: tame(4, 2) }, outputs: ['y'] };
    await expect(runTrial(trial)).rejects.toThrow('y: f32 [2,3] times f32 [4,2]');
  });
});

describe('Gemm', () => {
  const a = tame(3, 5);
  const b = tame(5, 10);
  const turned = (x: F32): F32 => {
    const [rows = 0, columns = 0] = x.shape;
    const values = x.values.map((_, i) => x.values[(i % rows) * columns + Math.floor(i / rows)]!);
    return { shape: [columns, rows], values };
  };
  test.each<[string, F32 | undefined, object]>([
    ['A B', undefined, {}],
    ['a row to start from', tame(10), {}],
    ['a number', tame(1), { beta: 2 }],
    ['a column', tame(3, 1), { alpha: 0.5 }],
    ['a matrix', tame(3, 10), { alpha: 2, beta: 0.25 }],
    ['transposed factors', tame(1, 10), { transA: 1, transB: 1, alpha: 2, beta: 4 }],
  ])('%s', async (_, c, attributes) => {
    const { alpha = 1, beta = 1, transA, transB } = attributes as Record<string, number>;
    const ab = product(a, b, []);
    const values = ab.values.map(
      (v, i) => alpha * v + beta * (c ? at(c, [Math.floor(i / 10), i % 10]) : 0),
    );
    const nodes = [node('Gemm', c ? ['a', 'b', 'c'] : ['a', 'b'], ['y'], attributes as never)];
    const x = transA ? turned(a) : a;
    const y = transB ? turned(b) : b;
    const more: Record<string, F32> = c ? { c } : {};
    const known = await runTrial({
      nodes,
      inputs: { a: x },
      constants: { b: y, ...more },
      outputs: ['y'],
    });
    expect(known.results[0]).toEqual({ shape: [3, 10], values });
    const computed = await runTrial({ nodes, inputs: { a: x, b: y, ...more }, outputs: ['y'] });
    expect(computed.results[0]).toEqual({ shape: [3, 10], values });
  });
});
