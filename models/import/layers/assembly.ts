/** A network while an importer puts it together, in ONNX's vocabulary. */
import { unsupported } from '../../compile/errors.ts';
import type { Dtype } from '../../graph.ts';
import type {
  AttributeValue,
  Dimension,
  Network,
  NetworkInput,
  Node,
  TensorData,
} from '../../network/types.ts';
import { floats, integers64 } from './tensors.ts';

/** Version of ONNX's operators that the importers of other formats write. */
export const OPSET = 17;

function isEqual(x: TensorData, y: TensorData): boolean {
  return (
    x.dtype === y.dtype &&
    x.shape.join() === y.shape.join() &&
    x.data.length === y.data.length &&
    x.data.every((byte, i) => byte === y.data[i])
  );
}

export class Assembly {
  /** Layer or node of the file that is being read: names what is made from it. */
  scope = '';
  readonly #inputs: NetworkInput[] = [];
  readonly #constants = new Map<string, TensorData>();
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  /** Numbers that names have got so far. */
  readonly #numbers = new Map<string, number>();
  readonly #unsupported = new Set<string>();

  /** `wanted`, or with a number if it is taken. */
  #name(wanted: string): string {
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 1;
    while (this.#names.has(name)) name = `${wanted}_${++number}`;
    this.#numbers.set(wanted, number);
    this.#names.add(name);
    return name;
  }

  input(name: string, dtype: Dtype, shape?: readonly Dimension[]): string {
    const unique = this.#name(name);
    this.#inputs.push({ name: unique, dtype, ...(shape ? { shape } : {}) });
    return unique;
  }

  /** A constant; equal ones of one name are kept once, as those of a layer that is called twice. */
  constant(name: string, tensor: TensorData): string {
    const known = this.#constants.get(name);
    if (known && isEqual(known, tensor)) return name;
    const unique = this.#name(name);
    this.#constants.set(unique, tensor);
    return unique;
  }

  /** A list of i64, as ONNX wants shapes, axes and sizes. */
  integers(values: readonly number[]): string {
    const key = values.join();
    return this.constant(`[${key}]`, integers64(values));
  }

  /** One f32. */
  scalar(value: number): string {
    return this.constant(`${this.scope}/${value}`, floats([value], []));
  }

  /** Appends a node; its one output. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): string {
    return this.addMany(op, inputs, attributes, 1)[0]!;
  }

  addMany(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    count: number,
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.#name(`${this.scope}/${op}`));
    this.#nodes.push({ op, opset: OPSET, name: this.scope, inputs, outputs, attributes });
    return outputs;
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.add('Transpose', [x], { perm });
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.add('Reshape', [x, this.integers(shape)]);
  }

  /** Notes what isn't supported, so that all of it is told at once by `network`. */
  refuse(what: string): void {
    this.#unsupported.add(what);
  }

  /** Throws `ModelError` UNSUPPORTED_OPERATOR if anything has been refused. */
  checkSupported(): void {
    const list = [...this.#unsupported].sort();
    if (list.length > 0) unsupported(`not supported: ${list.join(', ')}`);
  }

  /** The network with these results, under names that the file gives them. */
  network(
    name: string,
    results: readonly { readonly name: string; readonly of: string }[],
  ): Network {
    this.checkSupported();
    const outputs = results.map(({ name: wanted, of }) => {
      const output = this.#name(wanted);
      const node = { op: 'Identity', opset: OPSET, name: output, attributes: {} };
      this.#nodes.push({ ...node, inputs: [of], outputs: [output] });
      return output;
    });
    return {
      name,
      inputs: this.#inputs,
      outputs,
      constants: this.#constants,
      nodes: this.#nodes,
    };
  }
}
