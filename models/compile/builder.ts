/**
 * Makes the calls of a graph program one by one. What depends on constants alone is computed at once, by the very kernels the
 * model would run; reshaping and transposing are free until a kernel needs the bytes in order.
 */
import { REGION_BYTES } from '../../vm/constants.ts';
import { ModelError } from '../errors.ts';
import { DTYPES, type Dtype, MAX_PROGRAM } from '../graph.ts';
import { faultOfAttributes } from '../operators/check.ts';
import { OPERATORS } from '../operators/index.ts';
import { fits, type Rule } from '../operators/rule.ts';
import { malformed, unsupported } from './errors.ts';
import type { Evaluator } from './evaluate.ts';
import { stridedAttributes } from './strided.ts';
import {
  count,
  describe,
  type Storage,
  sameShape,
  stridesOf,
  type Tensor,
  type TensorType,
} from './tensor.ts';

/** One call of a kernel. */
export interface Call {
  readonly kernel: string;
  readonly inputs: readonly Storage[];
  readonly attributes: readonly number[];
  readonly output: Storage;
}

/** A call that is to write (a part of) a tensor. */
export interface Part {
  readonly kernel: string;
  /** Row-major: `axes` is ignored, so pass what `plain` or `stored` gave. */
  readonly inputs: readonly Tensor[];
  readonly attributes: readonly number[];
}

export interface BuilderOptions {
  readonly evaluator: Evaluator;
  /** Instructions of the machine that one call takes at most, about: calls above it are split. */
  readonly limit: number;
}

/** Calls that one copy is made of at most. */
const MOST_BOXES = 4096;

/** Bytes above which a constant result isn't computed at once: the file would grow by them. */
const MOST_FOLDED = 64 * 2 ** 20;
/** Bytes of all results together that are computed at once: a small file can ask for many large ones. */
const MOST_FOLDED_TOGETHER = 2 ** 31;
/** Bytes of different constants at most: twice what a memory of WebAssembly holds. */
const MOST_CONSTANTS = 2 ** 33;

export class Builder {
  readonly calls: Call[] = [];
  readonly inputs: Storage[] = [];
  readonly limit: number;
  readonly #evaluator: Evaluator;
  #next = 0;
  #folded = 0;
  #constants = 0;
  readonly #buffers = new WeakSet<ArrayBufferLike>();
  /** Names what is made from here on, for messages and the slots of the graph. */
  scope = '';

  constructor({ evaluator, limit }: BuilderOptions) {
    this.#evaluator = evaluator;
    this.limit = limit;
  }

  #storage(kind: Storage['kind'], type: TensorType, name: string, data?: Uint8Array): Storage {
    const { dtype, shape } = type;
    refuseTooLarge(type, name);
    return { id: this.#next++, kind, name, dtype, shape, ...(data ? { data } : {}) };
  }

  /** An input of the program. */
  input(name: string, { dtype, shape }: TensorType): Tensor {
    const storage = this.#storage('input', { dtype, shape }, name);
    this.inputs.push(storage);
    return { dtype, shape, storage };
  }

