/** TensorFlow.js graph models: a GraphDef of which the part that makes the outputs is translated, node by node. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { readNumbers } from '../../compile/scalars.ts';
import type { Network, TensorData } from '../../network/types.ts';
import { Assembly } from '../layers/assembly.ts';
import { Config, isObject } from '../layers/json.ts';
import { GraphNode, MOST_LIST, type Port, portOf, type Translation } from './node.ts';
import { OPERATORS } from './operators/index.ts';

/** Nodes of a graph at most. */
const MOST_NODES = 100_000;

/** They hand on what they get. */
const PASSING = new Set([
  'Identity',
  'StopGradient',
  'PreventGradient',
  'CheckNumerics',
  'Snapshot',
]);
/** Known without a translator. */
const OWN = new Set([...PASSING, 'Placeholder', 'Const', 'IdentityN']);

/**
 * @param topology GraphDef
 * @param signature names of inputs and outputs, if the file has them
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (all unknown operators at once)
 */
export function graphNetwork(
  topology: Config,
  signature: unknown,
  weights: ReadonlyMap<string, TensorData>,
): Network {
  const nodes = new Map<string, GraphNode>();
  const list = topology.list('node');
  if (list.length > MOST_NODES) malformed(`a graph of ${list.length} nodes`);
  for (const one of list) {
    const node = new GraphNode(one);
    if (nodes.has(node.name)) malformed(`two nodes are called "${node.name}"`);
    nodes.set(node.name, node);
  }
  const outputs = outputsOf(nodes, signature);
  const needed = ordered(nodes, outputs);
  const a = new Assembly();
  for (const { op } of needed) if (!OWN.has(op) && !Object.hasOwn(OPERATORS, op)) a.refuse(op);
  a.checkSupported();
  return new Translating(a, nodes, weights).network(needed, outputs);
}

function outputsOf(nodes: ReadonlyMap<string, GraphNode>, signature: unknown): Port[] {
  const listed = isObject(signature) && isObject(signature.outputs) ? signature.outputs : {};
  const named = Object.values(listed).map((one) =>
    portOf(new Config(one, 'an output').string('name')),
  );
  if (named.length > 0) return named;
  const used = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const ends = [...nodes.values()].filter(
    ({ name, op }) => !used.has(name) && op !== 'NoOp' && op !== 'Const',
  );
  return ends.length > 0
    ? ends.map(({ name }) => ({ node: name, index: 0 }))
    : malformed('the graph has no outputs');
}

/** The nodes that the outputs need, each after those it needs itself: depth first. */
function ordered(nodes: ReadonlyMap<string, GraphNode>, outputs: readonly Port[]): GraphNode[] {
  const find = (name: string): GraphNode =>
    nodes.get(name) ?? malformed(`the graph has no node "${name}"`);
  // Placeholders first, in the file's order, which is that of the inputs.
  const roots = [...nodes.values()].filter(({ op }) => op === 'Placeholder');
  const done = new Set<GraphNode>();
  const open = new Set<GraphNode>();
  const path: { node: GraphNode; next: number }[] = [];
  const enter = (node: GraphNode): void => {
    if (done.has(node)) return;
    if (open.has(node)) malformed(`the graph has a loop through "${node.name}"`);
    open.add(node);
    path.push({ node, next: 0 });
  };
  for (const root of [...roots, ...outputs.map(({ node }) => find(node))]) {
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const child = top.node.inputs[top.next++];
      if (child) {
        enter(find(child.node));
      } else {
        path.pop();
        open.delete(top.node);
        done.add(top.node);
      }
    }
  }
  return [...done];
}

interface Origin {
  readonly node: GraphNode;
  readonly index: number;
}

class Translating {
  readonly #a: Assembly;
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #weights: ReadonlyMap<string, TensorData>;
  /** Outputs of nodes. */
  readonly #values = new Map<string, readonly string[]>();
  readonly #origins = new Map<string, Origin>();
  /** Constants that nodes have taken as values. */
  readonly #kept = new Map<string, string>();
  /** Constants made of others. */
  readonly #derived = new Map<string, string>();

