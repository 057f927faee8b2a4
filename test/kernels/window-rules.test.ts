import { expect, test } from 'vitest';
import { UNBOUNDED } from '../../models/compile/lower/products.ts';
import { faultOfAttributes } from '../../models/operators/check.ts';
import { OPERATORS } from '../../models/operators/index.ts';

/** A window of 3 x 3 over an image of 4 x 4 with 6 channels, changed by name. */
function window(changes: Readonly<Record<string, number>> = {}): number[] {
  const values = [1, 1, 4, 4, 6, 1, 2, 2, 1, 3, 3, 1, 1, 1, 1, 1, 1, 0, 0, 0];
  return values.map((value, i) => changes[OPERATORS.get('maxPool')!.attributes[i]!] ?? value);
}

const conv = (changes: Record<string, number>, [co, groups, begin, end] = [6, 1, 0, 2]) =>
  [...window(changes), co, groups, begin, end, ...UNBOUNDED] as number[];

// Attributes come from whoever registers a model: kernels must stay within their operands.
test.each<[string, number[], RegExp]>([
  ['conv', conv({}, [6, 4, 0, 2]), /6 and 6 channels in 4 groups/],
  ['conv', conv({}, [6, 1, 0, 3]), /rows 0 to 3 of 2/],
  ['conv', conv({}, [6, 1, 1, 1]), /rows 1 to 1 of 2/],
  ['conv', conv({ ow: 2 ** 25, oh: 4, sh: 1, pw: 1 }), /padding takes \d+ bytes/],
  ['conv', conv({ sw: 2 ** 31 }), /extend over \d+ elements|padding takes \d+ bytes/],
  ['depthwise', [...window({ ph: 2 ** 30 }), 0, 2, ...UNBOUNDED], /padding/],
  ['maxPool', [...window({ dh: 2 ** 31 }), 0, 2], /extend over \d+ elements/],
  ['maxPool', [...window({ ph: 2 ** 27 }), 0, 2], /a padding is 134217728/],
  ['maxPool', [...window({ kw: 0 }), 0, 2], /attribute kw is 0/],
  ['sumPool', [...window(), 3, 1, 1, 1, 0, 2], /division 3/],
  ['sumPool', [...window(), 2, 1, 1, 2 ** 31, 0, 2], /ends at element 2147483648/],
  ['gemm', [2, 3, 20, 0, 2, 4, 20, ...UNBOUNDED], /columns 4 to 20 of 20/],
  ['gemm', [2, 3, 20, 0, 2, 8, 24, ...UNBOUNDED], /columns 8 to 24 of 20/],
  ['matmul', [6, 6, 1, 1, 1, 2, 3, 2, 0, 0, 0, 0, 0, 0, 4, 1, 2, 1, 0, 2], /element 6 of 6/],
  ['matmul', [6, 6, 1, 1, 1, 2, 3, 2, 0, 0, 0, 0, 0, 0, 3, 0, 2, 1, 0, 2], /attribute ac is 0/],
])('%s [%s] is refused', (kernel, attributes, fault) => {
  expect(faultOfAttributes(OPERATORS.get(kernel)!, attributes)).toMatch(fault);
});

test('without the change they are taken', () => {
  expect(faultOfAttributes(OPERATORS.get('conv')!, conv({}))).toBeUndefined();
  expect(faultOfAttributes(OPERATORS.get('maxPool')!, [...window(), 0, 2])).toBeUndefined();
});
