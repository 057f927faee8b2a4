import type { Dtype } from '../graph.ts';

/** A place in the program that is being made: one slot of the graph, if it is used. */
export interface Storage {
  readonly id: number;
  readonly kind: 'input' | 'constant' | 'made';
  readonly name: string;
  readonly dtype: Dtype;
  /** As its slot will have it. */
  readonly shape: readonly number[];
  /** Content, if it is known already. */
  readonly data?: Uint8Array;
}

/**
 * A value in the program that is being made: a shape over a storage. Reshaping and transposing make another tensor over the same
 * storage and cost nothing; kernels take row-major storages, which `Builder.plain` gives.
 */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly storage: Storage;
  /** The axes of `shape` in the order in which the storage holds them; row-major if absent. */
  readonly axes?: readonly number[];
  /** Little-endian row-major content in the order of `shape`; absent if it isn't known before the run, or `axes` is given. */
  readonly data?: Uint8Array;
}

export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Elements of a shape. */
export const count = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

export const sameShape = (x: readonly number[], y: readonly number[]): boolean =>
  x.length === y.length && x.every((size, i) => size === y[i]);

/** `f32 [2,3]`. */
export const describe = ({ dtype, shape }: TensorType): string => `${dtype} [${shape.join(',')}]`;
