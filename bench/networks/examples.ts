/** Networks that are measured: the shapes of well-known ones with random weights, and single products. */
import { existsSync, readFileSync } from 'node:fs';
import { OnnxWriter } from './onnx-file.ts';

export interface Example {
  readonly name: string;
  /** Multiplications of its products, if they are known. */
  readonly products?: number;
  readonly input: readonly number[];
  readonly file: Uint8Array;
}

const MNIST = '../shared/testdata/models/mnist-onnx/model.onnx';

type Value = OnnxWriter['input'];

function residual(net: OnnxWriter, x: Value, channels: number, stride: number): Value {
  const a = net.relu(net.conv(x, channels, 3, { stride }));
  const b = net.conv(a, channels, 3);
  const isSame = stride === 1 && x.shape[1] === channels;
  return net.relu(net.add(b, isSame ? x : net.conv(x, channels, 1, { stride })));
}

/** He et al., Deep residual learning for image recognition (2015); with three blocks, the network of MLPerf Tiny. */
function resnet8(net: OnnxWriter): Value {
  let x = net.relu(net.conv(net.input, 16, 3));
  for (const [channels, stride] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ] as const) {
    x = residual(net, x, channels, stride);
  }
  return net.classifier(x, 10);
}

function resnet18(net: OnnxWriter): Value {
  let x = net.maxPool(net.relu(net.conv(net.input, 64, 7, { stride: 2 })), 3, 2);
  for (const [channels, stride] of [
    [64, 1],
    [128, 2],
    [256, 2],
    [512, 2],
  ] as const) {
    x = residual(net, residual(net, x, channels, stride), channels, 1);
  }
  return net.classifier(x, 1000);
}

/** Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks (2018), table 2. */
function mobileNetV2(net: OnnxWriter): Value {
  let x = net.relu6(net.conv(net.input, 32, 3, { stride: 2 }));
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expansion, channels, repeats, first] of table) {
    for (let i = 0; i < repeats; i++) {
      const stride = i === 0 ? first : 1;
      const from = x.shape[1]!;
      const wide = from * expansion;
      const a = expansion === 1 ? x : net.relu6(net.conv(x, wide, 1));
      const b = net.relu6(net.conv(a, wide, 3, { stride, group: wide }));
      const y = net.conv(b, channels, 1);
      x = stride === 1 && from === channels ? net.add(x, y) : y;
    }
  }
  return net.classifier(net.relu6(net.conv(x, 1280, 1)), 1000);
}

function written(
  name: string,
  input: readonly number[],
  build: (net: OnnxWriter) => Value,
): Example {
  const net = new OnnxWriter(input);
  const file = net.file(build(net));
  return { name, input, file, products: net.products };
}

/** All of them; MNIST-8 only where the test data lie. */
export function* examples(): Generator<Example> {
  if (existsSync(MNIST)) {
    yield { name: 'MNIST-8', input: [1, 1, 28, 28], file: new Uint8Array(readFileSync(MNIST)) };
  } else {
    console.error(`MNIST-8 is left out: ${MNIST} is not there`);
  }
  yield written('ResNet-8, 32 x 32', [1, 3, 32, 32], resnet8);
  yield written('ResNet-18, 224 x 224', [1, 3, 224, 224], resnet18);
  yield written('MobileNetV2, 224 x 224', [1, 3, 224, 224], mobileNetV2);
  for (const rows of [1, 64]) {
    yield written(`[${rows}, 4096] x [4096, 4096]`, [rows, 4096], (net) =>
      net.dense(net.input, 4096),
    );
  }
}
