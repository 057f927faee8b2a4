import { LEAF_BYTES, PAGE_BYTES } from '../vm/constants.ts';
import { ModelError } from './errors.ts';
import { byteLength, type Graph, groupOf, type Instruction } from './graph.ts';
import { scratchBytes } from './operators/index.ts';

/** A tensor's place starts at a multiple of this, so that no vector access straddles a cache line. */
const ALIGN = LEAF_BYTES;
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
  /** A view of a slot's content: valid until the executor goes, changing with every call. */
  bytes(slot: number): Uint8Array;
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
  let end = base;
  const places = new Map<number, { at: number; size: number }>();
  for (const entry of graph.slots) {
    const size = byteLength(entry);
    places.set(entry.slot, { at: end, size });
    end += Math.ceil(size / ALIGN) * ALIGN;
  }
  const scratch = end;
  const pages = Math.ceil((end + scratchBytes(graph)) / PAGE_BYTES) + 1;
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
  const written = graph.slots.filter(({ slot }) => ['output', 'temporary'].includes(groupOf(slot)));

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
    call({ attributes, inputs, kernel, output }, iteration) {
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
  };
}
