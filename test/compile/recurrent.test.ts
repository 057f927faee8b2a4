import { describe, expect, test } from 'vitest';
import { node, run, tensor, values } from './reduction-support.ts';

const TIME = 4;
const BATCH = 2;
const FEATURES = 3;
const HIDDEN = 5;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Parameters of one direction: rows of [gates * hidden, ...]. */
function direction(gates: number, seed: number) {
  const rows = gates * HIDDEN;
  return {
    w: values(rows * FEATURES, seed),
    r: values(rows * HIDDEN, seed + 1).map((value) => value / 4),
    bias: values(2 * rows, seed + 2),
  };
}

type Direction = ReturnType<typeof direction>;

const X = values(TIME * BATCH * FEATURES);
const x = tensor([TIME, BATCH, FEATURES], X);

/** Sum over the inputs and biases of gate row `row` (with the recurrent bias if wanted). */
function inputSum(
  { bias, w }: Direction,
  gates: number,
  row: number,
  t: number,
  n: number,
  both = true,
) {
  const rows = gates * HIDDEN;
  let sum = bias[row]! + (both ? bias[rows + row]! : 0);
  for (let i = 0; i < FEATURES; i++)
    sum += w[row * FEATURES + i]! * X[(t * BATCH + n) * FEATURES + i]!;
  return sum;
}

const recurrentSum = ({ r }: Direction, row: number, h: readonly number[]): number =>
  h.reduce((sum, value, j) => sum + value * r[row * HIDDEN + j]!, 0);

type Step = (d: Direction, t: number, n: number, h: number[], c: number[]) => [number[], number[]];

const units = Array.from({ length: HIDDEN }, (_, j) => j);

const lstmStep =
  (peepholes: readonly number[] = new Array(3 * HIDDEN).fill(0)): Step =>
  (d, t, n, h, c) => {
    const sum = (gate: number, j: number) =>
      inputSum(d, 4, gate * HIDDEN + j, t, n) + recurrentSum(d, gate * HIDDEN + j, h);
    const fresh = units.map((j) => {
      const i = sigmoid(sum(0, j) + peepholes[j]! * c[j]!);
      const f = sigmoid(sum(2, j) + peepholes[2 * HIDDEN + j]! * c[j]!);
      return f * c[j]! + i * Math.tanh(sum(3, j));
    });
    const out = units.map(
      (j) => sigmoid(sum(1, j) + peepholes[HIDDEN + j]! * fresh[j]!) * Math.tanh(fresh[j]!),
    );
    return [out, fresh];
  };

const gruStep =
  (isBefore: boolean): Step =>
  (d, t, n, h) => {
    const gate = (g: number) =>
      units.map((j) =>
        sigmoid(inputSum(d, 3, g * HIDDEN + j, t, n) + recurrentSum(d, g * HIDDEN + j, h)),
      );
    const [z, r] = [gate(0), gate(1)];
    const reset = h.map((value, j) => value * r[j]!);
    const fresh = units.map((j) => {
      const row = 2 * HIDDEN + j;
      const own = inputSum(d, 3, row, t, n, !isBefore);
      const bias = d.bias[3 * HIDDEN + row]!;
      return Math.tanh(
        isBefore
          ? own + r[j]! * (recurrentSum(d, row, h) + bias)
          : own + recurrentSum(d, row, reset),
      );
    });
    return [units.map((j) => (1 - z[j]!) * fresh[j]! + z[j]! * h[j]!), []];
  };

const rnnStep: Step = (d, t, n, h) => [
  units.map((j) => Math.tanh(inputSum(d, 1, j, t, n) + recurrentSum(d, j, h))),
  [],
];

/** Results [time][batch] and last states [batch] of a direction. */
function reference(
  d: Direction,
  step: Step,
  isReversed: boolean,
  lengths = [TIME, TIME],
  h0?: number[],
) {
  const y = Array.from({ length: TIME }, () =>
    Array.from({ length: BATCH }, () => new Array<number>(HIDDEN).fill(0)),
  );
  const states = lengths.map((length, n) => {
    let h = h0 ? h0.slice(n * HIDDEN, (n + 1) * HIDDEN) : new Array<number>(HIDDEN).fill(0);
    let c = new Array<number>(HIDDEN).fill(0);
    for (let s = 0; s < length; s++) {
      const t = isReversed ? length - 1 - s : s;
      [h, c] = step(d, t, n, h, c);
      y[t]![n] = h;
    }
    return { h, c };
  });
  return { y, states };
}

const constantsOf = (gates: number, list: readonly Direction[]) => ({
  w: tensor(
    [list.length, gates * HIDDEN, FEATURES],
    list.flatMap(({ w }) => w),
  ),
  r: tensor(
    [list.length, gates * HIDDEN, HIDDEN],
    list.flatMap(({ r }) => r),
  ),
  b: tensor(
    [list.length, 2 * gates * HIDDEN],
    list.flatMap(({ bias }) => bias),
  ),
});

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  actual!.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `element ${i}: ${value}, ${expected[i]}`).toBeLessThan(
      3e-6,
    );
  });
}

const CELLS: { op: string; gates: number; step: Step; attributes: Record<string, number> }[] = [
  { op: 'RNN', gates: 1, step: rnnStep, attributes: {} },
  { op: 'GRU', gates: 3, step: gruStep(false), attributes: {} },
  { op: 'GRU', gates: 3, step: gruStep(true), attributes: { linear_before_reset: 1 } },
  { op: 'LSTM', gates: 4, step: lstmStep(), attributes: {} },
];

