import { expect, test } from 'vitest';
import { createMeter, errorOf } from '../../scripts/functions/measure.ts';
import { FUNCTIONS } from '../../scripts/functions/references.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { kernelsWasm } from '../support/wasm.ts';

const measure = createMeter(compileWasm(kernelsWasm()));
/** A prime, so that all kinds of fractions come up at every exponent. */
const STEP = 50_021;

test.each(FUNCTIONS)('$name is within $bound ulp', (fn) => {
  const { inputs, ulp } = measure(fn, { first: 0, step: STEP, end: 2 ** 32 });
  expect(inputs).toBe(Math.ceil(2 ** 32 / STEP));
  expect(ulp).toBeLessThanOrEqual(fn.bound);
});

test('an error is counted in spacings of f32 at the exact value', () => {
  expect(errorOf(1, 1 + 2 ** -24)).toBe(0.5);
  expect(errorOf(Math.fround(1 + 2 ** -22), 1)).toBe(2);
  expect(errorOf(2 ** -149, 0)).toBe(1);
  expect(errorOf(Infinity, 2 ** 128 - 2 ** 104)).toBe(1);
  expect(errorOf(Infinity, 1e300)).toBe(0);
  expect(errorOf(Number.NaN, 1)).toBe(Infinity);
  expect(errorOf(1, Number.NaN)).toBe(Infinity);
});
