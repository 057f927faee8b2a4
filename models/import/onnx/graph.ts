/** Graphs, nodes and model-local functions of ONNX files as networks (onnx.proto: GraphProto, NodeProto, FunctionProto). */
import {
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  AttributeProto_AttributeType as Type,
} from 'onnx-buf';
import { malformed, unsupported } from '../../compile/errors.ts';
import { writeNumbers } from '../../compile/scalars.ts';
import type { AttributeValue, Network, Node, TensorData } from '../../network/types.ts';
import { type Dependent, inOrder } from './order.ts';
import { denseOf, type TensorOptions, tensorOf } from './tensor.ts';
import { inputOf } from './types.ts';

/** Nodes of a file at most, those of functions once for each call. */
const MOST_NODES = 250_000;
/** How deep functions may call functions. */
const MOST_CALLS = 64;

/** What all graphs of a file share. */
export interface File {
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly options: TensorOptions;
  /** What sparse tensors written out may still take. */
  readonly budget: { bytes: number };
  nodes: number;
  /** Numbers the calls of functions, for names of their values. */
  calls: number;
}

/** Where a graph or a function's body is read: what its names and its referring attributes stand for. */
export interface Place {
  readonly opsets: ReadonlyMap<string, number>;
  readonly depth: number;
  rename(name: string): string;
  /** Attributes of the call, in a function's body. */
  readonly given?: ReadonlyMap<string, AttributeProto>;
}

interface Read {
  readonly network: Network;
  /** Names from around the graph that it uses. */
  readonly free: readonly string[];
}

const text = new TextDecoder();
/** `ai.onnx` is another name for the standard domain. */
export const domainOf = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);
export const functionKey = (domain: string, name: string, overload: string): string =>
  JSON.stringify([domainOf(domain), name, overload]);

/** Integers as numbers; what is beyond the safe ones is only used as a bound. */
const clamped = (value: bigint): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));

/**
 * A graph as a network.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR
 */
export function readGraph(proto: GraphProto, file: File, place: Place): Read {
  const { budget, options } = file;
  const constants = new Map<string, TensorData>();
  const put = (name: string, data: TensorData): void => {
    if (constants.has(name)) malformed(`two constants are called "${name}"`);
    constants.set(name, data);
  };
  for (const one of proto.initializer) put(place.rename(one.name), tensorOf(one, options));
  for (const one of proto.sparseInitializer) {
    put(place.rename(one.values?.name ?? ''), denseOf(one, options, budget));
  }
  // Until version 4 of the format every initializer had to be an input too; it is a constant all the same.
  const inputs = proto.input
    .map((info) => ({ info, name: place.rename(info.name) }))
    .filter(({ name }) => !constants.has(name));
  const nodes: Dependent[] = [];
  readNodes(proto.node, file, place, nodes, put);
  const sorted = inOrder(nodes);
  const own = new Set(constants.keys());
  for (const { name } of inputs) {
    if (own.has(name)) malformed(`two inputs are called "${name}"`);
    own.add(name);
  }
  for (const name of sorted.flatMap(({ node }) => node.outputs)) {
    if (name !== '' && own.has(name)) malformed(`a node makes "${name}", which is there already`);
    own.add(name);
  }
  const outputs = proto.output.map(({ name }) => place.rename(name));
  const used = new Set([...sorted.flatMap(({ uses }) => uses), ...outputs]);
  return {
    network: {
      name: proto.name,
      inputs: inputs.map(({ info, name }) => typedInput(info, name, place)),
      outputs,
      constants,
      nodes: sorted.map(({ node }) => node),
    },
    free: [...used].filter((name) => !own.has(name)),
  };
}

/** Inputs of a subgraph get their types from what they are bound to, so theirs may be missing or too little. */
function typedInput(info: GraphProto['input'][number], name: string, { depth }: Place) {
  return depth === 0 || info.type ? inputOf(info, name) : { name, dtype: 'f32' as const };
}

function readNodes(
  protos: readonly NodeProto[],
  file: File,
  place: Place,
  nodes: Dependent[],
  put: (name: string, data: TensorData) => void,
): void {
  for (const proto of protos) {
    if (++file.nodes > MOST_NODES) malformed(`the file has more than ${MOST_NODES} nodes`);
    const domain = domainOf(proto.domain);
    const called = file.functions.get(functionKey(domain, proto.opType, proto.overload));
    if (called) {
      readNodes(called.node, file, placeOfCall(proto, called, file, place, nodes), nodes, put);
      continue;
    }
    const free: string[] = [];
    const attributes: Record<string, AttributeValue> = Object.fromEntries(
      proto.attribute.flatMap((attribute) => {
        const value = attributeValue(attribute, file, place, free);
        return value === undefined ? [] : [[attribute.name, value]];
      }),
    );
    const inputs = proto.input.map(place.rename);
    const outputs = proto.output.map(place.rename);
    if (domain === '' && proto.opType === 'Constant') {
      put(outputs[0] ?? '', constantOf(attributes, proto.name));
      continue;
    }
    const op = domain === '' ? proto.opType : `${domain}:${proto.opType}`;
    const opset = place.opsets.get(domain);
    if (opset === undefined) malformed(`${proto.opType}: no version of "${domain}" is imported`);
    const node: Node = { op, opset, name: proto.name, inputs, outputs, attributes };
    nodes.push({ node, uses: [...inputs.filter((name) => name !== ''), ...free] });
  }
}