  constructor(
    a: Assembly,
    nodes: ReadonlyMap<string, GraphNode>,
    weights: ReadonlyMap<string, TensorData>,
  ) {
    this.#a = a;
    this.#nodes = nodes;
    this.#weights = weights;
  }

  network(needed: readonly GraphNode[], outputs: readonly Port[]): Network {
    for (const node of needed) {
      this.#a.scope = node.name;
      if (node.op === 'Placeholder') this.#values.set(node.name, [this.#input(node)]);
      else if (node.op === 'Const') this.#weight(node);
      else if (PASSING.has(node.op) || node.op === 'IdentityN') this.#pass(node);
      else this.#translate(node);
    }
    const results = outputs.map((port) => ({
      name: port.index === 0 ? port.node : `${port.node}:${port.index}`,
      of: this.#value(port),
    }));
    return this.#a.network('model', results);
  }

  /** Finds what a node hands on while it is near. */
  #pass({ inputs, name }: GraphNode): void {
    for (const index of inputs.keys()) this.#origin({ node: name, index });
  }

  #input(node: GraphNode): string {
    const dtype = node.type('dtype') ?? 'f32';
    const shape = node.shape('shape')?.map((size, axis) => {
      if (size === -1) return axis === 0 ? 'batch' : `${node.name}.${axis}`;
      return size > 0 && size < 2 ** 31
        ? size
        : malformed(`${node.where}: ${size} is no dimension`);
    });
    return this.#a.input(node.name, dtype, shape);
  }

  #weight({ name, where }: GraphNode): TensorData {
    return this.#weights.get(name) ?? malformed(`${where}: the manifest has no weight of its name`);
  }

  /**
   * Where a value comes from, past the nodes that hand it on. Nodes are met in their order, so what a node takes is known when
   * it is asked.
   */
  #origin(port: Port): Origin {
    const node = this.#nodes.get(port.node)!;
    const isMany = node.op === 'IdentityN';
    if (!isMany && !PASSING.has(node.op)) return { node, index: port.index };
    const index = isMany ? port.index : 0;
    const key = `${node.name}:${index}`;
    const source = node.inputs[index] ?? malformed(`${node.where}: input ${index} is missing`);
    const origin = this.#origins.get(key) ?? this.#origin(source);
    this.#origins.set(key, origin);
    return origin;
  }

  #constant(port: Port | undefined): TensorData | undefined {
    const node = port && this.#origin(port).node;
    return node?.op === 'Const' ? this.#weight(node) : undefined;
  }

  #value(port: Port): string {
    const { index, node } = this.#origin(port);
    if (node.op === 'Const') {
      const known = this.#kept.get(node.name) ?? this.#a.constant(node.name, this.#weight(node));
      this.#kept.set(node.name, known);
      return known;
    }
    const value = this.#values.get(node.name)?.[index];
    return value ?? unsupported(`${node.where}: its output ${index}`);
  }

  #translate(node: GraphNode): void {
    const value = (port: Port): string => this.#value(port);
    const translation: Translation = {
      a: this.#a,
      node,
      value(i) {
        const port = node.inputs[i];
        return port && value(port);
      },
      constant: (i) => this.#constant(node.inputs[i]),
      derived: (i, kind, make) => {
        const source = node.inputs[i] ? this.#origin(node.inputs[i]).node.name : node.name;
        const key = `${kind} of ${source}`;
        const known = this.#derived.get(key) ?? this.#a.constant(`${source}/${kind}`, make());
        this.#derived.set(key, known);
        return known;
      },
      elements: (i) => {
        const constant = this.#constant(node.inputs[i]);
        if (constant && constant.data.length <= MOST_LIST) {
          return readNumbers(constant.dtype, constant.data);
        }
        const port = node.inputs[i];
        const origin = port && this.#origin(port).node;
        if (origin?.op !== 'Pack') return [];
        return origin.inputs.map((one) => {
          const element = this.#constant(one);
          return element && readNumbers(element.dtype, element.data)[0];
        });
      },
    };
    const result = OPERATORS[node.op]!(translation);
    this.#values.set(node.name, typeof result === 'string' ? [result] : result);
  }
}
