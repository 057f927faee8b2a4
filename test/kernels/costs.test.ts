import { expect, test } from 'vitest';
import { costOf } from '../../models/compile/builder.ts';
import { UNBOUNDED } from '../../models/compile/lower/products.ts';
import { readKernels } from '../../models/kernels.ts';
import { elementBytes, OPERATORS } from '../../models/operators/index.ts';
import {
  REGION_ATTRIBUTES,
  REGION_BITS,
  REGION_INPUTS,
  REGION_OUTPUT,
  REGION_SCRATCH,
} from '../../vm/constants.ts';
import { createMachine } from '../../vm/machine.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const image = readKernels(kernelsWasm());
const machine = createMachine(interpreterModule());
machine.load(image);

/** Instructions of a call whose inputs are zeros. */
function steps(kernel: string, attributes: readonly number[]): number {
  const inputs = OPERATORS.get(kernel)!.operands(attributes).slice(0, -1);
  const regions = new Map<number, Uint8Array>([
    [REGION_ATTRIBUTES, new Uint8Array(Uint32Array.from(attributes).buffer)],
    ...inputs.map(([type, n], i): [number, Uint8Array] => [
      REGION_INPUTS + i,
      new Uint8Array(n * elementBytes(type)),
    ]),
  ]);
  const own = [REGION_OUTPUT, REGION_SCRATCH, REGION_ATTRIBUTES];
  const all = [...own, ...inputs.map((_, i) => REGION_INPUTS + i)];
  const addresses = all.map((region) => BigInt(region) << BigInt(REGION_BITS));
  machine.start(image.entries.get(kernel)!, [0n, ...addresses], regions);
  return machine.run(Number.MAX_SAFE_INTEGER);
}

/** A square window over a square image, padded by `pad`. */
const square = (size: number, c: number, out: number, k: number, s: number, pad: number) => [
  ...[1, 1, size, size, c, 1, out, out, 1, k, k],
  ...[1, s, s, 1, 1, 1, 0, pad, pad],
];

// Calls are split by these figures, so that a step of the graph stays within what a dispute can go through.
test.each<[string, number[]]>([
  ['gemm', [1, 200, 100, 0, 1, 0, 100, ...UNBOUNDED]],
  ['gemm', [32, 64, 48, 0, 32, 0, 48, ...UNBOUNDED]],
  ['gemmAdd', [32, 32, 32, 0, 32, 0, 32, ...UNBOUNDED]],
  ['dense', [2, 300, 40]],
  ['matmul', [1024, 1024, 1, 1, 1, 32, 32, 32, 0, 0, 0, 0, 0, 0, 32, 1, 32, 1, 0, 32]],
  ['matmul', [1024, 1024, 1, 1, 1, 32, 32, 32, 0, 0, 0, 0, 0, 0, 32, 1, 1, 32, 0, 32]],
  ['matmulI32', [256, 256, 1, 1, 1, 16, 16, 16, 0, 0, 0, 0, 0, 0, 16, 1, 16, 1, 0, 16]],
  ['conv', [...square(8, 32, 8, 3, 1, 1), 32, 1, 0, 8, ...UNBOUNDED]],
  ['conv', [...square(8, 32, 8, 3, 1, 1), 32, 4, 0, 8, ...UNBOUNDED]],
  ['depthwise', [...square(8, 36, 8, 3, 1, 1), 0, 8, ...UNBOUNDED]],
  ['maxPool', [...square(16, 64, 8, 3, 2, 1), 0, 8]],
  ['maxPoolU8', [...square(16, 24, 8, 3, 2, 1), 0, 8]],
  ['maxPoolPlaces', [...square(16, 4, 8, 3, 2, 1), 1, 1, 1, 1, 1, 0, 8]],
  ['sumPool', [...square(7, 128, 1, 7, 1, 0), 1, 1, 1, 1, 0, 1]],
  ['l2Pool', [...square(16, 5, 8, 3, 2, 1), 0, 1, 1, 1, 0, 8]],
])('the cost of %s [%s] is what the machine counts, within a quarter', (kernel, attributes) => {
  const ratio = costOf(OPERATORS.get(kernel)!, attributes) / steps(kernel, attributes);
  expect(ratio).toBeGreaterThan(0.75);
  expect(ratio).toBeLessThan(1.25);
});