/** The place of a function's body: its values get the names of the call's, or fresh ones. */
function placeOfCall(
  call: NodeProto,
  called: FunctionProto,
  file: File,
  place: Place,
  nodes: Dependent[],
): Place {
  const depth = place.depth + 1;
  if (depth > MOST_CALLS) malformed(`functions call functions more than ${MOST_CALLS} deep`);
  const names = new Map<string, string>([['', '']]);
  called.input.forEach((name, i) => {
    names.set(name, place.rename(call.input[i] ?? ''));
  });
  called.output.forEach((name, i) => {
    const given = place.rename(call.output[i] ?? '');
    if (given === '') return;
    const passed = names.get(name);
    // A value that goes through, or comes out twice, is copied: each result has its own name.
    if (passed === undefined) names.set(name, given);
    else nodes.push(copyOf(passed, given));
  });
  const prefix = `${call.name || called.name}#${++file.calls}/`;
  const given = new Map(called.attributeProto.map((one) => [one.name, one]));
  for (const one of call.attribute) {
    const resolved = one.refAttrName === '' ? one : place.given?.get(one.refAttrName);
    if (resolved) given.set(one.name, resolved);
  }
  return {
    opsets: opsetsOf(called.opsetImport),
    depth,
    rename: (name) => names.get(name) ?? prefix + name,
    given,
  };
}

function copyOf(from: string, to: string): Dependent {
  const node = {
    op: 'Identity',
    opset: 1,
    name: '',
    inputs: [from],
    outputs: [to],
    attributes: {},
  };
  return { node, uses: [from] };
}

/** Versions of operator sets by domain. */
export const opsetsOf = (
  imports: readonly { readonly domain: string; readonly version: bigint }[],
): ReadonlyMap<string, number> =>
  new Map(imports.map(({ domain, version }) => [domainOf(domain), clamped(version)]));

/** undefined for what says nothing: a reference to an attribute that isn't given, or a type. */
function attributeValue(
  written: AttributeProto,
  file: File,
  place: Place,
  free: string[],
): AttributeValue | undefined {
  const proto = written.refAttrName === '' ? written : place.given?.get(written.refAttrName);
  if (!proto) return undefined;
  const { budget, options } = file;
  const missing = (): never => malformed(`attribute "${proto.name}" has no value`);
  const graph = (one: GraphProto): Network => {
    const depth = place.depth + 1;
    if (depth > MOST_CALLS) malformed(`graphs lie in graphs more than ${MOST_CALLS} deep`);
    const read = readGraph(one, file, { ...place, depth });
    free.push(...read.free);
    return read.network;
  };
  switch (proto.type === Type.UNDEFINED ? guessType(proto) : proto.type) {
    case Type.FLOAT:
      return proto.f;
    case Type.INT:
      return clamped(proto.i);
    case Type.STRING:
      return text.decode(proto.s);
    case Type.TENSOR:
      return tensorOf(proto.t ?? missing(), options);
    case Type.GRAPH:
      return graph(proto.g ?? missing());
    case Type.SPARSE_TENSOR:
      return denseOf(proto.sparseTensor ?? missing(), options, budget);
    case Type.FLOATS:
      return proto.floats;
    case Type.INTS:
      return proto.ints.map(clamped);
    case Type.STRINGS:
      return proto.strings.map((one) => text.decode(one));
    case Type.TENSORS:
      return proto.tensors.map((one) => tensorOf(one, options));
    case Type.SPARSE_TENSORS:
      return proto.sparseTensors.map((one) => denseOf(one, options, budget));
    case Type.GRAPHS:
      return proto.graphs.map(graph);
    default:
      return undefined;
  }
}

/** Files of 2017 don't tell the type of an attribute. */
function guessType(proto: AttributeProto): Type {
  if (proto.t) return Type.TENSOR;
  if (proto.g) return Type.GRAPH;
  if (proto.floats.length > 0) return Type.FLOATS;
  if (proto.ints.length > 0) return Type.INTS;
  if (proto.strings.length > 0) return Type.STRINGS;
  if (proto.tensors.length > 0) return Type.TENSORS;
  if (proto.graphs.length > 0) return Type.GRAPHS;
  if (proto.s.length > 0) return Type.STRING;
  return proto.f !== 0 ? Type.FLOAT : Type.INT;
}

/** Content of a Constant node. */
function constantOf(
  attributes: Readonly<Record<string, AttributeValue>>,
  name: string,
): TensorData {
  const [[kind, value] = [], ...more] = Object.entries(attributes);
  if (kind === undefined || more.length > 0) malformed(`Constant "${name}" must have one value`);
  const list = Array.isArray(value) ? value : [value];
  const shape = Array.isArray(value) ? [value.length] : [];
  switch (kind) {
    case 'value':
    case 'sparse_value':
      if (typeof value === 'object' && 'dtype' in value) return value;
      break;
    case 'value_float':
    case 'value_floats':
      if (isNumbers(list)) return { dtype: 'f32', shape, data: writeNumbers('f32', list) };
      break;
    case 'value_int':
    case 'value_ints':
      if (isNumbers(list)) return { dtype: 'i64', shape, data: writeNumbers('i64', list) };
      break;
    case 'value_string':
    case 'value_strings':
      return unsupported(`Constant "${name}": tensors of strings aren't supported`);
  }
  return malformed(`Constant "${name}" has the attribute ${kind}`);
}

const isNumbers = (list: readonly unknown[]): list is readonly number[] =>
  list.every((one) => typeof one === 'number');
