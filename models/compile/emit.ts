import { createGraph, type Graph } from '../graph.ts';
import type { Builder, Call } from './builder.ts';
import { unsupported } from './errors.ts';
import { count, describe, type Storage, type Tensor } from './tensor.ts';

/**
 * The graph of a program: slots for what is used, equal constants once, results in output slots. The same calls give the same
 * graph, so the same network has one model root.
 */
export function emit(
  name: string,
  b: Builder,
  fused: readonly Call[],
  outputs: readonly { readonly name: string; readonly tensor: Tensor }[],
): Graph {
  const graph = createGraph(name);
  const calls = [...fused];
  const slots = new Map<number, number>();
  const made = new Set(calls.map(({ output }) => output.id));

  // Every input of the network is one of the graph, used or not.
  for (const storage of b.inputs) slots.set(storage.id, graph.input(storage.name, storage));

  for (const { name, tensor } of outputs) {
    const type = { dtype: tensor.dtype, shape: tensor.shape };
    if (count(tensor.shape) === 0)
      unsupported(`the output "${name}" is empty: ${describe(tensor)}`);
    const { axes, storage } = tensor;
    const isOwn = !axes && made.has(storage.id) && !slots.has(storage.id);
    if (isOwn) {
      slots.set(storage.id, graph.output(name, type));
      continue;
    }
    // What is stored in another order, known already, an input, or a result twice is copied.
    b.scope = name;
    const copy = b.copy(tensor);
    slots.set(copy.output.id, graph.output(name, type));
    calls.push(...copy.calls);
    for (const call of copy.calls) made.add(call.output.id);
  }

  const constants = new Map<string, number>();
  const slotOf = (storage: Storage): number => {
    const known = slots.get(storage.id);
    if (known !== undefined) return known;
    let slot: number;
    if (storage.data) {
      const key = `${storage.dtype} ${storage.shape} ${digest(storage.data)}`;
      slot = constants.get(key) ?? graph.constant(storage.name, storage, storage.data);
      constants.set(key, slot);
    } else {
      slot = graph.temporary(storage.name, storage);
    }
    slots.set(storage.id, slot);
    return slot;
  };
  for (const { attributes, inputs, kernel, output } of calls) {
    graph.call(kernel, inputs.map(slotOf), slotOf(output), attributes);
  }
  return graph.build();
}

/** Bytes of the largest constant that is compared whole. */
const SHORT = 256;

/** A text that equal contents share; different ones don't. */
function digest(data: Uint8Array): string {
  return data.length <= SHORT ? Array.from(data).join() : String(identityOf(data));
}

const identities = new WeakMap<ArrayBufferLike, Map<string, number>>();
let nextIdentity = 0;

/** Long constants are equal here if they are the same bytes in memory: comparing all weights with all would buy little. */
function identityOf(data: Uint8Array): number {
  const ranges = identities.get(data.buffer) ?? new Map<string, number>();
  identities.set(data.buffer, ranges);
  const range = `${data.byteOffset} ${data.length}`;
  const known = ranges.get(range) ?? nextIdentity++;
  ranges.set(range, known);
  return known;
}
