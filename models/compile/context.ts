import { ModelError } from '../errors.ts';
import type { AttributeValue, Network, Node, TensorData } from '../network/types.ts';
import type { Builder } from './builder.ts';
import { malformed, unsupported } from './errors.ts';
import { readIntegers } from './scalars.ts';
import type { Tensor } from './tensor.ts';

/** What a name stands for while a network is compiled: a tensor, a list of them (ONNX's sequences), or an optional value. */
export type Value = Tensor | readonly Value[] | Optional;

/** ONNX's optional type: whether there is a value is known when a network is compiled. */
export interface Optional {
  readonly optional: Value | undefined;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** One node while it is lowered. */
export interface Context {
  readonly b: Builder;
  readonly node: Node;
  readonly opset: number;
  /** By position; undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Compiles a subgraph in place: `bindings` are its inputs in order; names it doesn't know are those around the node. */
  subgraph(network: Network, bindings: readonly Value[]): Value[];
}

/** Lowers one node to calls: its outputs by position. One that is a list itself must be in a list of outputs. */
export type Lowering = (context: Context) => Value | readonly (Value | undefined)[];

export interface Entry {
  readonly lower: Lowering;
  /** Whether it takes tensors whose axes are stored in another order; otherwise it gets row-major ones. */
  readonly anyAxes?: boolean;
}

/** Lowerings by operator; a plain function stands for `{ lower }`. */
export type Lowerings = Readonly<Record<string, Lowering | Entry>>;

export const where = ({ node }: Context): string =>
  node.name ? `${node.op} "${node.name}"` : node.op;

/** Input `i`, which must be there. */
export function input(c: Context, i: number): Tensor {
  const value = optional(c, i);
  return value ?? malformed(`${where(c)}: input ${i} is missing`);
}

export function optional(c: Context, i: number): Tensor | undefined {
  const value = c.inputs[i];
  if (value === undefined || 'dtype' in value) return value;
  return unsupported(`${where(c)}: input ${i} is ${isList(value) ? 'a list' : 'optional'}`);
}

/** Content of input `i`, which must be known when the network is compiled. Throws `ModelError` NOT_STATIC. */
export function content(c: Context, i: number): Uint8Array {
  const tensor = c.b.plain(input(c, i));
  if (tensor.data) return tensor.data;
  throw new ModelError(
    'NOT_STATIC',
    `${where(c)}: its input "${c.node.inputs[i]}" decides shapes, so it must be known when the network is compiled; freeze it to a value`,
  );
}

/** Content of an integer input that decides shapes; undefined if it is left out. */
export function integers(c: Context, i: number): number[] | undefined {
  const tensor = optional(c, i);
  return tensor && readIntegers(tensor.dtype, content(c, i));
}

function attribute(c: Context, name: string): AttributeValue | undefined {
  return Object.hasOwn(c.node.attributes, name) ? c.node.attributes[name] : undefined;
}

function typed<T extends AttributeValue>(
  c: Context,
  name: string,
  what: string,
  is: (value: AttributeValue) => boolean,
): T | undefined {
  const value = attribute(c, name);
  if (value === undefined || is(value)) return value as T | undefined;
  return malformed(`${where(c)}: attribute ${name} is not ${what}`);
}

const isListOf = (value: AttributeValue, of: string): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === of);

/** An integer or float attribute. Without a `fallback` it is required. */
export function number(c: Context, name: string, fallback?: number): number {
  const value = typed<number>(c, name, 'a number', (v) => typeof v === 'number') ?? fallback;
  return value ?? malformed(`${where(c)}: attribute ${name} is missing`);
}

export const numbers = (c: Context, name: string): readonly number[] | undefined =>
  typed(c, name, 'a list of numbers', (v) => isListOf(v, 'number'));

export function string(c: Context, name: string, fallback?: string): string {
  const value = typed<string>(c, name, 'a string', (v) => typeof v === 'string') ?? fallback;
  return value ?? malformed(`${where(c)}: attribute ${name} is missing`);
}

export const strings = (c: Context, name: string): readonly string[] | undefined =>
  typed(c, name, 'a list of strings', (v) => isListOf(v, 'string'));

export const tensorAttribute = (c: Context, name: string): TensorData | undefined =>
  typed(c, name, 'a tensor', (v) => typeof v === 'object' && 'dtype' in v);

export function subgraphAttribute(c: Context, name: string): Network {
  const value = typed<Network>(c, name, 'a graph', (v) => typeof v === 'object' && 'nodes' in v);
  return value ?? malformed(`${where(c)}: attribute ${name} is missing`);
}

/** An axis from -rank to rank - 1, counted from the front. */
export function axisOf(c: Context, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  return malformed(`${where(c)}: axis ${axis} of a tensor of rank ${rank}`);
}
