/** Collects the nodes of a network while a TFLite file is translated operator by operator. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { readIntegers, readNumbers, writeNumbers } from '../../compile/scalars.ts';
import { count } from '../../compile/tensor.ts';
import { DTYPES, type Dtype } from '../../graph.ts';
import type { AttributeValue, Node, TensorData } from '../../network/types.ts';
import type { TfliteOperator, TfliteTensor } from './schema.ts';

/** Operator set whose meaning the nodes have: here all reductions take their axes as inputs. */
const OPSET = 20;

/** ONNX's numbers of types (TensorProto.DataType), for Cast. */
export const ONNX_TYPE: Readonly<Record<Dtype, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  u16: 4,
  i16: 5,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
  u64: 13,
  bf16: 16,
};

export type Attributes = Readonly<Record<string, AttributeValue>>;

export class Emitter {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, TensorData>();
  /** Values by the index of the tensor that they are. */
  readonly #values = new Map<number, string>();
  readonly #names = new Set<string>();
  /** Names what is made from here on. */
  scope = '';

  /** A name that nothing has yet. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}/${i}`;
    this.#names.add(name);
    return name;
  }

  bind(tensor: TfliteTensor, value: string): void {
    this.#values.set(tensor.index, value);
  }

  /** The value that a tensor is: made before, or a constant of the file. */
  value(tensor: TfliteTensor): string {
    const known = this.#values.get(tensor.index);
    if (known !== undefined) return known;
    const { dtype, name, shape } = tensor;
    const data = tensor.data ?? (count(shape) === 0 ? new Uint8Array() : undefined);
    if (!data) malformed(`tensor "${name}" is used before an operator makes it`);
    if (data.length !== count(shape) * DTYPES[dtype].bytes) {
      malformed(`tensor "${name}" is ${dtype} [${shape}] but has ${data.length} bytes`);
    }
    const value = this.fresh(name);
    this.constants.set(value, { dtype, shape, data });
    this.bind(tensor, value);
    return value;
  }

  input(op: TfliteOperator, i: number): string {
    return this.value(inputTensor(op, i));
  }

  /** A constant of our own. */
  constant(dtype: Dtype, values: readonly number[], shape: readonly number[] = [values.length]) {
    const name = this.fresh(`${this.scope}/constant`);
    this.constants.set(name, { dtype, shape, data: writeNumbers(dtype, values) });
    return name;
  }

  scalar(dtype: Dtype, value: number): string {
    return this.constant(dtype, [value], []);
  }

  /** One node of one result; its value's name. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodesOf(op, inputs, attributes, 1)[0]!;
  }

  /** One node of several results. */
  nodesOf(
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    results: number,
  ): string[] {
    const outputs = Array.from({ length: results }, () => this.fresh(this.scope));
    this.nodes.push({ op, opset: OPSET, name: this.scope, inputs, outputs, attributes });
    return outputs;
  }

  cast(value: string, to: Dtype): string {
    return this.node('Cast', [value], { to: ONNX_TYPE[to] });
  }

  reshape(value: string, shape: readonly number[]): string {
    return this.node('Reshape', [value, this.constant('i64', shape)], { allowzero: 1 });
  }

  /** Integers that a tensor holds, as an i64 value. */
  integers(tensor: TfliteTensor): string {
    return tensor.data ? this.constant('i64', known(tensor)) : this.cast(this.value(tensor), 'i64');
  }
}

export function inputTensor(op: TfliteOperator, i: number): TfliteTensor {
  return op.inputs[i] ?? malformed(`${op.builtin}: input ${i} is missing`);
}

export function outputTensor(op: TfliteOperator, i = 0): TfliteTensor {
  return op.outputs[i] ?? malformed(`${op.builtin}: output ${i} is missing`);
}

/** Integers of a constant that decides shapes. */
export function known(tensor: TfliteTensor): number[] {
  const { data, dtype, name, shape } = tensor;
  if (!data && count(shape) > 0) unsupported(`"${name}" decides shapes but isn't a constant`);
  if (dtype !== 'i32' && dtype !== 'i64') malformed(`"${name}" should be integers, not ${dtype}`);
  const bytes = data ?? new Uint8Array();
  if (bytes.length !== count(shape) * DTYPES[dtype].bytes)
    malformed(`"${name}" is ${dtype} [${shape}] but has ${bytes.length} bytes`);
  return readIntegers(dtype, bytes);
}

/** The one number of a constant. */
export function knownNumber(tensor: TfliteTensor): number {
  const { data, dtype, name, shape } = tensor;
  const isOne = data && count(shape) === 1 && data.length === DTYPES[dtype].bytes;
  if (!isOne) unsupported(`"${name}" should be a constant of one element`);
  return readNumbers(dtype, data)[0]!;
}

export function option(op: TfliteOperator, name: string): number {
  const value = op.options[name];
  return typeof value === 'number' ? value : malformed(`${op.builtin}: no option ${name}`);
}

/** An axis of a tensor, counted from the front. */
export function axisIn(op: TfliteOperator, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  return malformed(`${op.builtin}: axis ${axis} of a tensor of rank ${rank}`);
}

/** One operator's translation: the values of its outputs. */
export type Translation = (e: Emitter, op: TfliteOperator) => string | readonly string[];
export type Translations = Readonly<Record<string, Translation>>;

/** The enum ActivationFunctionType, applied to a float value. */
export function activated(e: Emitter, op: TfliteOperator, value: string): string {
  const { dtype } = outputTensor(op);
  const clip = (low: number, high: number): string =>
    e.node('Clip', [value, e.scalar(dtype, low), e.scalar(dtype, high)]);
  const activation = option(op, 'activation');
  switch (activation) {
    case 0:
      return value;
    case 1:
      return e.node('Relu', [value]);
    case 2:
      return clip(-1, 1);
    case 3:
      return clip(0, 6);
    case 4:
      return e.node('Tanh', [value]);
    default:
      return unsupported(`${op.builtin} with the fused activation ${activation}`);
  }
}

/** Applies an ONNX operator to the channels-first form of channels-last images. */
export function channelsFirst(e: Emitter, image: string, apply: (image: string) => string): string {
  const first = e.node('Transpose', [image], { perm: [0, 3, 1, 2] });
  return e.node('Transpose', [apply(first)], { perm: [0, 2, 3, 1] });
}
