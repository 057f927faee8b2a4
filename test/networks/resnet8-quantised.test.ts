import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readNumbers, writeNumbers } from '../../models/compile/scalars.ts';
import { readTflite } from '../../models/import/tflite/index.ts';
import {
  readModel,
  type TfliteOperator,
  type TfliteTensor,
} from '../../models/import/tflite/schema.ts';
import { loadModel } from '../../models/index.ts';
import { compileWasm } from '../../scripts/lib/models.ts';
import {
  add,
  convolution,
  fullyConnected,
  pool,
  type Quantised,
  softmax,
  type Target,
} from '../support/tflite-operators.ts';
import { generator } from '../support/values.ts';
import { interpreterModule, kernelsWasm } from '../support/wasm.ts';

const FILE = '../shared/testdata/models/resnet8/pretrainedResnet_quant.tflite';
const wasm = kernelsWasm();
const engines = { kernels: compileWasm(wasm), kernelsWasm: wasm, interpreter: interpreterModule() };

/** The whole network by the definitions alone. */
function reference(bytes: Uint8Array, image: readonly number[]): number[] {
  const model = readModel(bytes);
  const made = new Map<number, readonly number[]>([[model.inputs[0]!.index, image]]);
  const quantised = (tensor: TfliteTensor): Quantised => ({
    values: made.get(tensor.index) ?? readNumbers(tensor.dtype, tensor.data!),
    shape: tensor.shape,
    scales: tensor.quantisation!.scales,
    zero: tensor.quantisation!.zeros[0]!,
  });
  for (const op of model.operators) {
    const output = op.outputs[0]!;
    made.set(
      output.index,
      apply(
        op,
        op.inputs.map((tensor) => tensor!),
        quantised,
      ),
    );
  }
  return [...made.get(model.outputs[0]!.index)!];
}

function apply(
  { builtin, options, outputs }: TfliteOperator,
  inputs: readonly TfliteTensor[],
  quantised: (tensor: TfliteTensor) => Quantised,
): readonly number[] {
  const { scales, zeros } = outputs[0]!.quantisation!;
  const [scale, zero] = [scales[0]!, zeros[0]!];
  const relu = options.activation === 1;
  const target: Target = { scale, zero, low: relu ? Math.max(zero, -128) : -128, high: 127 };
  const window = {
    same: options.padding === 0,
    stride: [options.strideH as number, options.strideW as number],
    dilation: [1, 1],
  } as const;
  const x = quantised(inputs[0]!);
  switch (builtin) {
    case 'CONV_2D':
      return convolution(x, quantised(inputs[1]!), quantised(inputs[2]!).values, window, target);
    case 'FULLY_CONNECTED':
      return fullyConnected(x, quantised(inputs[1]!), quantised(inputs[2]!).values, target);
    case 'ADD':
      return add(x, quantised(inputs[1]!), target);
    case 'AVERAGE_POOL_2D':
      return pool(
        x,
        [options.filterH as number, options.filterW as number],
        window,
        target,
        'average',
      );
    case 'RESHAPE':
      return x.values;
    case 'SOFTMAX':
      return softmax(x, options.beta as number, target);
    default:
      throw new Error(`no definition of ${builtin}`);
  }
}

/** Noise, and something with edges and gradients as a photograph has. */
function images(): number[][] {
  const random = generator(8);
  const noise = Array.from({ length: 3072 }, () => (random() % 256) - 128);
  const smooth = Array.from({ length: 3072 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % 32, Math.floor(i / 96), i % 3];
    const disc = (x - 14) ** 2 + (y - 18) ** 2 < 90 ? 90 : 0;
    return Math.max(-128, Math.min(127, 3 * x + 2 * y * (c - 1) + disc - 100));
  });
  return [noise, smooth];
}

describe.skipIf(!existsSync(FILE))('the ResNet-8 in 8 bits', () => {
  test('gives the integers that TFLite defines, whole network, bit for bit', async () => {
    const bytes = new Uint8Array(readFileSync(FILE));
    const { graph } = compileNetwork(readTflite(bytes), engines);
    const model = await loadModel(writeBundle(graph), engines);
    for (const image of images()) {
      const { outputs } = await model.run([writeNumbers('i8', image)]);
      expect(readNumbers('i8', outputs[0]!)).toEqual(reference(bytes, image));
    }
  });
});
