import { expect, test } from 'vitest';
import { createEvaluator } from '../../models/compile/evaluate.ts';
import { erf } from '../../scripts/functions/erf.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { generator } from '../support/values.ts';
import { kernelsWasm } from '../support/wasm.ts';

const evaluator = createEvaluator(compileWasm(kernelsWasm()));
const random = generator(64);
const N = 100_000;

function run(kernel: string, x: Float64Array): Float64Array {
  const output = new Uint8Array(8 * x.length);
  evaluator.run(kernel, [new Uint8Array(x.buffer)], [x.length, 0, x.length], output);
  return new Float64Array(output.buffer);
}

/** Difference in units of f64's last place at `exact`. */
function difference(y: number, exact: number): number {
  if (Object.is(y, exact) || y === exact) return 0;
  if (!Number.isFinite(y) || !Number.isFinite(exact)) return Infinity;
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(y - exact) / 2 ** (exponent - 52);
}

const unit = (): number => random() / 2 ** 32;
/** From -size to size. */
const within = (size: number) => () => (2 * unit() - 1) * size;
/** Of any exponent between two, and any sign. */
const scaled = (least: number, most: number) => () =>
  (random() % 2 === 0 ? 1 : -1) * (1 + unit()) * 2 ** (least + Math.floor(unit() * (most - least)));
const positive = (draw: () => number) => () => Math.abs(draw());

const CASES: readonly [
  kernel: string,
  reference: (x: number) => number,
  draw: () => number,
  bound: number,
][] = [
  ['expF64', Math.exp, within(700), 2],
  ['logF64', Math.log, positive(scaled(-1074, 1023)), 2],
  ['logF64', Math.log, () => 0.5 + 1.5 * unit(), 3],
  ['sinF64', Math.sin, within(100), 3],
  ['sinF64', Math.sin, scaled(-30, 1023), 3],
  ['cosF64', Math.cos, scaled(-30, 1023), 3],
  ['tanF64', Math.tan, scaled(-30, 1023), 5],
  ['asinF64', Math.asin, within(1), 4],
  ['acosF64', Math.acos, within(1), 4],
  ['atanF64', Math.atan, scaled(-30, 30), 3],
  ['sinhF64', Math.sinh, within(700), 4],
  ['coshF64', Math.cosh, within(700), 4],
  ['tanhF64', Math.tanh, within(20), 4],
  ['asinhF64', Math.asinh, scaled(-30, 60), 5],
  ['acoshF64', Math.acosh, () => 1 + Math.abs(scaled(-20, 60)()), 5],
  ['atanhF64', Math.atanh, within(1), 5],
  ['erfF64', erf, within(6), 16],
];

test.each(CASES)(
  '%s is within some units of the engine’s function',
  (kernel, reference, draw, bound) => {
    const x = Float64Array.from({ length: N }, draw);
    const y = run(kernel, x);
    const worst = x.reduce(
      (most, value, i) => Math.max(most, difference(y[i]!, reference(value))),
      0,
    );
    expect(worst).toBeLessThanOrEqual(bound);
  },
);

test('sines of arguments that nearly are multiples of π / 2, by their published values', () => {
  // 6381956970095103 * 2^797 is the double that comes closest to a multiple of pi / 2 (Muller, "Elementary functions").
  const x = Float64Array.of(6381956970095103 * 2 ** 797);
  expect(run('cosF64', x)[0]).toBeCloseTo(-4.687165924254628e-19, 33);
  expect(difference(run('cosF64', x)[0]!, Math.cos(x[0]!))).toBeLessThanOrEqual(2);
});

test.each([
  [
    'logF64',
    [0, -0, -1, Infinity, Number.NaN, 1],
    [-Infinity, -Infinity, Number.NaN, Infinity, Number.NaN, 0],
  ],
  ['expF64', [-Infinity, Infinity, 0, -746, 710], [0, Infinity, 1, 0, Infinity]],
  ['sinF64', [Infinity, -0, Number.NaN], [Number.NaN, -0, Number.NaN]],
  ['atanF64', [Infinity, -Infinity, -0], [Math.PI / 2, -Math.PI / 2, -0]],
  ['asinF64', [1, -1, 2, -0], [Math.PI / 2, -Math.PI / 2, Number.NaN, -0]],
  ['acosF64', [1, -1, -2], [0, Math.PI, Number.NaN]],
  ['sinhF64', [-0, -Infinity, 711], [-0, -Infinity, Infinity]],
  ['tanhF64', [Infinity, -Infinity, -0], [1, -1, -0]],
  ['acoshF64', [1, 0, -5, Infinity], [0, Number.NaN, Number.NaN, Infinity]],
  ['atanhF64', [1, -1, 2, -0], [Infinity, -Infinity, Number.NaN, -0]],
  ['asinhF64', [-0, -Infinity], [-0, -Infinity]],
  ['erfF64', [Infinity, -Infinity, -0, Number.NaN], [1, -1, -0, Number.NaN]],
  ['sigmoidF64', [0, Infinity, -Infinity], [0.5, 1, 0]],
  ['roundF64', [0.5, 1.5, -0.5, 2.5], [0, 2, -0, 2]],
] as const)('%s of %j', (kernel, x, expected) => {
  expect([...run(kernel, Float64Array.from(x))]).toEqual(expected);
});