describe.each(CELLS)('$op $attributes', ({ attributes, gates, op, step }) => {
  test('in both directions, all results and the last states', async () => {
    const list = [direction(gates, 2), direction(gates, 5)];
    const { shapes, values: results } = await run(
      [
        node(
          op,
          ['x', 'w', 'r', 'b'],
          ['y', 'h'],
          { ...attributes, direction: 'bidirectional' },
          14,
        ),
      ],
      ['y', 'h'],
      { x },
      constantsOf(gates, list),
    );
    expect(shapes).toEqual([
      [TIME, 2, BATCH, HIDDEN],
      [2, BATCH, HIDDEN],
    ]);
    const [forward, backward] = list.map((d, i) => reference(d, step, i === 1));
    expectClose(
      results[0],
      forward!.y.flatMap((rows, t) => [...rows.flat(), ...backward!.y[t]!.flat()]),
    );
    expectClose(
      results[1],
      [forward!, backward!].flatMap(({ states }) => states.flatMap(({ h }) => h)),
    );
  });

  test('sequences of other lengths, reversed, from a given state, split into calls', async () => {
    const d = direction(gates, 3);
    const h0 = values(BATCH * HIDDEN, 9);
    const lengths = [2, 4];
    const nodes = [
      node(
        op,
        ['x', 'w', 'r', 'b', 'lengths', 'h0'],
        ['y', 'h'],
        { ...attributes, direction: 'reverse' },
        14,
      ),
    ];
    const inputs = { x, lengths: tensor([BATCH], lengths, 'i32') };
    const constants = { ...constantsOf(gates, [d]), h0: tensor([1, BATCH, HIDDEN], h0) };
    const whole = await run(nodes, ['y', 'h'], inputs, constants);
    const expected = reference(d, step, true, lengths, h0);
    expectClose(whole.values[0], expected.y.flat(2));
    expectClose(
      whole.values[1],
      expected.states.flatMap(({ h }) => h),
    );
    const split = await run(nodes, ['y', 'h'], inputs, constants, { limit: 1 });
    expect(split.kernels.filter((kernel) => kernel === op.toLowerCase()).length).toBe(TIME);
    expect(split.values).toEqual(whole.values);
  });
});

test('an LSTM with peepholes, batch first, and its cell state', async () => {
  const d = direction(4, 2);
  const peepholes = values(3 * HIDDEN, 4);
  const { shapes, values: results } = await run(
    [
      node('Transpose', ['x'], ['t'], { perm: [1, 0, 2] }),
      node('LSTM', ['t', 'w', 'r', 'b', '', '', '', 'p'], ['y', 'h', 'c'], { layout: 1 }, 14),
    ],
    ['y', 'h', 'c'],
    { x },
    { ...constantsOf(4, [d]), p: tensor([1, 3 * HIDDEN], peepholes) },
  );
  const expected = reference(d, lstmStep(peepholes), false);
  expect(shapes).toEqual([
    [BATCH, TIME, 1, HIDDEN],
    [BATCH, 1, HIDDEN],
    [BATCH, 1, HIDDEN],
  ]);
  expectClose(
    results[0],
    [0, 1].flatMap((n) => expected.y.flatMap((rows) => rows[n]!)),
  );
  expectClose(
    results[2],
    expected.states.flatMap(({ c }) => c),
  );
});

test('activation functions, their parameters and the clip', async () => {
  const names = ['Sigmoid', 'Relu', 'Affine', 'LeakyRelu', 'ThresholdedRelu', 'ScaledTanh'].concat([
    'HardSigmoid',
    'Elu',
    'Softsign',
    'Softplus',
    'Tanh',
  ]);
  const of: Record<string, (x: number) => number> = {
    Sigmoid: sigmoid,
    Relu: (v) => Math.max(v, 0),
    Affine: (v) => 0.5 * v + 0.25,
    LeakyRelu: (v) => (v < 0 ? 0.5 * v : v),
    ThresholdedRelu: (v) => (v > 0.5 ? v : 0),
    ScaledTanh: (v) => 0.5 * Math.tanh(0.25 * v),
    HardSigmoid: (v) => Math.max(0, Math.min(1, 0.5 * v + 0.25)),
    Elu: (v) => (v < 0 ? 0.5 * Math.expm1(v) : v),
    Softsign: (v) => v / (1 + Math.abs(v)),
    Softplus: (v) => Math.log1p(Math.exp(v)),
    Tanh: Math.tanh,
  };
  const data = values(8, 3);
  const nodes = names.map((name) =>
    node(
      'RNN',
      ['x', 'w', 'r'],
      ['', name],
      { activations: [name], activation_alpha: [0.5], activation_beta: [0.25], clip: 1.5 },
      14,
    ),
  );
  const { values: results } = await run(
    nodes,
    names,
    { x: tensor([1, 8, 1], data) },
    { w: tensor([1, 1, 1], [1]), r: tensor([1, 1, 1], [0]) },
  );
  names.forEach((name, i) => {
    expectClose(
      results[i],
      data.map((value) => of[name]!(Math.max(-1.5, Math.min(1.5, value)))),
    );
  });
});