  /** A tensor whose content is known: little-endian, row-major. */
  constant({ dtype, shape }: TensorType, data: Uint8Array, name = this.scope): Tensor {
    const bytes = count(shape) * DTYPES[dtype].bytes;
    if (data.length !== bytes) {
      malformed(`${name}: ${describe({ dtype, shape })} takes ${bytes} bytes, got ${data.length}`);
    }
    this.#hold(data.buffer);
    return { dtype, shape, data, storage: this.#storage('constant', { dtype, shape }, name, data) };
  }

  /** Constants of a file share its buffer, so each buffer counts once. */
  #hold(buffer: ArrayBufferLike): void {
    if (this.#buffers.has(buffer)) return;
    this.#buffers.add(buffer);
    this.#constants += buffer.byteLength;
    if (this.#constants > MOST_CONSTANTS) {
      unsupported(`${this.scope}: constants take more than ${MOST_CONSTANTS} bytes`);
    }
  }

  /** The same elements in another shape of as many. */
  reshape(tensor: Tensor, shape: readonly number[]): Tensor {
    if (sameShape(tensor.shape, shape)) return tensor;
    if (count(shape) !== count(tensor.shape)) {
      malformed(`${this.scope}: ${describe(tensor)} has no shape [${shape.join(',')}]`);
    }
    const { axes: _, ...plain } = this.plain(tensor);
    return { ...plain, shape };
  }

  /** Logical axis i of the result is axis `order[i]` of `tensor`. Nothing moves yet. */
  transpose(tensor: Tensor, order: readonly number[]): Tensor {
    const axes = tensor.axes ?? tensor.shape.map((_, i) => i);
    const { dtype, storage } = tensor;
    const shape = order.map((axis) => tensor.shape[axis]!);
    const moved = { dtype, storage, shape, axes: axes.map((axis) => order.indexOf(axis)) };
    return tensor.data || inOrder(moved) ? this.plain(moved) : moved;
  }

  /** Row-major in the order of its shape, as kernels take it. */
  plain(tensor: Tensor): Tensor {
    const { axes, dtype, shape, storage } = tensor;
    if (!axes) return tensor;
    if (inOrder(tensor))
      return { dtype, shape, storage, ...(storage.data ? { data: storage.data } : {}) };
    const storedShape = axes.map((axis) => shape[axis]!);
    const storedStrides = stridesOf(storedShape);
    const from = shape.map((_, axis) => storedStrides[axes.indexOf(axis)]!);
    return this.move(this.stored(tensor), shape, { size: shape, from });
  }

  /** The same storage as a row-major tensor, its axes in stored order: for operators that don't care about the order of axes. */
  stored(tensor: Tensor): Tensor {
    const { axes, dtype, shape, storage } = tensor;
    if (!axes) return tensor;
    const data = storage.data ? { data: storage.data } : {};
    return { dtype, storage, shape: axes.map((axis) => shape[axis]!), ...data };
  }

  /** Gives a row-major tensor the axes of another: the inverse of `stored`. */
  withAxes(stored: Tensor, axes: readonly number[] | undefined): Tensor {
    if (!axes) return stored;
    const { dtype, storage } = stored;
    const shape = axes.map((_, axis) => stored.shape[axes.indexOf(axis)]!);
    const tensor = { dtype, storage, shape, axes };
    return stored.data || inOrder(tensor) ? this.plain(tensor) : tensor;
  }

  /**
   * A new tensor of `shape` whose elements are taken from `source` by strides, all of them: y[i] = source[start + sum of
   * i[a] * from[a]].
   */
  move(
    source: Tensor,
    shape: readonly number[],
    { from, size, start = 0 }: { size: readonly number[]; from: readonly number[]; start?: number },
  ): Tensor {
    const type = { dtype: source.dtype, shape };
    return this.assemble(
      type,
      this.boxes(source, type, { size, from, start, to: stridesOf(size) }),
    );
  }

  /** The parts that write a box of a tensor: one, or several if it has too many axes for one or is above the limit. */
  boxes(source: Tensor, type: TensorType, box: Parameters<Builder['box']>[2]): Part[] {
    const { bytes } = DTYPES[type.dtype];
    const rule = ruleOf(`strided${bytes}`);
    const parts: Part[] = [];
    const add = (one: typeof box): void => {
      const { at = 0, from, size, start = 0, to } = one;
      const attributes = stridedAttributes(count(source.shape), count(type.shape), one);
      const cost = attributes ? costOf(rule, attributes) : 0;
      const isSmall = cost <= this.limit || size.every((n) => n <= 1);
      if (parts.length >= MOST_BOXES || (attributes && isSmall)) {
        parts.push(this.box(source, type, one));
        return;
      }
      // Too many axes: the shortest goes. Too many elements: the longest is halved.
      const moving = size.filter((n) => n > 1);
      if (!attributes && Math.min(...moving) > MOST_BOXES) {
        unsupported(`${this.scope}: a box of too many axes, [${box.size.join(',')}]`);
      }
      const axis = size.indexOf(attributes ? Math.max(...moving) : Math.min(...moving));
      const step = attributes ? Math.ceil(size[axis]! / 2) : 1;
      for (let i = 0; i < size[axis]!; i += step) {
        add({
          size: size.with(axis, Math.min(step, size[axis]! - i)),
          from,
          to,
          start: start + i * from[axis]!,
          at: at + i * to[axis]!,
        });
      }
    };
    add(box);
    return parts;
  }

  /** The part that writes a box of a tensor of `type`: strides in elements of `source` and of the tensor. */
  box(
    source: Tensor,
    type: TensorType,
    box: {
      size: readonly number[];
      from: readonly number[];
      to: readonly number[];
      start?: number;
      at?: number;
    },
  ): Part {
    const { bytes } = DTYPES[type.dtype];
    const attributes = stridedAttributes(count(source.shape), count(type.shape), box);
    if (!attributes)
      unsupported(`${this.scope}: a box of more than 6 axes, [${box.size.join(',')}]`);
    return { kernel: `strided${bytes}`, inputs: [this.plain(source)], attributes };
  }

  /** The result of one call that writes all of it. */
  call(
    kernel: string,
    inputs: readonly Tensor[],
    attributes: readonly number[],
    type: TensorType,
  ): Tensor {
    return this.assemble(type, [{ kernel, inputs, attributes }]);
  }

  /**
   * A tensor that several calls write, part by part. Together they must write all of it, or the first must be a call that does.
   */
  assemble(type: TensorType, parts: readonly Part[]): Tensor {
    const { dtype, shape } = type;
    if (count(shape) === 0) return this.constant(type, new Uint8Array(), this.scope);
    const size = count(shape) * DTYPES[dtype].bytes;
    refuseTooLarge(type, this.scope);
    for (const part of parts) this.#check(part, type);
    const known = parts.every(({ inputs }) => inputs.every(({ data }) => data));
    const isSmall = size <= MOST_FOLDED && this.#folded + size <= MOST_FOLDED_TOGETHER;
    if (known && isSmall) {
      this.#folded += size;
      const data = new Uint8Array(size);
      for (const { attributes, inputs, kernel } of parts) {
        this.#evaluator.run(
          kernel,
          inputs.map((input) => input.data!),
          attributes,
          data,
        );
      }
      return this.constant(type, data, this.scope);
    }
    const output = this.#storage('made', type, this.scope);
    for (const { attributes, inputs, kernel } of parts) {
      this.calls.push({ kernel, attributes, output, inputs: inputs.map(({ storage }) => storage) });
    }
    return { dtype, shape, storage: output };
  }

