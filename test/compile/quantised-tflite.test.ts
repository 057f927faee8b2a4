import { describe, expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import type { Dtype } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import type { TensorData } from '../../models/network/types.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import {
  add,
  convolution,
  fullyConnected,
  meanOrSum,
  multiply,
  pool,
  type Quantised,
  softmax,
  type Target,
} from '../support/tflite-operators.ts';
import { generator } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };
const random = generator(5);

const count = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);
type Type = 'i8' | 'u8' | 'i16';
const RANGE = { i8: [-128, 127], u8: [0, 255], i16: [-32768, 32767] } as const;

/** A tensor of random elements. Scales are f32, as files hold them. */
function tensor(
  type: Type,
  shape: readonly number[],
  scales: readonly number[],
  zero = 0,
): Quantised & { dtype: Dtype } {
  const [low, high] = RANGE[type];
  const values = Array.from({ length: count(shape) }, () => (random() % (high - low + 1)) + low);
  return { dtype: type, values, shape, scales: scales.map(Math.fround), zero };
}

const scalesOf = (n: number): number[] =>
  Array.from({ length: n }, () => 0.0005 + (random() % 1000) / 20000);
const biasOf = (n: number): number[] => Array.from({ length: n }, () => (random() % 4001) - 2000);

const target = (type: Type, scale: number, zero: number): Target => {
  const [low, high] = RANGE[type];
  return { scale: Math.fround(scale), zero, low, high };
};

/** Runs one operator: inputs without a name are constants. */
async function run(
  op: string,
  type: Type,
  inputs: readonly (Quantised & { dtype: Dtype })[],
  to: Target,
  options: Record<string, number>,
  constants: number,
): Promise<number[]> {
  const held = new Map<string, TensorData>();
  const names = inputs.map(({ dtype, shape, values }, i) => {
    if (i >= constants) held.set(`x${i}`, { dtype, shape, data: writeNumbers(dtype, values) });
    return `x${i}`;
  });
  const attributes = {
    ...options,
    input_scales: inputs.map(({ scales }) => scales[0]!),
    input_zeros: inputs.map(({ zero }) => zero),
    output_scales: [to.scale],
    output_zeros: [to.zero],
    output_type: type,
    ...(inputs[1] ? { filter_scales: inputs[1].scales } : {}),
  };
  const node = { op, opset: 1, name: 'n', inputs: names, outputs: ['y'], attributes };
  const given = inputs.slice(0, constants);
  const network = {
    name: 'test',
    inputs: given.map(({ dtype, shape }, i) => ({ name: `x${i}`, dtype, shape })),
    outputs: ['y'],
    constants: held,
    nodes: [node],
  };
  const { graph } = compileNetwork(network, engines);
  const model = await loadModel(writeBundle(graph), engines);
  const { outputs } = await model.run(given.map((one) => writeNumbers(one.dtype, one.values)));
  return readNumbers(type, outputs[0]!);
}

const bias = (values: number[]) =>
  ({ dtype: 'i32', values, shape: [values.length], scales: [0], zero: 0 }) as const;

interface Case {
  readonly type: 'i8' | 'u8';
  readonly input: readonly number[];
  readonly filter: readonly number[];
  readonly depthwise?: true;
  readonly same?: true;
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  /** Of the output: small ones make multipliers above 1, which shift to the left. */
  readonly scale?: number;
}

const CONVOLUTIONS: Record<string, Case> = {
  'padded, of signed elements': {
    type: 'i8',
    input: [1, 5, 6, 3],
    filter: [9, 3, 3, 3],
    same: true,
  },
  'of one pixel': { type: 'i8', input: [2, 3, 3, 16], filter: [8, 1, 1, 16] },
  'with strides, of unsigned elements': {
    ...{ type: 'u8', input: [1, 7, 8, 4], filter: [5, 3, 2, 4] },
    ...{ same: true, stride: [2, 3] },
  },
  'with holes': { type: 'i8', input: [1, 9, 9, 2], filter: [3, 3, 3, 2], dilation: [2, 3] },
  'in groups': { type: 'i8', input: [1, 4, 4, 6], filter: [4, 3, 3, 3], same: true },
  'that scale up': { type: 'i8', input: [1, 3, 3, 2], filter: [10, 1, 1, 2], scale: 1e-4 },
  'that scale down to nothing': {
    type: 'i8',
    input: [1, 3, 3, 2],
    filter: [2, 1, 1, 2],
    scale: 1e9,
  },
  'depthwise, padded': {
    type: 'i8',
    input: [1, 5, 6, 19],
    filter: [1, 3, 3, 19],
    depthwise: true,
    same: true,
  },
  'depthwise, two results for a channel': {
    ...{ type: 'u8', input: [2, 5, 5, 3], filter: [1, 2, 3, 6], depthwise: true },
    ...{ stride: [2, 2] },
  },
  'depthwise, of one channel': {
    type: 'i8',
    input: [1, 4, 4, 1],
    filter: [1, 3, 3, 4],
    depthwise: true,
  },
};

