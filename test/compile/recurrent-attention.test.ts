import { expect, test } from 'vitest';
import { node, run, tensor, values } from './reduction-support.ts';

const BATCH = 2;
const HEADS = 4;
const QUERIES = 5;
const KEYS = 7;
const DEPTH = 3;
const WIDTH = 6;

const Q = values(BATCH * HEADS * QUERIES * DEPTH);
const shapes = {
  q: [BATCH, HEADS, QUERIES, DEPTH],
  k: (heads: number) => [BATCH, heads, KEYS, DEPTH],
  v: (heads: number) => [BATCH, heads, KEYS, WIDTH],
};
const keysOf = (heads: number) => values(BATCH * heads * KEYS * DEPTH, 3);
const valuesOf = (heads: number) => values(BATCH * heads * KEYS * WIDTH, 5);

interface Variant {
  readonly heads?: number;
  readonly scale?: number;
  readonly added?: (b: number, h: number, i: number, j: number) => number;
  readonly bent?: (score: number) => number;
}

/** [batch, heads, queries, width]. */
function reference({
  added = () => 0,
  bent = (s) => s,
  heads = HEADS,
  scale = 1 / Math.sqrt(DEPTH),
}: Variant) {
  const [k, v] = [keysOf(heads), valuesOf(heads)];
  const y: number[] = [];
  for (let b = 0; b < BATCH; b++)
    for (let h = 0; h < HEADS; h++)
      for (let i = 0; i < QUERIES; i++) {
        const g = b * heads + Math.floor((h * heads) / HEADS);
        const e = Array.from({ length: KEYS }, (_, j) => {
          let dot = 0;
          for (let d = 0; d < DEPTH; d++)
            dot += Q[((b * HEADS + h) * QUERIES + i) * DEPTH + d]! * k[(g * KEYS + j) * DEPTH + d]!;
          return Math.exp(bent(dot * scale) + added(b, h, i, j));
        });
        const total = e.reduce((x, z) => x + z, 0);
        for (let w = 0; w < WIDTH; w++)
          y.push(e.reduce((x, p, j) => x + p * v[(g * KEYS + j) * WIDTH + w]!, 0) / total);
      }
  return y;
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  actual!.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `element ${i}: ${value}, ${expected[i]}`).toBeLessThan(
      2e-6,
    );
  });
}

const inputsOf = (heads: number) => ({
  q: tensor(shapes.q, Q),
  k: tensor(shapes.k(heads), keysOf(heads)),
  v: tensor(shapes.v(heads), valuesOf(heads)),
});

test('one call, or several that give the same', async () => {
  const nodes = [node('Attention', ['q', 'k', 'v'], ['y'], { scale: 0.5 }, 23)];
  const whole = await run(nodes, ['y'], inputsOf(HEADS));
  expect(whole.shapes).toEqual([[BATCH, HEADS, QUERIES, WIDTH]]);
  expect(whole.kernels.filter((kernel) => kernel === 'attention').length).toBe(1);
  expectClose(whole.values[0], reference({ scale: 0.5 }));
  const split = await run(nodes, ['y'], inputsOf(HEADS), {}, { limit: 1000 });
  expect(split.kernels.filter((kernel) => kernel === 'attention').length).toBeGreaterThan(10);
  expect(split.values).toEqual(whole.values);
});

test('heads that share keys and values, and queries that see no later keys', async () => {
  const nodes = [node('Attention', ['q', 'k', 'v'], ['y'], { is_causal: 1 }, 23)];
  const { values: results } = await run(nodes, ['y'], inputsOf(2));
  const added = (_b: number, _h: number, i: number, j: number) =>
    j > i ? Number.NEGATIVE_INFINITY : 0;
  expectClose(results[0], reference({ heads: 2, added }));
});

test.each([
  [[QUERIES, KEYS], (_b: number, _h: number, i: number, j: number) => KEYS * i + j],
  [[BATCH, 1, 1, KEYS], (b: number, _h: number, _i: number, j: number) => KEYS * b + j],
  [[HEADS, 1, 1], (_b: number, h: number) => h],
])('a mask of shape %j is added', async (shape, at) => {
  const n = shape.reduce((x, y) => x * y, 1);
  const data = values(n, 7);
  const { values: results } = await run(
    [node('Attention', ['q', 'k', 'v', 'm'], ['y'], {}, 23)],
    ['y'],
    { ...inputsOf(HEADS), m: tensor(shape, data) },
  );
  expectClose(results[0], reference({ added: (b, h, i, j) => data[at(b, h, i, j)]! }));
});

test('keys that a boolean mask leaves out', async () => {
  const seen = [1, 0, 1, 1, 0, 1, 0];
  const { values: results } = await run(
    [node('Attention', ['q', 'k', 'v', 'm'], ['y'], {}, 23)],
    ['y'],
    { ...inputsOf(HEADS), m: tensor([1, KEYS], seen, 'bool') },
  );
  const added = (_b: number, _h: number, _i: number, j: number) =>
    seen[j] ? 0 : Number.NEGATIVE_INFINITY;
  expectClose(results[0], reference({ added }));
});

test('heads that lie beside one another move nothing', async () => {
  const heads = { q_num_heads: 2, kv_num_heads: 1 };
  const {
    kernels,
    shapes: results,
    values: y,
  } = await run([node('Attention', ['q', 'k', 'v'], ['y'], heads, 23)], ['y'], {
    q: tensor([1, 2, 4], [1, 0, 0, 1, 0, 1, 1, 0]),
    k: tensor([1, 1, 2], [1, 2]),
    v: tensor([1, 1, 3], [7, 8, 9]),
  });
  expect(kernels).toEqual(['attention']);
  expect(results).toEqual([[1, 2, 6]]);
  expect(y).toEqual([[7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9]]);
});

test('past keys and values are in front of the new ones', async () => {
  const all = inputsOf(HEADS);
  const past = (name: 'k' | 'v', size: number) => ({
    [`p${name}`]: [0, 3, size],
    [name]: [3, KEYS, size],
  });
  const cut = Object.entries({ ...past('k', DEPTH), ...past('v', WIDTH) }).map(
    ([name, [from = 0, to = 0, size = 0]]) => {
      const data = name.endsWith('k') ? keysOf(HEADS) : valuesOf(HEADS);
      const part = data.filter((_, at) => {
        const j = Math.floor(at / size) % KEYS;
        return j >= from && j < to;
      });
      return [name, tensor([BATCH, HEADS, to - from, size], part)] as const;
    },
  );
  const { values: results } = await run(
    [node('Attention', ['q', 'k', 'v', '', 'pk', 'pv'], ['y', 'k2', 'v2'], {}, 23)],
    ['y', 'k2', 'v2'],
    { q: all.q, ...Object.fromEntries(cut) },
  );
  expectClose(results[0], reference({}));
  expect(results.slice(1)).toEqual([keysOf(HEADS), valuesOf(HEADS)]);
});

test('scores bent by a softcap', async () => {
  const { values: results } = await run(
    [node('Attention', ['q', 'k', 'v'], ['y'], { softcap: 2 }, 23)],
    ['y'],
    inputsOf(HEADS),
  );
  expectClose(results[0], reference({ bent: (score) => 2 * Math.tanh(score / 2) }));
});
