/**
 * Quantised products and networks beside onnxruntime-web in the same run, one thread each: npm run bench -- quantised. Runs alternate,
 * so that what else the machine does reaches both.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, ModelProtoSchema } from 'onnx-buf';
import { writeBundle } from '../models/bundle.ts';
import { compileNetwork } from '../models/compile/compile.ts';
import { readOnnx } from '../models/import/onnx/index.ts';
import { loadModel } from '../models/index.ts';
import { compileWasm, readWasm } from '../scripts/lib/models.ts';

type Type = 'int8' | 'uint8';

interface Example {
  readonly name: string;
  readonly products: number;
  readonly type: Type;
  readonly input: readonly number[];
  readonly file: Uint8Array;
}

export interface QuantisedFigures {
  readonly name: string;
  readonly products: number;
  /** Medians, in milliseconds. */
  readonly native: number;
  readonly peer: number | undefined;
}

const ONNX: Record<Type | 'float' | 'int32', number> = {
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  float: DataType.FLOAT,
  int32: DataType.INT32,
};

const size = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);
const big = (values: readonly number[]): bigint[] => values.map(BigInt);

/** Bytes that look random, the same in every run. */
function noise(n: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

/** Puts a quantised network together, one operator after the other. */
class Writer {
  readonly #nodes: object[] = [];
  readonly #tensors: object[] = [];
  products = 0;

  constant(type: keyof typeof ONNX, shape: readonly number[], rawData: Uint8Array): string {
    const name = `w${this.#tensors.length}`;
    this.#tensors.push({ name, dims: big(shape), dataType: ONNX[type], rawData });
    return name;
  }

  scale(value: number): string {
    return this.constant('float', [], new Uint8Array(Float32Array.of(value).buffer));
  }

  node(
    opType: string,
    input: readonly string[],
    attributes: Record<string, readonly number[]> = {},
  ): string {
    const name = `v${this.#nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, ints]) => ({
      name: key,
      type: 7,
      ints: big(ints),
    }));
    this.#nodes.push({ opType, name, input: [...input], output: [name], attribute });
    return name;
  }

  /** QLinearConv of i8 weights on u8 elements around 0 and up: its lower bound is a ReLU. */
  conv(
    x: string,
    shape: readonly number[],
    channels: number,
    window: number,
    stride: number,
  ): [string, number[]] {
    const [n = 1, ci = 1, h = 1, w = 1] = shape;
    const pad = Math.floor(window / 2);
    const out = [h, w].map((one) => Math.floor((one + 2 * pad - window) / stride) + 1);
    const depth = ci * window * window;
    this.products += n * channels * size(out) * depth;
    const weights = this.constant('int8', [channels, ci, window, window], noise(channels * depth));
    const zero = this.constant('uint8', [], Uint8Array.of(0));
    const bias = this.constant('int32', [channels], new Uint8Array(4 * channels));
    const result = this.node(
      'QLinearConv',
      [
        ...[x, this.scale(0.02), zero, weights, this.scale(0.01)],
        ...[
          this.constant('int8', [], Uint8Array.of(0)),
          this.scale(0.0002 * Math.sqrt(depth) * 60),
          zero,
          bias,
        ],
      ],
      { kernel_shape: [window, window], pads: [pad, pad, pad, pad], strides: [stride, stride] },
    );
    return [result, [n, channels, ...out]];
  }

  file(
    type: Type,
    input: readonly number[],
    y: string,
    of: keyof typeof ONNX,
    shape: readonly number[],
  ) {
    const info = (name: string, elemType: number, dims: readonly number[]) => ({
      name,
      type: {
        value: {
          case: 'tensorType' as const,
          value: {
            elemType,
            shape: {
              dim: dims.map((one) => ({
                value: { case: 'dimValue' as const, value: BigInt(one) },
              })),
            },
          },
        },
      },
    });
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      graph: {
        name: 'network',
        node: this.#nodes,
        initializer: this.#tensors,
        input: [info('x', ONNX[type], input)],
        output: [info(y, ONNX[of], shape)],
      },
    } as Parameters<typeof create<typeof ModelProtoSchema>>[1]);
    return toBinary(ModelProtoSchema, model);
  }
}

function product(type: Type, m: number, k: number, n: number): Example {
  const net = new Writer();
  const w = net.constant('int8', [k, n], noise(k * n));
  const y = net.node('MatMulInteger', ['x', w]);
  return {
    name: `${type === 'int8' ? 'i8' : 'u8'} x i8, [${m},${k}] x [${k},${n}]`,
    products: m * k * n,
    type,
    input: [m, k],
    file: net.file(type, [m, k], y, 'int32', [m, n]),
  };
}

/** The convolutions of a ResNet-8 (MLPerf Tiny) or of a ResNet-18, one after the other without their sums. */
function stack(
  name: string,
  input: readonly number[],
  layers: readonly (readonly [number, number, number])[],
): Example {
  const net = new Writer();
  let [x, shape]: [string, number[]] = ['x', [...input]];
  for (const [channels, window, stride] of layers)
    [x, shape] = net.conv(x, shape, channels, window, stride);
  return {
    name,
    products: net.products,
    type: 'uint8',
    input,
    file: net.file('uint8', input, x, 'uint8', shape),
  };
}

const twice = (channels: number): [number, number, number][] =>
  Array.from({ length: 3 }, () => [channels, 3, 1]);

export const examples = (): Example[] => [
  product('int8', 1, 4096, 4096),
  product('uint8', 1, 4096, 4096),
  product('int8', 64, 4096, 4096),
  product('uint8', 64, 4096, 4096),
  stack(
    'convolutions of a ResNet-8',
    [1, 3, 32, 32],
    [
      [16, 3, 1],
      [16, 3, 1],
      [16, 3, 1],
      [32, 3, 2],
      [32, 3, 1],
      [64, 3, 2],
      [64, 3, 1],
    ],
  ),
  stack(
    'convolutions of a ResNet-18',
    [1, 3, 224, 224],
    [
      [64, 7, 2],
      [64, 3, 2],
      ...twice(64),
      [128, 3, 2],
      ...twice(128),
      [256, 3, 2],
      ...twice(256),
      [512, 3, 2],
      ...twice(512),
    ],
  ),
];

interface Session {
  readonly outputNames: readonly string[];
  run(
    feeds: Record<string, unknown>,
  ): Promise<Record<string, { readonly data: ArrayLike<number> }>>;
}

interface Runtime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: { create(file: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: ArrayLike<number>, shape: readonly number[]) => unknown;
}

const HOME = resolve('bench/peers');

async function createPeer({ file, input, type }: Example, bytes: Uint8Array) {
  if (!existsSync(`${HOME}/node_modules/onnxruntime-web`)) return undefined;
  const runtime = createRequire(`${HOME}/package.json`)('onnxruntime-web') as Runtime;
  runtime.env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(file, { executionProviders: ['wasm'] });
  const data = type === 'int8' ? new Int8Array(bytes.buffer) : bytes;
  const feeds = { x: new runtime.Tensor(type, data, input) };
  return async () => (await session.run(feeds))[session.outputNames[0]!]!.data;
}

const median = (times: readonly number[]): number =>
  times.toSorted((x, y) => x - y)[times.length >> 1]!;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

const WARM_UP = 2;
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 60;
const ROUNDS_MS = 2000;

async function measure(example: Example): Promise<QuantisedFigures> {
  const kernelsWasm = readWasm('kernels');
  const engines = {
    kernels: compileWasm(kernelsWasm),
    kernelsWasm,
    interpreter: compileWasm(readWasm('interpreter')),
  };
  const { graph } = compileNetwork(readOnnx(example.file), engines);
  const model = await loadModel(writeBundle(graph), engines);
  const bytes = noise(size(example.input));
  const peer = await createPeer(example, bytes);
  if (peer) {
    const [result] = (await model.run([bytes])).outputs;
    const theirs = await peer();
    const isWide = result!.length > theirs.length;
    const ours = isWide ? new Int32Array(result!.buffer) : result!;
    const wrong = Array.from(ours).filter((value, i) => value !== theirs[i]).length;
    if (wrong > 0) console.error(`${example.name}: ${wrong} of ${ours.length} results differ`);
  }
  const times = { native: [] as number[], peer: [] as number[] };
  const end = performance.now() + ROUNDS_MS;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (round >= WARM_UP + LEAST_ROUNDS && performance.now() > end) break;
    const native = await timed(() => model.run([bytes]));
    const other = peer && (await timed(peer));
    if (round < WARM_UP) continue;
    times.native.push(native);
    if (other !== undefined) times.peer.push(other);
  }
  return {
    name: example.name,
    products: example.products,
    native: median(times.native),
    peer: times.peer.length > 0 ? median(times.peer) : undefined,
  };
}

/** Figures of the examples whose name contains `only`. */
export async function measureQuantised(
  progress: (text: string) => void,
  only = '',
): Promise<QuantisedFigures[]> {
  const figures: QuantisedFigures[] = [];
  for (const example of examples()) {
    if (!example.name.includes(only)) continue;
    progress(`quantised ${example.name} ...`);
    figures.push(await measure(example));
  }
  return figures;
}

/** `ratio` is how many times as long onnxruntime-web takes; rates are thousands of millions of multiplications a second. */
export function quantisedTable(figures: readonly QuantisedFigures[]): string {
  const rate = (products: number, ms: number): string => (products / ms / 1e6).toFixed(1);
  const rows = figures.map(({ name, native, peer, products }) => [
    name,
    native.toPrecision(3),
    rate(products, native),
    peer === undefined ? 'not installed' : peer.toPrecision(3),
    peer === undefined ? '' : rate(products, peer),
    peer === undefined ? '' : (peer / native).toFixed(2),
  ]);
  const header = ['8-bit integers', 'ms', 'G/s', 'onnxruntime-web', 'G/s', 'ratio'];
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length)),
  );
  return [header, ...rows]
    .map((cells) =>
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}
