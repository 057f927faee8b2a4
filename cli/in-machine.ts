/** A run in the machine beside the native one, operator by operator: what verifiers rely on being the same. */
import { createExecutor, type Executor } from '../models/executor.ts';
import { type Graph, groupOf, type Instruction } from '../models/graph.ts';
import type { Engines, Model } from '../models/index.ts';
import {
  REGION_ATTRIBUTES,
  REGION_BITS,
  REGION_DATA,
  REGION_INPUTS,
  REGION_OUTPUT,
  REGION_SCRATCH,
} from '../vm/constants.ts';
import { createMachine, type Machine } from '../vm/machine.ts';
import type { Image } from '../vm/types.ts';

export interface Comparison {
  /** Operators that were run both ways. */
  readonly operators: number;
  /** Instructions of the machine, all operators together. */
  readonly machineInstructions: number;
  readonly largest: { readonly instruction: number; readonly machineInstructions: number };
  readonly nativeMilliseconds: number;
  readonly machineMilliseconds: number;
  /** The first operator whose results differ, if one does. */
  readonly difference?: Difference;
}

export interface Difference {
  /** Of the program. */
  readonly instruction: number;
  readonly kernel: string;
  /** Offset of the first byte that differs; absent if the machine trapped. */
  readonly byte?: number;
}

export type Call = Extract<Instruction, { kind: 'call' }>;

/** A machine that holds an image; runs of several models with the same kernels may share it. */
export function machineWith(image: Image, interpreter: WebAssembly.Module): Machine {
  const machine = createMachine(interpreter);
  machine.load(image);
  return machine;
}

/** Runs one iteration of a model's program natively and in the machine, on the same operands, and compares every result bit for bit. */
export function compareWithMachine(
  { graph, image }: Model,
  inputs: readonly Uint8Array[],
  { interpreter, kernels }: Engines,
  onProgress: (done: number, of: number) => void = () => {},
  machine = machineWith(image, interpreter),
): Comparison {
  const executor = createExecutor(graph, kernels);
  executor.load({}, inputs);
  const starterOf = callStarter(graph, image, executor);
  let machineInstructions = 0;
  let largest = { instruction: 0, machineInstructions: 0 };
  let nativeMilliseconds = 0;
  let machineMilliseconds = 0;
  let operators = 0;
  let difference: Difference | undefined;
  for (const [index, instruction] of graph.program.entries()) {
    if (instruction.kind !== 'call') continue;
    const start = starterOf(instruction);
    const before = performance.now();
    executor.call(instruction, 0);
    const between = performance.now();
    start(machine);
    machine.run(Number.MAX_SAFE_INTEGER);
    nativeMilliseconds += between - before;
    machineMilliseconds += performance.now() - between;
    machineInstructions += machine.position;
    if (machine.position > largest.machineInstructions) {
      largest = { instruction: index, machineInstructions: machine.position };
    }
    operators++;
    difference = compare(index, instruction);
    if (difference) break;
    onProgress(index + 1, graph.program.length);
  }
  return {
    ...{ operators, machineInstructions, largest, nativeMilliseconds, machineMilliseconds },
    ...(difference ? { difference } : {}),
  };

  function compare(index: number, { kernel, output }: Call): Difference | undefined {
    if (machine.status !== 'halted') return { instruction: index, kernel };
    const native = executor.bytes(output);
    const own = machine.readMemory(REGION_OUTPUT * 2 ** REGION_BITS, native.length);
    if (Buffer.compare(native, own) === 0) return undefined;
    return { instruction: index, kernel, byte: native.findIndex((byte, i) => byte !== own[i]) };
  }
}

/**
 * Makes what starts the machine on a call of iteration 0 with the operands that an executor holds at the moment.
 * docs/machine.md, "Start of a run".
 */
export function callStarter(
  graph: Graph,
  image: Image,
  executor: Executor,
): (call: Call) => (machine: Machine) => void {
  // A constant's own array: the machine keeps the tree of a region whose array it has seen.
  const constants = new Map(
    graph.slots.flatMap(({ data, slot }) =>
      data && groupOf(slot) === 'constant' ? [[slot, data]] : [],
    ),
  );
  const content = (slot: number): Uint8Array => constants.get(slot) ?? executor.bytes(slot).slice();
  return (call) => {
    const { attributes, inputs, kernel, output } = call;
    // Temporaries share memory: what a call finds in the place of a tensor that it begins is not the tensor's.
    const before = executor.begins(call)
      ? new Uint8Array(executor.bytes(output).length)
      : content(output);
    const regions = new Map<number, Uint8Array>([
      [REGION_DATA, image.data],
      [REGION_OUTPUT, before],
      [REGION_ATTRIBUTES, content(attributes)],
      ...inputs.map((slot, i): [number, Uint8Array] => [REGION_INPUTS + i, content(slot)]),
    ]);
    const entry = image.entries.get(kernel)!;
    return (machine) => machine.start(entry, argumentsOf(call), regions);
  };
}

function argumentsOf({ inputs }: Call): bigint[] {
  const region = (index: number): bigint => BigInt(index) << BigInt(REGION_BITS);
  return [
    0n,
    ...[REGION_OUTPUT, REGION_SCRATCH, REGION_ATTRIBUTES].map(region),
    ...inputs.map((_, i) => region(REGION_INPUTS + i)),
  ];
}
