/** Nodes of TensorFlow's GraphDef as TensorFlow.js writes them in JSON, and what an operator is translated with. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { readNumbers } from '../../compile/scalars.ts';
import type { Dtype } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';
import type { Assembly } from '../layers/assembly.ts';
import { Config, isObject } from '../layers/json.ts';

/** TensorFlow.js knows floats of 32 bits, integers of 32 bits, and truth values. */
const TYPES: Readonly<Record<string, Dtype>> = {
  DT_FLOAT: 'f32',
  DT_HALF: 'f32',
  DT_BFLOAT16: 'f32',
  DT_DOUBLE: 'f32',
  DT_INT32: 'i32',
  DT_INT64: 'i32',
  DT_INT16: 'i32',
  DT_INT8: 'i32',
  DT_UINT8: 'i32',
  DT_BOOL: 'bool',
};

/** ONNX's numbers of the types above. */
export const ONNX_TYPE = { f32: 1, i32: 6, i64: 7, bool: 9 } as const;

/** An output of a node. */
export interface Port {
  readonly node: string;
  readonly index: number;
}

export class GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly Port[];
  readonly #attributes: Config;

  constructor(value: unknown) {
    const node = new Config(value, 'a node of the graph');
    this.name = node.string('name');
    this.op = node.string('op');
    this.#attributes = new Config(node.get('attr') ?? {}, `${this.op} "${this.name}"`);
    this.inputs = node
      .list('input', [])
      .map((input) => (typeof input === 'string' ? input : node.bad('input', 'a list of names')))
      // What only has to run before.
      .filter((input) => !input.startsWith('^'))
      .map(portOf);
  }

  get where(): string {
    return this.#attributes.where;
  }

  /** The one member of an attribute: `i`, `f`, `b`, `s`, `type`, `shape`, `list`. */
  #member(name: string, member: string): unknown {
    const value = this.#attributes.get(name);
    return isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  }

  integer(name: string, fallback: number): number {
    const value = this.#member(name, 'i');
    return value === undefined ? fallback : this.#toInteger(name, value);
  }

  #toInteger(name: string, value: unknown): number {
    const number = typeof value === 'string' ? Number(value) : value;
    return typeof number === 'number' && Number.isSafeInteger(number)
      ? number
      : malformed(`${this.where}: ${name} is no integer`);
  }

  float(name: string, fallback: number): number {
    const value = this.#member(name, 'f') ?? fallback;
    const number = typeof value === 'string' ? Number(value) : value;
    return typeof number === 'number' ? number : malformed(`${this.where}: ${name} is no number`);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#member(name, 'b') ?? fallback;
    return typeof value === 'boolean'
      ? value
      : malformed(`${this.where}: ${name} is not true or false`);
  }

  /** Strings are written in base64, or as lists of bytes. */
  string(name: string, fallback: string): string {
    const value = this.#member(name, 's');
    return value === undefined ? fallback : text(value, this.where);
  }

  strings(name: string): string[] {
    return this.#list(name, 's').map((value) => text(value, this.where));
  }

  integers(name: string): number[] {
    return this.#list(name, 'i').map((value) => this.#toInteger(name, value));
  }

  #list(name: string, member: string): readonly unknown[] {
    const list = this.#member(name, 'list');
    return isObject(list) ? new Config(list, this.where).list(member, []) : [];
  }

  /** A type, undefined if the node doesn't tell one. */
  type(name: string): Dtype | undefined {
    const value = this.#member(name, 'type');
    if (value === undefined) return undefined;
    return typeof value === 'string' && Object.hasOwn(TYPES, value)
      ? TYPES[value]
      : unsupported(`${this.where}: type ${String(value)}`);
  }

  /** Sizes, -1 for open ones; undefined if even the rank is open. */
  shape(name: string): number[] | undefined {
    const value = this.#member(name, 'shape');
    if (!isObject(value) || value.unknownRank === true) return undefined;
    const list = new Config(value, this.where).list('dim', []);
    return list.map((one) => this.#toInteger(name, isObject(one) ? (one.size ?? 0) : undefined));
  }
}

function text(value: unknown, where: string): string {
  if (Array.isArray(value)) return String.fromCharCode(...value.slice(0, 1000).map(Number));
  if (typeof value !== 'string') malformed(`${where}: an attribute is no text`);
  try {
    return atob(value);
  } catch {
    return value;
  }
}

/** `name` or `name:1`; also `name:output:0`, as functions write it. */
export function portOf(reference: string): Port {
  const [node = '', ...rest] = reference.split(':');
  const index = Number(rest.at(-1) ?? 0);
  return { node, index: Number.isSafeInteger(index) && index >= 0 ? index : 0 };
}

/** What one node is translated with. */
export interface Translation {
  readonly a: Assembly;
  readonly node: GraphNode;
  /** Name of an input's value, which becomes a constant of the network if it is one of the file. */
  value(i: number): string | undefined;
  /** Content of an input that is a constant. */
  constant(i: number): TensorData | undefined;
  /** A constant of the network made from input `i`, a constant, once for each kind. */
  derived(i: number, kind: string, make: () => TensorData): string;
  /** Contents of the elements of a list that is packed of scalars, where they are constant. */
  elements(i: number): readonly (number | undefined)[];
}

/** Values of the outputs. */
export type Translator = (t: Translation) => string | readonly string[];
export type Translators = Readonly<Record<string, Translator>>;

export function input(t: Translation, i: number): string {
  return t.value(i) ?? malformed(`${t.node.where}: input ${i} is missing`);
}

/** Bytes of a list of sizes, axes or places at most. */
export const MOST_LIST = 2 ** 14;

/** Content of an input that decides shapes. Throws `ModelError` UNSUPPORTED_OPERATOR unless it is a constant. */
export function integers(t: Translation, i: number): number[] {
  const tensor = t.constant(i);
  if (!tensor) return unsupported(`${t.node.where}: its input ${i} is not a constant`);
  if (tensor.data.length > MOST_LIST) malformed(`${t.node.where}: its input ${i} is too long`);
  return readNumbers(tensor.dtype, tensor.data);
}

export function scalar(t: Translation, i: number): number {
  const [value, ...more] = integers(t, i);
  return value === undefined || more.length > 0
    ? malformed(`${t.node.where}: input ${i} is not one number`)
    : value;
}

/** An integer input as i64, which ONNX wants for shapes: converted at once if it is a constant. */
export function shapeInput(t: Translation, i: number): string {
  if (t.constant(i)) return t.a.integers(integers(t, i));
  return t.a.add('Cast', [input(t, i)], { to: ONNX_TYPE.i64 });
}

export const toI32 = (t: Translation, x: string): string =>
  t.a.add('Cast', [x], { to: ONNX_TYPE.i32 });

export const isInteger = (t: Translation): boolean => t.node.type('T') === 'i32';
