/** Calls of layers in a Functional model, in an order in which every result is made before it is used. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { type Config, isObject } from './json.ts';

/** Result `index` of call `call` of a layer. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly index: number;
}

export interface Call {
  readonly layer: string;
  readonly call: number;
  readonly inputs: readonly Reference[];
}

/** Calls of all layers at most. */
const MOST_CALLS = 100_000;

const isIndex = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_CALLS;

/** `["dense", 0, 0]`, perhaps with arguments after it. */
function reference(value: unknown, where: string): Reference {
  const [layer, call, index] = Array.isArray(value) ? value : [];
  if (typeof layer !== 'string' || !isIndex(call) || !isIndex(index)) {
    malformed(`${where}: a reference to a layer is malformed`);
  }
  return { layer, call, index };
}

/** `input_layers` and `output_layers`: a list of references, or only one; in Keras 3 perhaps by name. */
export function references(model: Config, name: string): Reference[] {
  const value = model.get(name);
  if (isObject(value)) return Object.values(value).map((one) => reference(one, model.where));
  const list = model.list(name);
  return typeof list[0] === 'string'
    ? [reference(list, model.where)]
    : list.map((one) => reference(one, model.where));
}

/** Inputs of a call as Keras 2 writes it: `[["conv", 0, 0, {}], ...]`. */
function oldInputs(call: readonly unknown[], where: string): Reference[] {
  return call.map((one) => {
    const options: unknown = Array.isArray(one) ? one[3] : undefined;
    const used = isObject(options)
      ? Object.entries(options).filter(([key]) => !IGNORED.has(key))
      : [];
    if (used.some(([, value]) => value !== null)) {
      unsupported(`${where} is called with ${used.map(([key]) => key).join(', ')}`);
    }
    return reference(one, where);
  });
}

/** Arguments that change nothing in inference. */
const IGNORED = new Set(['training', 'mask']);

/** Inputs of a call as Keras 3 writes it: arguments that are tensors, or lists of them. */
function newInputs(call: Record<string, unknown>, where: string): Reference[] {
  const found: Reference[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value) && depth < 3) {
      for (const one of value) visit(one, depth + 1);
      return;
    }
    const config =
      isObject(value) && value.class_name === '__keras_tensor__' ? value.config : undefined;
    if (!isObject(config)) unsupported(`${where} is called with what is no tensor`);
    found.push(reference(config.keras_history, where));
  };
  visit(call.args ?? [], 0);
  const options = isObject(call.kwargs) ? Object.entries(call.kwargs) : [];
  const used = options.filter(([key, value]) => !IGNORED.has(key) && value !== null);
  if (used.length > 0)
    unsupported(`${where} is called with ${used.map(([key]) => key).join(', ')}`);
  return found;
}

/** All calls of the layers that aren't inputs. Throws `ModelError` BAD_NETWORK if they wait for one another. */
export function callsOf(layers: ReadonlyMap<string, Config>, inputs: ReadonlySet<string>): Call[] {
  const calls: Call[] = [];
  for (const [name, layer] of layers) {
    if (inputs.has(name)) continue;
    const nodes = layer.list('inbound_nodes', []);
    nodes.forEach((node, call) => {
      const where = `"${name}"`;
      const list = Array.isArray(node)
        ? oldInputs(node, where)
        : isObject(node)
          ? newInputs(node, where)
          : malformed(`${where}: a call is malformed`);
      calls.push({ layer: name, call, inputs: list });
    });
    if (calls.length > MOST_CALLS) malformed(`a model of more than ${MOST_CALLS} calls`);
  }
  return ordered(calls, inputs);
}

/** Topological order (A. B. Kahn, 1962), the file's order where it leaves a choice. */
function ordered(calls: readonly Call[], inputs: ReadonlySet<string>): Call[] {
  const key = ({ call, layer }: { layer: string; call: number }): string => `${layer}/${call}`;
  const waiting = new Map<string, Call[]>();
  const missing = new Map<Call, number>();
  const ready: Call[] = [];
  for (const one of calls) {
    const needs = new Set(one.inputs.filter(({ layer }) => !inputs.has(layer)).map(key));
    missing.set(one, needs.size);
    if (needs.size === 0) ready.push(one);
    for (const need of needs) {
      const others = waiting.get(need);
      if (others) others.push(one);
      else waiting.set(need, [one]);
    }
  }
  // `ready` grows while it is walked.
  for (const done of ready) {
    for (const one of waiting.get(key(done)) ?? []) {
      const left = missing.get(one)! - 1;
      missing.set(one, left);
      if (left === 0) ready.push(one);
    }
  }
  if (ready.length < calls.length) {
    const stuck = calls.find((one) => missing.get(one)! > 0)!;
    malformed(`"${stuck.layer}" waits for a layer that isn't there, or that waits for it`);
  }
  return ready;
}
