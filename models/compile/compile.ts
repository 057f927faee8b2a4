import { ModelError } from '../errors.ts';
import type { Graph } from '../graph.ts';
import type { Dimension, Network, NetworkInput, Node, ValueData } from '../network/types.ts';
import { Builder } from './builder.ts';
import { type Context, type Entry, isList, type Value } from './context.ts';
import { emit } from './emit.ts';
import { malformed, unsupported } from './errors.ts';
import { createEvaluator } from './evaluate.ts';
import { fuse } from './fuse.ts';
import { LOWERINGS } from './lower/index.ts';
import { count, describe, type Tensor, type TensorType } from './tensor.ts';

/** Instructions of the machine that one graph step takes at most, about; docs/networks.md says how it was chosen. */
export const STEP_LIMIT = 2 ** 28;

/** Type of a tensor, or types of the values of a list. */
export type ValueType = TensorType | readonly ValueType[];

export interface CompileOptions {
  /** What constants are folded with. */
  readonly kernels: WebAssembly.Module;
  /** Sizes of named dimensions, and whole shapes by an input's name. */
  readonly dimensions?: Readonly<Record<string, number>>;
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Types of inputs that are lists, by name: each of their tensors becomes an input, `x[0]`, `x[1]`, ... */
  readonly lists?: Readonly<Record<string, readonly ValueType[]>>;
  /** Inputs that become constants. */
  readonly frozen?: ReadonlyMap<string, ValueData>;
  /** Instructions that one graph step takes at most, about. */
  readonly limit?: number;
  /** Called after each node. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface Compiled {
  readonly graph: Graph;
  /** Inputs in the order of their slots. */
  readonly inputs: readonly string[];
  /** Results in the order of their slots. */
  readonly outputs: readonly string[];
}

/** How deep graphs may lie in graphs: more is an attack, not a network. */
const MOST_NESTED = 16;
/** Nodes at most, those of unrolled loops included. */
const MOST_NODES = 250_000;

/**
 * Compiles a network to a graph.
 *
 * @throws ModelError UNSUPPORTED_OPERATOR (all unknown operators at once), NOT_STATIC, BAD_NETWORK
 */
export function compileNetwork(network: Network, options: CompileOptions): Compiled {
  refuseUnknown(network);
  const { kernels, limit = STEP_LIMIT } = options;
  const b = new Builder({ evaluator: createEvaluator(kernels), limit });
  const scope = new Scope();
  const inputs: string[] = [];
  const given = (name: string, type: ValueType, kind?: NetworkInput['kind']): Value => {
    if (kind === 'optional') return { optional: optionalOf(name, type, given) };
    if (!('dtype' in type)) return type.map((one, i) => given(`${name}[${i}]`, one));
    if (count(type.shape) === 0) {
      unsupported(`input "${name}" is empty, ${describe(type)}; freeze it to its value`);
    }
    inputs.push(name);
    return b.input(name, type);
  };
  for (const { dtype, kind, name, shape } of network.inputs) {
    const frozen = options.frozen?.get(name);
    b.scope = name;
    if (frozen) {
      scope.set(name, frozenValue(b, name, frozen, kind));
    } else if (kind) {
      const types = own(options.lists, name);
      const what = `input "${name}" is ${kind === 'sequence' ? 'a sequence' : 'optional'}`;
      scope.set(
        name,
        given(name, types ?? notStatic(`${what}; tell the types of its values`), kind),
      );
    } else {
      const sizes = own(options.shapes, name) ?? resolve(name, shape, options.dimensions);
      scope.set(name, given(name, { dtype, shape: sizes }));
    }
  }
  const walk = new Walk(b, options.onProgress);
  walk.run(network, scope, 0);
  const outputs = network.outputs.flatMap((name) => {
    const value = scope.get(name) ?? malformed(`the output "${name}" is made by no node`);
    return flatten(name, value).map(({ name, tensor }) => {
      b.scope = name;
      return { name, tensor: b.plain(tensor) };
    });
  });
  if (outputs.length === 0) malformed('the network has no results');
  return {
    graph: emit(network.name, b, fuse(b.calls, outputs), outputs),
    inputs,
    outputs: outputs.map(({ name }) => name),
  };
}

/** What an optional input holds: the value in a list of none or one. */
function optionalOf<T>(
  name: string,
  list: T | readonly T[],
  make: (name: string, value: T) => Value,
): Value | undefined {
  if (!Array.isArray(list)) malformed(`input "${name}" is optional: a list of none or one value`);
  return list.length === 0 ? undefined : make(name, list[0]);
}

function frozenValue(
  b: Builder,
  name: string,
  frozen: ValueData,
  kind?: NetworkInput['kind'],
): Value {
  const make = (name: string, value: ValueData): Value => frozenValue(b, name, value);
  if (kind === 'optional') return { optional: optionalOf(name, frozen, make) };
  return 'dtype' in frozen
    ? b.constant(frozen, frozen.data)
    : frozen.map((one, i) => make(`${name}[${i}]`, one));
}

