import { PAGE_BYTES } from '../vm/constants.ts';
import { ModelError } from './errors.ts';
import { byteLength, type Graph, groupOf, type Instruction } from './graph.ts';
import { scratchBytes, updatesOf } from './operators/index.ts';
import { pagesOf, placeTensors } from './placement.ts';

type Kernel = (...args: number[]) => void;

/**
 * Runs a graph's operators natively: the kernels' WebAssembly in the engine that hosts us, on tensors that lie in its
 * memory. Constants are copied there once; a call passes addresses.
 */
export interface Executor {
  /** Who loaded it last: several runs may share one executor, and each must know whether it is still theirs. */
  readonly owner: object | undefined;
  /** A kernel trapped: what it left in its stack pointer and its stack would reach the calls after it. Make a new one. */
  readonly spoilt: boolean;
  /** Sets inputs (checked by the caller), and outputs and temporaries to their initial content. */
  load(owner: object, inputs: readonly Uint8Array[]): void;
  /** Runs one call. Throws `ModelError` KERNEL_TRAP. */
  call(instruction: Extract<Instruction, { kind: 'call' }>, iteration: number): void;
  /**
   * A view of a slot's content: valid until the executor goes, changing with every call. A temporary's is there from the call that
   * first writes it to the last that uses it.
   */
  bytes(slot: number): Uint8Array;
  /** Whether a call begins its output: before it the content is the initial one, zeros, whatever `bytes` shows. */
  begins(instruction: Instruction): boolean;
}

/**
 * Places a checked graph's tensors in a fresh instance of the kernels.
 * Throws `ModelError` OUT_OF_MEMORY if they don't fit, UNSUPPORTED_OPERATOR if a kernel isn't exported.
 */
export function createExecutor(graph: Graph, kernels: WebAssembly.Module): Executor {
  const { exports } = new WebAssembly.Instance(kernels);
  const memory = exports.memory;
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new ModelError(
      'UNSUPPORTED_OPERATOR',
      'the kernels export no memory to place tensors in',
    );
  }
  const functions = new Map<string, Kernel>();
  for (const instruction of graph.program) {
    if (instruction.kind !== 'call') continue;
    const kernel = exports[instruction.kernel];
    if (typeof kernel !== 'function') {
      const message = `the kernels export no function "${instruction.kernel}"`;
      throw new ModelError('UNSUPPORTED_OPERATOR', message);
    }
    functions.set(instruction.kernel, kernel as Kernel);
  }

  // What the module has already is its own (static data), and address 0 stays free.
  const base = Math.max(memory.buffer.byteLength, PAGE_BYTES);
  const placement = placeTensors(graph);
  const places = new Map(
    graph.slots.map((entry) => {
      const offset = placement.at.get(entry.slot);
      return [entry.slot, { at: base + (offset ?? 0), size: byteLength(entry) }];
    }),
  );
  const scratch = base + placement.size;
  const pages = pagesOf(scratch + scratchBytes(graph)) + 1;
  try {
    memory.grow(pages - memory.buffer.byteLength / PAGE_BYTES);
  } catch (cause) {
    const needed = `the model's tensors take ${pages * PAGE_BYTES} bytes`;
    throw new ModelError('OUT_OF_MEMORY', `${needed}, which the engine doesn't give`, { cause });
  }
  const all = new Uint8Array(memory.buffer);
  const bytes = (slot: number): Uint8Array => {
    const place = places.get(slot);
    if (!place) throw new ModelError('OUT_OF_RANGE', `slot ${slot} has no type`);
    return all.subarray(place.at, place.at + place.size);
  };
  const at = (slot: number): number => places.get(slot)!.at;
  for (const { data, slot } of graph.slots) if (data) bytes(slot).set(data);
  const inputSlots = graph.slots.filter(({ slot }) => groupOf(slot) === 'input');
  const sharing = new Set([...placement.begins].map((call) => call.kind === 'call' && call.output));
  const written = graph.slots.filter(
    ({ slot }) => ['output', 'temporary'].includes(groupOf(slot)) && !sharing.has(slot),
  );
  // Where an update begins a tensor, what it keeps must be zeros.
  const updates = updatesOf(graph);
  const clears = new Set([...placement.begins].filter((call) => updates.has(call)));

  let owner: object | undefined;
  let spoilt = false;
  return {
    get spoilt() {
      return spoilt;
    },
    get owner() {
      return owner;
    },
    load(who, inputs) {
      owner = who;
      for (const { data, slot } of written) {
        if (data) bytes(slot).set(data);
        else bytes(slot).fill(0);
      }
      inputSlots.forEach(({ slot }, i) => {
        bytes(slot).set(inputs[i]!);
      });
    },
    call(instruction, iteration) {
      const { attributes, inputs, kernel, output } = instruction;
      if (clears.has(instruction)) bytes(output).fill(0);
      const operands = [output, attributes, ...inputs].map(at);
      const [to = 0, parameters = 0, ...from] = operands;
      try {
        functions.get(kernel)?.(iteration, to, scratch, parameters, ...from);
      } catch (cause) {
        spoilt = true;
        const message = `kernel ${kernel} trapped natively: ${(cause as Error).message}`;
        throw new ModelError('KERNEL_TRAP', message, { cause });
      }
    },
    bytes,
    begins: (instruction) => placement.begins.has(instruction),
  };
}