describe('quantised operators give the integers that TFLite defines', () => {
  test.each(Object.entries(CONVOLUTIONS))('convolutions %s', async (_, one) => {
    const {
      depthwise,
      dilation = [1, 1],
      filter,
      input,
      same,
      scale = 0.7,
      stride = [1, 1],
      type,
    } = one;
    const n = filter[depthwise ? 3 : 0]!;
    const x = tensor(type, input, [0.05], type === 'i8' ? -17 : 140);
    const w = tensor(type, filter, type === 'i8' ? scalesOf(n) : [0.02], type === 'i8' ? 0 : 120);
    const b = biasOf(n);
    const to = target(type, scale, type === 'i8' ? 5 : 100);
    const options = {
      ...{ padding: same ? 0 : 1, strideH: stride[0], strideW: stride[1] },
      ...{ dilationH: dilation[0], dilationW: dilation[1], activation: 0 },
    };
    const name = depthwise ? 'tflite:DEPTHWISE_CONV_2D' : 'tflite:CONV_2D';
    const expected = convolution(x, w, b, { same: same ?? false, stride, dilation }, to, {
      depthwise: depthwise ?? false,
      singleScale: type === 'u8',
    });
    expect(await run(name, type, [x, w, bias(b)], to, options, 1)).toEqual(expected);
  });

  test.each(['i8', 'u8'] as const)('a fully connected layer of %s', async (type) => {
    const x = tensor(type, [3, 37], [0.05], 11);
    const w = tensor(type, [13, 37], [0.013], type === 'i8' ? 0 : 99);
    const b = biasOf(13);
    const to = target(type, 0.3, 20);
    const options = { activation: 1, weightsFormat: 0, keepNumDims: 0 };
    const expected = fullyConnected(x, w, b, { ...to, low: 20 });
    expect(await run('tflite:FULLY_CONNECTED', type, [x, w, bias(b)], to, options, 1)).toEqual(
      expected,
    );
  });

  test.each([
    ['ADD', 'i8'],
    ['ADD', 'u8'],
    ['SUB', 'i8'],
    ['MUL', 'u8'],
  ] as const)('%s of %s', async (name, type) => {
    const x = tensor(type, [300], [0.031], 3);
    const y = tensor(type, [300], [0.11], 40);
    const to = target(type, name === 'MUL' ? 0.9 : 0.13, 7);
    const f = {
      ADD: () => add(x, y, to),
      SUB: () => add(x, y, to, -1n),
      MUL: () => multiply(x, y, to),
    }[name];
    expect(await run(`tflite:${name}`, type, [x, y], to, { activation: 0 }, 2)).toEqual(f());
  });

  test.each(['average', 'max'] as const)('pooling by the %s', async (kind) => {
    const x = tensor('i8', [1, 7, 6, 5], [0.1], 4);
    const to = target('i8', 0.1, 4);
    const options = {
      ...{ padding: 0, strideH: 2, strideW: 1, filterH: 3, filterW: 2, activation: 0 },
    };
    const window = { same: true, stride: [2, 1], dilation: [1, 1] } as const;
    const name = kind === 'average' ? 'tflite:AVERAGE_POOL_2D' : 'tflite:MAX_POOL_2D';
    expect(await run(name, 'i8', [x], to, options, 1)).toEqual(pool(x, [3, 2], window, to, kind));
  });

  test.each([0.004, 0.1, 1.7])('softmax of differences in steps of %f', async (scale) => {
    const x = tensor('i8', [9, 21], [scale], 4);
    const to = target('i8', 1 / 256, -128);
    expect(await run('tflite:SOFTMAX', 'i8', [x], to, { beta: 1 }, 1)).toEqual(softmax(x, 1, to));
  });

  test.each(['MEAN', 'SUM'] as const)('the %s over axes', async (name) => {
    const x = tensor('i8', [2, 5, 7, 11], [0.05], -9);
    const to = target('i8', name === 'MEAN' ? 0.02 : 1.3, 3);
    const axes = { dtype: 'i32', values: [1, 2], shape: [2], scales: [0], zero: 0 } as const;
    const inputs = [x, axes];
    const given = { activation: 0, keepDims: 1 };
    expect(await run(`tflite:${name}`, 'i8', inputs, to, given, 1)).toEqual(
      meanOrSum(x, to, name === 'MEAN'),
    );
  });

  test('a concatenation brings its parts to one scale', async () => {
    const x = tensor('u8', [2, 3], [0.1], 5);
    const y = tensor('u8', [2, 2], [0.25], 100);
    const to = target('u8', 0.1, 5);
    const scaled = y.values.map((value) => {
      const factor = Math.fround(y.scales[0]! * Math.fround(1 / to.scale));
      const real = Math.fround(Math.fround(value * factor) + Math.fround(-100 * factor));
      return Math.min(255, Math.max(0, Math.sign(real) * Math.round(Math.abs(real)) + 5));
    });
    const rows = [0, 1].map((i) => [
      ...x.values.slice(3 * i, 3 * i + 3),
      ...scaled.slice(2 * i, 2 * i + 2),
    ]);
    expect(
      await run('tflite:CONCATENATION', 'u8', [x, y], to, { axis: 1, activation: 0 }, 2),
    ).toEqual(rows.flat());
  });

  test.each([
    ['CONV_2D', 'i64'],
    ['DEPTHWISE_CONV_2D', 'i64'],
    ['CONV_2D', 'i32'],
  ] as const)('%s of 16 bits with a bias of %s', async (name, biasType) => {
    const depthwise = name !== 'CONV_2D';
    const n = depthwise ? 10 : 4;
    const x = tensor('i16', [1, 4, 5, 10], [0.0003]);
    const w = tensor('i8', depthwise ? [1, 3, 3, n] : [n, 3, 3, 10], scalesOf(n));
    const b = biasOf(n).map((value) => value * 1000);
    const to = target('i16', 0.002, 0);
    const options = {
      padding: 0,
      strideH: 1,
      strideW: 2,
      dilationH: 1,
      dilationW: 1,
      activation: 0,
    };
    const window = { same: true, stride: [1, 2], dilation: [1, 1] } as const;
    const expected = convolution(x, w, b, window, to, { depthwise, wide: biasType === 'i64' });
    const inputs = [x, w, { ...bias(b), dtype: biasType }];
    expect(await run(`tflite:${name}`, 'i16', inputs, to, options, 1)).toEqual(expected);
  });

  test('a product and a sum of 16 bits', async () => {
    const [x, y] = [tensor('i16', [200], [0.0003]), tensor('i16', [200], [0.0011])];
    const to = target('i16', 0.0017, 0);
    expect(await run('tflite:ADD', 'i16', [x, y], to, { activation: 0 }, 2)).toEqual(
      add(x, y, to, 1n, 15n),
    );
    expect(await run('tflite:MUL', 'i16', [x, y], to, { activation: 0 }, 2)).toEqual(
      multiply(x, y, to),
    );
  });

  test('hard swish is close to what it stands for', async () => {
    const x = tensor('i8', [256], [0.05], -10);
    const to = target('i8', 0.04, -80);
    const y = await run('tflite:HARD_SWISH', 'i8', [x], to, { activation: 0 }, 1);
    x.values.forEach((value, i) => {
      const real = 0.05 * (value + 10);
      const wanted = (real * Math.min(Math.max(real + 3, 0), 6)) / 6 / 0.04 - 80;
      expect(Math.abs(y[i]! - Math.min(wanted, 127))).toBeLessThan(1.6);
    });
  });

  test('floats are quantised with ties away from zero', async () => {
    const values = [0.25, -0.25, 0.75, -0.75, 1e9, -1e9, 0.1, 0];
    const x = { dtype: 'f32', values, shape: [8], scales: [0], zero: 0 } as const;
    const y = await run('tflite:QUANTIZE', 'i8', [x], target('i8', 0.5, 3), {}, 1);
    expect(y).toEqual([4, 2, 5, 1, 127, -128, 3, 3]);
  });
});
