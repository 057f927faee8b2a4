import { CODE_DEPTH, LOWERING_VERSION } from '../vm/constants.ts';
import { createHasher } from '../vm/keccak.ts';
import { createMachine, type Machine } from '../vm/machine.ts';
import type { Image } from '../vm/types.ts';
import { readBundle } from './bundle.ts';
import { createRegistration, initialSlots, modelId, type Registration } from './commit.ts';
import { ModelError } from './errors.ts';
import { createExecutor, type Executor } from './executor.ts';
import { byteLength, describeType, type Graph, groupOf, type Slot } from './graph.ts';
import { toHash } from './hash.ts';
import { readKernels } from './kernels.ts';
import { checkOperators, updatesOf } from './operators/index.ts';
import { encodeInstruction } from './program.ts';
import { createTrace, stops, type Tamper, type TraceSource } from './trace.ts';
import type { Hash, Trace } from './types.ts';

/** What models are run with. Workers can't compile WebAssembly, so the modules come compiled. */
export interface Engines {
  /** The kernels, for native runs. */
  readonly kernels: WebAssembly.Module;
  /** The bytes of the same file: what is lowered, and bound by the model's id. */
  readonly kernelsWasm: Uint8Array;
  readonly interpreter: WebAssembly.Module;
}

/** A model that has been read, checked and committed to. */
export interface Model {
  readonly id: Hash;
  readonly graph: Graph;
  readonly image: Image;
  readonly registration: Registration;
  /** N: graph steps that decide a claim of a run with the largest number of iterations. */
  readonly length: number;
  readonly maxIterations: number;
  /** Runs natively, without hashing. Throws `ModelError` BAD_INPUT, BAD_ITERATIONS. */
  run(inputs: readonly Uint8Array[], options?: RunOptions): Promise<RunResult>;
  /** A run with all its commitments. Throws `ModelError` BAD_INPUT, BAD_ITERATIONS. */
  trace(inputs: readonly Uint8Array[], tamper?: Tamper, options?: RunOptions): Promise<Trace>;
}

export interface RunOptions {
  /** T; the model's maximum if absent. */
  readonly iterations?: number;
}

export interface RunResult {
  /** Content of the output slots, ascending. */
  readonly outputs: Uint8Array[];
}

/**
 * Reads a model file and computes its id with the kernels at hand.
 *
 * @throws ModelError BAD_BUNDLE, BAD_GRAPH, UNSUPPORTED_OPERATOR; OUT_OF_MEMORY on the first run
 */
export async function loadModel(bundle: Uint8Array, engines: Engines): Promise<Model> {
  const graph = readBundle(bundle);
  checkOperators(graph);
  const image = readKernels(engines.kernelsWasm);
  const program = graph.program.map((entry) => encodeInstruction(entry, image.entries));
  const hasher = createHasher(engines.interpreter);
  const slots = initialSlots(graph.slots, hasher.tensorRoot);
  const registration = createRegistration({
    instructions: program,
    maxIterations: graph.maxIterations,
    slots: graph.slots,
    tree: slots,
    image: {
      codeRoot: toHash(hasher.root(image.code, CODE_DEPTH)),
      dataRoot: toHash(hasher.tensorRoot(image.data)),
      wasmHash: toHash(hasher.keccak256(engines.kernelsWasm)),
      loweringVersion: LOWERING_VERSION,
    },
  });
  let executor: Executor | undefined;
  let machine: Machine | undefined;
  const source: TraceSource = {
    graph,
    program,
    slots,
    hasher,
    updates: updatesOf(graph),
    image,
    // Made on first use: who only registers or lists models needs no memory for their tensors.
    get executor() {
      if (!executor || executor.spoilt) executor = createExecutor(graph, engines.kernels);
      return executor;
    },
    get machine() {
      if (!machine) {
        machine = createMachine(engines.interpreter);
        machine.load(image);
      }
      return machine;
    },
  };
  const iterationsOf = ({ iterations = graph.maxIterations }: RunOptions = {}): number => {
    if (Number.isInteger(iterations) && iterations >= 1 && iterations <= graph.maxIterations) {
      return iterations;
    }
    const message = `${iterations} iterations; this model runs 1 to ${graph.maxIterations}`;
    throw new ModelError('BAD_ITERATIONS', message);
  };
  return {
    id: modelId(registration),
    graph,
    image,
    registration,
    length: program.length * graph.maxIterations + 1,
    maxIterations: graph.maxIterations,
    async run(inputs, options) {
      checkInputs(graph, inputs);
      return runNatively(source, inputs, iterationsOf(options));
    },
    async trace(inputs, tamper, options) {
      checkInputs(graph, inputs);
      return createTrace(source, inputs, iterationsOf(options), tamper);
    },
  };
}

const ofGroup = (graph: Graph, group: string): Slot[] =>
  graph.slots.filter(({ slot }) => groupOf(slot) === group);

/** Throws `ModelError` BAD_INPUT unless the inputs are as many and as long as the model's. */
export function checkInputs(graph: Graph, inputs: readonly Uint8Array[]): void {
  const wanted = ofGroup(graph, 'input');
  if (inputs.length !== wanted.length) {
    throw new ModelError('BAD_INPUT', `${inputs.length} inputs; the model takes ${wanted.length}`);
  }
  wanted.forEach((slot, i) => {
    const { length } = inputs[i]!;
    if (length === byteLength(slot)) return;
    const type = `${describeType(slot)}, ${byteLength(slot)} bytes`;
    throw new ModelError('BAD_INPUT', `input "${slot.name}" has ${length} bytes; it is ${type}`);
  });
}

function runNatively(
  { executor, graph }: TraceSource,
  inputs: readonly Uint8Array[],
  iterations: number,
): RunResult {
  executor.load({}, inputs);
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (const instruction of graph.program) {
      if (instruction.kind === 'call') executor.call(instruction, iteration);
      else if (instruction.kind === 'malformed') {
        throw new ModelError('BAD_GRAPH', 'the run reaches an instruction that is none');
      } else if (stops(executor.bytes(instruction.slot))) return outputsOf(executor, graph);
    }
  }
  return outputsOf(executor, graph);
}

const outputsOf = (executor: Executor, graph: Graph): RunResult => ({
  outputs: ofGroup(graph, 'output').map(({ slot }) => executor.bytes(slot).slice()),
});