  /** Calls that copy a tensor, known or not, to a storage of its own; they aren't part of `calls`. */
  copy(tensor: Tensor): { readonly calls: readonly Call[]; readonly output: Storage } {
    const before = this.calls.length;
    const { dtype, shape, storage } = this.plain(tensor);
    const output = this.#storage('made', { dtype, shape }, this.scope);
    const bytes = DTYPES[dtype].bytes;
    const n = count(shape);
    const attributes = stridedAttributes(n, n, { size: [n], from: [1], to: [1] })!;
    this.calls.push({ kernel: `strided${bytes}`, inputs: [storage], attributes, output });
    return { calls: this.calls.splice(before), output };
  }

  /**
   * A call whose work is `rows` rows, split where it is above the limit. `attributes(begin, end)` names the rows of one call.
   */
  rows(
    kernel: string,
    inputs: readonly Tensor[],
    type: TensorType,
    rows: number,
    attributes: (begin: number, end: number) => readonly number[],
  ): Tensor {
    refuseTooLarge(type, this.scope);
    const cost = costOf(ruleOf(kernel), attributes(0, rows));
    const parts = Math.min(rows, Math.max(1, Math.ceil(cost / this.limit)));
    if (parts > MAX_PROGRAM) unsupported(`${this.scope}: ${kernel} takes ${parts} calls`);
    const cut = (i: number): number => Math.floor((i * rows) / parts);
    return this.assemble(
      type,
      Array.from({ length: parts }, (_, i) => ({
        kernel,
        inputs,
        attributes: attributes(cut(i), cut(i + 1)),
      })),
    );
  }

  /** What a kernel can't do is not supported; operands that don't agree with a kernel's attributes are a bug of ours: BAD_GRAPH. */
  #check({ attributes, inputs, kernel }: Part, type: TensorType): void {
    const rule = ruleOf(kernel);
    const call = `${this.scope}: ${kernel}(${attributes.join(', ')})`;
    const fail = (what: string): never => {
      throw new ModelError('BAD_GRAPH', `${call}: ${what}`);
    };
    if (attributes.length !== rule.attributes.length) {
      fail(`it takes the attributes ${rule.attributes.join(', ')}`);
    }
    for (const value of attributes) {
      if (value >>> 0 !== value) unsupported(`${call}: ${value} is no u32`);
    }
    const fault = faultOfAttributes(rule, attributes);
    if (fault) unsupported(`${call}: ${fault}`);
    const wanted = rule.operands(attributes);
    const given = [...inputs, type];
    if (wanted.length !== given.length)
      fail(`it takes ${wanted.length - 1} inputs, got ${inputs.length}`);
    wanted.forEach(([of, elements], i) => {
      const operand = given[i]!;
      if (!fits(operand.dtype, of) || count(operand.shape) !== elements) {
        fail(`operand ${i} is ${describe(operand)}; it must be ${of} of ${elements}`);
      }
    });
    for (const input of inputs) if (input.axes) fail('an input is not row-major');
  }
}

/** Before anything is allocated, or split into as many calls as it would take. */
function refuseTooLarge(type: TensorType, name: string): void {
  const bytes = count(type.shape) * DTYPES[type.dtype].bytes;
  if (bytes <= REGION_BYTES) return;
  unsupported(`${name}: ${describe(type)} takes ${bytes} bytes; a tensor holds ${REGION_BYTES}`);
}

function ruleOf(kernel: string): Rule {
  const rule = OPERATORS.get(kernel);
  if (!rule) throw new ModelError('UNSUPPORTED_OPERATOR', `there is no kernel "${kernel}"`);
  return rule;
}

/** Instructions of the machine that a call takes, about. */
export function costOf(rule: Rule, attributes: readonly number[]): number {
  const elements = rule.operands(attributes).at(-1)![1];
  return rule.cost?.(attributes) ?? 8 * elements;
}

/** Whether the axes that have more than one element are stored in order. */
function inOrder({ axes, shape }: { axes?: readonly number[]; shape: readonly number[] }): boolean {
  if (!axes) return true;
  const moving = axes.filter((axis) => shape[axis]! > 1);
  return moving.every((axis, i) => i === 0 || axis > moving[i - 1]!);
}

/** Type of a tensor with another dtype or shape. */
export const like = (tensor: TensorType, dtype: Dtype = tensor.dtype): TensorType => ({
  dtype,
  shape: tensor.shape,
});