/** The tensors of a result, row-major names `name`, or `name[0]`, ... for a list. */
function flatten(name: string, value: Value): { name: string; tensor: Tensor }[] {
  if ('dtype' in value) return [{ name, tensor: value }];
  if (!isList(value)) return value.optional ? flatten(name, value.optional) : [];
  return value.flatMap((one, i) => flatten(`${name}[${i}]`, one));
}

/** Names come from a file: one may be that of a property that every object has. */
const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;

function notStatic(message: string): never {
  throw new ModelError('NOT_STATIC', message);
}

function resolve(
  name: string,
  shape: readonly Dimension[] | undefined,
  known: Readonly<Record<string, number>> | undefined,
): number[] {
  if (!shape) notStatic(`input "${name}" has no shape; give one`);
  return shape.map((dimension, i) => {
    if (typeof dimension === 'number') return dimension;
    return (
      own(known, dimension) ??
      notStatic(`input "${name}" has the open dimension "${dimension}" at axis ${i}; give its size`)
    );
  });
}

/** Subgraphs of a node, by attribute. */
export const subgraphsOf = (node: Node): Network[] =>
  Object.values(node.attributes).flatMap((value) => {
    const list = Array.isArray(value) ? value : [value];
    return list.filter((one): one is Network => typeof one === 'object' && 'nodes' in one);
  });

/** Names every operator that there is no lowering for, wherever it is. */
function refuseUnknown(network: Network): void {
  const unknown = new Map<string, number>();
  const visit = ({ nodes }: Network, depth: number): void => {
    if (depth > MOST_NESTED) malformed(`graphs lie in graphs more than ${MOST_NESTED} deep`);
    for (const node of nodes) {
      if (!Object.hasOwn(LOWERINGS, node.op)) unknown.set(node.op, (unknown.get(node.op) ?? 0) + 1);
      for (const inner of subgraphsOf(node)) visit(inner, depth + 1);
    }
  };
  visit(network, 0);
  if (unknown.size === 0) return;
  const list = [...unknown]
    .sort()
    .map(([op, times]) => (times > 1 ? `${op} (${times} times)` : op));
  unsupported(`operators that aren't supported: ${list.join(', ')}`);
}

/** Values by name; those of the graph around it where it doesn't know one. */
class Scope {
  readonly #around: Scope | undefined;
  readonly #own = new Map<string, Value>();

  constructor(around?: Scope) {
    this.#around = around;
  }

  get(name: string): Value | undefined {
    return this.#own.get(name) ?? this.#around?.get(name);
  }

  set(name: string, value: Value): void {
    this.#own.set(name, value);
  }
}

/** Lowers nodes in their order. */
class Walk {
  readonly #b: Builder;
  readonly #onProgress: CompileOptions['onProgress'];
  #nodes = 0;

  constructor(b: Builder, onProgress: CompileOptions['onProgress']) {
    this.#b = b;
    this.#onProgress = onProgress;
  }

  run(network: Network, scope: Scope, depth: number): void {
    const b = this.#b;
    for (const [name, { data, dtype, shape }] of network.constants) {
      scope.set(name, b.constant({ dtype, shape }, data, name));
    }
    network.nodes.forEach((node, i) => {
      this.#count();
      this.#lower(node, scope, depth);
      if (depth === 0) this.#onProgress?.(i + 1, network.nodes.length);
    });
  }

  #count(): void {
    if (++this.#nodes > MOST_NODES)
      malformed(`more than ${MOST_NODES} nodes, unrolled loops included`);
  }

  #lower(node: Node, scope: Scope, depth: number): void {
    const b = this.#b;
    const entry = LOWERINGS[node.op]!;
    const { anyAxes = false, lower }: Entry =
      typeof entry === 'function' ? { lower: entry } : entry;
    const plain = (value: Value): Value => {
      if ('dtype' in value) return b.plain(value);
      if (isList(value)) return value.map((one) => plain(one));
      return { optional: value.optional && plain(value.optional) };
    };
    const label = node.outputs.find((name) => name !== '') ?? node.name;
    b.scope = label;
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined;
      const value = scope.get(name);
      if (!value) malformed(`${node.op} "${node.name}": "${name}" is made by no node before it`);
      return anyAxes ? value : plain(value);
    });
    const context: Context = {
      b,
      node,
      opset: node.opset,
      inputs,
      subgraph: (network, bindings) => {
        if (depth >= MOST_NESTED) malformed(`graphs lie in graphs more than ${MOST_NESTED} deep`);
        // A graph without nodes counts too: a loop may run it for ever.
        this.#count();
        const inner = new Scope(scope);
        network.inputs.forEach(({ name }, i) => {
          const value = bindings[i];
          if (value) inner.set(name, value);
        });
        this.run(network, inner, depth + 1);
        b.scope = label;
        return network.outputs.map(
          (name) => inner.get(name) ?? malformed(`${node.op}: "${name}" is made by no node`),
        );
      },
    };
    const result = lower(context);
    const values = Array.isArray(result) ? result : [result];
    node.outputs.forEach((name, i) => {
      const value = values[i];
      if (name === '') return;
      if (!value) unsupported(`${node.op} "${node.name}": its output ${i} isn't supported`);
      scope.set(name, value);
    });
  }
}
