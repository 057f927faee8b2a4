/** Writes ONNX files of networks with random weights. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
} from 'onnx-buf';

const OPSET = 13n;
const IR_VERSION = 8n;

type Attribute = number | readonly number[];

interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

const bigints = (values: readonly number[]): bigint[] => values.map(BigInt);

const valueInfo = ({ name, shape }: Value) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType: DataType.FLOAT,
        shape: {
          dim: shape.map((size) => ({
            value: { case: 'dimValue' as const, value: BigInt(size) },
          })),
        },
      },
    },
  },
});

/** Uniform numbers in [-1, 1), the same in every run. */
function randomSource(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

/** Puts a network together, one operator after the other. Shapes are [n, c, h, w] or [m, k]. */
export class OnnxWriter {
  readonly #nodes: object[] = [];
  readonly #tensors: object[] = [];
  readonly #random = randomSource();
  readonly #input: Value;
  #next = 0;
  /** Multiplications of the products so far. */
  products = 0;

  constructor(shape: readonly number[]) {
    this.#input = { name: 'x', shape };
  }

  get input(): Value {
    return this.#input;
  }

  #constant(shape: readonly number[], scale: number): string {
    const values = new Float32Array(shape.reduce((x, y) => x * y, 1));
    for (let i = 0; i < values.length; i++) values[i] = this.#random() * scale;
    return this.#tensor(shape, DataType.FLOAT, new Uint8Array(values.buffer));
  }

  #tensor(shape: readonly number[], dataType: DataType, rawData: Uint8Array): string {
    const name = `w${this.#next++}`;
    this.#tensors.push({ name, dims: bigints(shape), dataType, rawData });
    return name;
  }

  node(
    opType: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const name = `v${this.#next++}`;
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? { name, type: AttributeType.INT, i: BigInt(value) }
        : { name, type: AttributeType.INTS, ints: bigints(value) },
    );
    this.#nodes.push({ opType, name, input: [...inputs], output: [name], attribute });
    return { name, shape };
  }

  conv(x: Value, channels: number, window: number, { stride = 1, group = 1 } = {}): Value {
    const [n = 1, ci = 1, h = 1, w = 1] = x.shape;
    const pad = Math.floor(window / 2);
    const sizes = [h, w].map((size) => Math.floor((size + 2 * pad - window) / stride) + 1);
    const depth = (ci / group) * window * window;
    const weights = this.#constant([channels, ci / group, window, window], Math.sqrt(6 / depth));
    const bias = this.#constant([channels], 0.1);
    const shape = [n, channels, ...sizes];
    this.products += depth * shape.reduce((x, y) => x * y, 1);
    return this.node('Conv', [x.name, weights, bias], shape, {
      kernel_shape: [window, window],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
      group,
    });
  }

  relu(x: Value): Value {
    return this.node('Relu', [x.name], x.shape);
  }

  relu6(x: Value): Value {
    const bound = (value: number) =>
      this.#tensor([], DataType.FLOAT, new Uint8Array(Float32Array.of(value).buffer));
    return this.node('Clip', [x.name, bound(0), bound(6)], x.shape);
  }

  add(x: Value, y: Value): Value {
    return this.node('Add', [x.name, y.name], x.shape);
  }

  maxPool(x: Value, window: number, stride: number): Value {
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const pad = Math.floor(window / 2);
    const sizes = [h, w].map((size) => Math.floor((size + 2 * pad - window) / stride) + 1);
    return this.node('MaxPool', [x.name], [n, c, ...sizes], {
      kernel_shape: [window, window],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  /** Mean over each image, then a product: [n, outputs]. */
  classifier(x: Value, outputs: number): Value {
    const [n = 1, c = 1] = x.shape;
    const mean = this.node('GlobalAveragePool', [x.name], [n, c, 1, 1]);
    return this.dense(this.node('Flatten', [mean.name], [n, c]), outputs);
  }

  dense(x: Value, outputs: number): Value {
    const [m = 1, k = 1] = x.shape;
    this.products += m * k * outputs;
    const weights = this.#constant([k, outputs], Math.sqrt(3 / k));
    return this.node('Gemm', [x.name, weights, this.#constant([outputs], 0.1)], [m, outputs]);
  }

  /** The file of the network whose result is `y`. */
  file(y: Value): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: 'network',
        node: this.#nodes,
        initializer: this.#tensors,
        input: [valueInfo(this.#input)],
        output: [valueInfo(y)],
      },
    } as Parameters<typeof create<typeof ModelProtoSchema>>[1]);
    return toBinary(ModelProtoSchema, model);
  }
}
