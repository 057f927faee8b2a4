import { expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import type { Dtype } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import type { Node, TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import { generator } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };
const random = generator(17);

interface Given {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const count = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);
const of = (dtype: Dtype, values: readonly number[], shape = [values.length]): Given => ({
  dtype,
  shape,
  values,
});
const bytes = (dtype: 'i8' | 'u8', shape: readonly number[]): Given => ({
  dtype,
  shape,
  values: Array.from({ length: count(shape) }, () => (random() % 256) - (dtype === 'i8' ? 128 : 0)),
});

function node(op: string, inputs: string[], outputs: string[], attributes = {}): Node {
  return { op, opset: 13, name: '', inputs, outputs, attributes };
}

/** Runs nodes on inputs by name; the results as numbers. */
async function run(
  nodes: Node[],
  inputs: Record<string, Given>,
  constants: Record<string, Given>,
  outputs: string[],
): Promise<number[][]> {
  const data = ({ dtype, shape, values }: Given): TensorData => ({
    dtype,
    shape,
    data: writeNumbers(dtype, values),
  });
  const network = {
    name: 'test',
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    outputs,
    constants: new Map(Object.entries(constants).map(([name, one]) => [name, data(one)])),
    nodes,
  };
  const { graph } = compileNetwork(network, engines);
  const model = await loadModel(writeBundle(graph), engines);
  const results = await model.run(Object.values(inputs).map((one) => data(one).data));
  const types = graph.slots.filter(({ slot }) => slot >> 14 === 1).map(({ dtype }) => dtype);
  return results.outputs.map((one, i) => readNumbers(types[i]!, one));
}

/** The nearest whole number, the even one of two, by the remainder. */
function nearestEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor + Math.abs(floor % 2);
  return rest < 0.5 ? floor : floor + 1;
}

test('QLinearConv rounds ties to even and saturates, in groups, with a scale and a zero for each filter', async () => {
  const x = bytes('u8', [2, 4, 5, 6]);
  const w = bytes('u8', [6, 2, 3, 2]);
  // Powers of 2 make many ties.
  const scales = [0.25, 0.5, 0.125, 0.25, 0.5, 0.0625];
  const zeros = [128, 100, 0, 255, 131, 7];
  const bias = [3, -70, 1000, 0, 5, 11];
  const inputs = ['x', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'];
  const attributes = { group: 2, pads: [1, 0, 1, 1], strides: [1, 2] };
  const [y] = await run(
    [node('QLinearConv', inputs, ['y'], attributes)],
    { x },
    {
      xs: of('f32', [0.5], []),
      xz: of('u8', [117], []),
      w,
      ws: of('f32', scales),
      wz: of('u8', zeros),
      ys: of('f32', [64], []),
      yz: of('u8', [90], []),
      b: of('i32', bias),
    },
    ['y'],
  );
  const expected: number[] = [];
  for (let n = 0; n < 2; n++)
    for (let f = 0; f < 6; f++)
      for (let oy = 0; oy < 5; oy++)
        for (let ox = 0; ox < 3; ox++) {
          let sum = bias[f]!;
          for (let i = 0; i < 2; i++)
            for (let ky = 0; ky < 3; ky++)
              for (let kx = 0; kx < 2; kx++) {
                const [iy, ix] = [oy + ky - 1, 2 * ox + kx];
                if (iy < 0 || iy >= 5 || ix >= 6) continue;
                const channel = (f < 3 ? 0 : 2) + i;
                const pixel = x.values[((n * 4 + channel) * 5 + iy) * 6 + ix]!;
                sum += (pixel - 117) * (w.values[((f * 2 + i) * 3 + ky) * 2 + kx]! - zeros[f]!);
              }
          const steps = nearestEven((sum * 0.5 * scales[f]!) / 64) + 90;
          expected.push(Math.min(255, Math.max(0, steps)));
        }
  expect(y).toEqual(expected);
});

test('MatMulInteger takes a zero that is made at run time, and a second factor that is', async () => {
  const x = of(
    'f32',
    Array.from({ length: 35 }, (_, i) => Math.sin(i) * 3),
    [5, 7],
  );
  const w = bytes('i8', [7, 9]);
  const nodes = [
    node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
    node('MatMulInteger', ['q', 'w', 'z'], ['y']),
  ];
  const [q, z, y] = await run(nodes, { x, w }, {}, ['q', 'z', 'y']);
  const expected = Array.from({ length: 45 }, (_, at) => {
    const [i, j] = [Math.floor(at / 9), at % 9];
    let sum = 0;
    for (let k = 0; k < 7; k++) sum += (q![7 * i + k]! - z![0]!) * w.values[9 * k + j]!;
    return sum;
  });
  expect(y).toEqual(expected);
});

test('a tensor that is quantised and back is near, for each channel on its scale', async () => {
  const x = of(
    'f32',
    Array.from({ length: 24 }, (_, i) => Math.cos(i) * (1 + (i % 12))),
    [2, 3, 4],
  );
  const scales = [0.1, 0.05, 0.11];
  const nodes = [
    node('QuantizeLinear', ['x', 's', 'z'], ['q'], { axis: 1 }),
    node('DequantizeLinear', ['q', 's', 'z'], ['y'], { axis: 1 }),
  ];
  const constants = { s: of('f32', scales), z: of('i8', [-3, 0, 9]) };
  const [y] = await run(nodes, { x }, constants, ['y']);
  x.values.forEach((value, i) => {
    const scale = scales[Math.floor(i / 4) % 3]!;
    const channel = Math.floor(i / 4) % 3;
    const zero = [-3, 0, 9][channel]!;
    const kept = Math.min(Math.max(value, scale * (-128 - zero)), scale * (127 - zero));
    expect(Math.abs(y![i]! - kept)).toBeLessThanOrEqual(scale / 2 + 1e-6);
  });
});

test('sums of quantised tensors broadcast', async () => {
  const [x, y] = [bytes('u8', [3, 4]), bytes('u8', [4])];
  const names = ['x', 'xs', 'xz', 'y', 'ys', 'yz', 'zs', 'zz'];
  const constants = {
    xs: of('f32', [0.5], []),
    xz: of('u8', [10], []),
    ys: of('f32', [0.25], []),
    yz: of('u8', [200], []),
    zs: of('f32', [0.75], []),
    zz: of('u8', [100], []),
  };
  const [z] = await run([node('com.microsoft:QLinearAdd', names, ['z'])], { x, y }, constants, [
    'z',
  ]);
  const expected = x.values.map((value, i) => {
    const real = 0.5 * (value - 10) + 0.25 * (y.values[i % 4]! - 200);
    return Math.min(255, Math.max(0, nearestEven(Math.fround(real / 0.75)) + 100));
  });
  expect(z).toEqual(expected);
});
