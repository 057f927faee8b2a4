/** What the machine is timed on beside V8: programs compiled from C, and the project's SIMD kernels. */
import { readFileSync } from 'node:fs';
import { compileWasm, readWasm } from '../scripts/lib/models.ts';
import { lower } from '../vm/lower/index.ts';
import type { Machine } from '../vm/machine.ts';
import type { Image } from '../vm/types.ts';
import { readModule } from '../vm/wasm/index.ts';

export interface Workload {
  readonly name: string;
  /** `more`: scalar programs beside those with an aim; `unseen`: not looked at when the interpreter's fusions were chosen. */
  readonly kind: 'scalar' | 'simd' | 'more' | 'unseen';
  readonly image: Image;
  /** Once in V8. */
  native(): unknown;
  /** Puts a machine that has the image into the first state of the same run. */
  start(machine: Machine): void;
  /** Whether what V8 has computed is what the machine, at the end of that run, has. */
  agrees(machine: Machine): boolean;
}

const SEED = 42;
const PAGE = 65_536;

interface Program {
  readonly memory: WebAssembly.Memory;
  prepare(seed: number): void;
  run(): number;
}

function program(name: string, kind: Workload['kind']): Workload {
  const bytes = new Uint8Array(readFileSync(`bench/programs/${name}.wasm`));
  const instance = (): Program => {
    const { exports } = new WebAssembly.Instance(compileWasm(bytes));
    const made = exports as unknown as Program;
    made.prepare(SEED);
    return made;
  };
  const native = instance();
  const content = new Uint8Array(native.memory.buffer).slice();
  const first = instance().run() >>> 0;
  const image = lower(readModule(bytes));
  return {
    name,
    kind,
    image,
    native: () => native.run(),
    start: (machine) => {
      const entry = image.entries.get('run') as number;
      machine.start(entry, [], new Map([[0, content]]), content.length / PAGE);
    },
    agrees: (machine) => Number(machine.readSlot(0) & 0xffffffffn) === first,
  };
}

const floats = (count: number): Uint8Array =>
  new Uint8Array(
    Float32Array.from({ length: count }, (_, i) => Math.fround(((i * 37) % 101) / 50 - 1)).buffer,
  );
const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Native addresses of output, scratch, attributes and inputs: 16 MiB apart. */
const NATIVE_STEP = 2 ** 24;
const OPERANDS_FROM = 3;

/**
 * @param attributes u32 values
 * @param inputs content of each input
 * @param outputBytes size of the output
 */
function kernel(
  label: string,
  name: string,
  attributes: readonly number[],
  inputs: readonly Uint8Array[],
  outputBytes: number,
): Workload {
  const bytes = readWasm('kernels');
  const image = lower(readModule(bytes));
  const { exports } = new WebAssembly.Instance(compileWasm(bytes));
  const memory = exports.memory as WebAssembly.Memory;
  const operands = [words(...attributes), ...inputs];
  const needed = NATIVE_STEP * (OPERANDS_FROM + operands.length + 1);
  memory.grow(Math.max(0, Math.ceil((needed - memory.buffer.byteLength) / PAGE)));
  const at = (region: number): number => region * NATIVE_STEP;
  operands.forEach((content, i) => {
    new Uint8Array(memory.buffer).set(content, at(OPERANDS_FROM + i));
  });
  const call = exports[name] as (...args: number[]) => void;
  const regions = [1, 2, ...operands.map((_, i) => OPERANDS_FROM + i)];
  const args = regions.map(at);
  call(0, ...args);
  return {
    name: label,
    kind: 'simd',
    image,
    native: () => call(0, ...args),
    start: (machine) => {
      const content = new Map(operands.map((operand, i) => [OPERANDS_FROM + i, operand]));
      const slots = [0n, ...regions.map((region) => BigInt(region) << 28n)];
      machine.start(image.entries.get(name) as number, slots, content);
    },
    agrees: (machine) => {
      const made = new Uint8Array(memory.buffer, at(1), outputBytes);
      return Buffer.compare(made, machine.readMemory(1 << 28, outputBytes)) === 0;
    },
  };
}

export function workloads(): Workload[] {
  const elements = 65_536;
  const elementwise = (name: string, inputs: number): Workload =>
    kernel(
      `${name}, ${elements} elements`,
      name,
      [elements],
      Array.from({ length: inputs }, () => floats(elements)),
      4 * elements,
    );
  return [
    program('int8-dot', 'scalar'),
    program('perceptron', 'scalar'),
    program('heap-sort', 'scalar'),
    program('sha256', 'scalar'),
    program('edit-distance', 'more'),
    program('n-body', 'more'),
    program('quick-sort', 'unseen'),
    program('k-means', 'unseen'),
    program('int8-dot-simd', 'simd'),
    kernel(
      'dense, 8 x 784 x 128',
      'dense',
      [8, 784, 128],
      [floats(8 * 784), floats(784 * 128), floats(128)],
      4 * 8 * 128,
    ),
    kernel(
      'dense, 8 x 128 x 10',
      'dense',
      [8, 128, 10],
      [floats(1024), floats(1280), floats(10)],
      320,
    ),
    elementwise('add', 2),
    elementwise('mul', 2),
    elementwise('relu', 1),
    kernel('softmax, 64 x 128', 'softmax', [64, 128], [floats(8192)], 32_768),
    kernel('normalise, 65536 elements', 'normalise', [65_536], [new Uint8Array(65_536)], 262_144),
  ];
}
