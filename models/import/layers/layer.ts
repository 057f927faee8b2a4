/** What a layer of Keras or TensorFlow.js is translated with. */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Dtype } from '../../graph.ts';
import type { TensorData } from '../../network/types.ts';
import type { Assembly } from './assembly.ts';
import type { Config } from './json.ts';
import { asF32 } from './tensors.ts';
import { pick, type Weight } from './weights.ts';

/** A size, or undefined if it is known only when the network is compiled. */
export type Size = number | undefined;

/** A value of the network with what is known of its type. Axis 0 is the batch. */
export interface Sized {
  readonly name: string;
  readonly shape: readonly Size[];
  readonly dtype: Dtype;
}

/** Who wrote the file: defaults and meanings differ. */
export type Dialect = 'keras2' | 'keras3' | 'tfjs';

export interface Layer {
  readonly a: Assembly;
  readonly dialect: Dialect;
  readonly className: string;
  readonly config: Config;
  readonly inputs: readonly Sized[];
  readonly weights: readonly Weight[];
  /** Translates a layer that this one wraps. */
  inner(
    definition: unknown,
    inputs: readonly Sized[],
    weights: readonly Weight[],
  ): readonly Sized[];
}

export type LayerBuilder = (layer: Layer) => Sized | readonly Sized[];

export const where = ({ className, config }: Layer): string =>
  `${className} "${config.string('name', '')}"`;

/** The layer's one input. */
export function single(layer: Layer): Sized {
  const [x, ...rest] = layer.inputs;
  if (!x || rest.length > 0)
    malformed(`${where(layer)} has ${layer.inputs.length} inputs instead of 1`);
  return x;
}

/** The layer's one input, of this rank. */
export function ranked(layer: Layer, rank: number): Sized {
  const x = single(layer);
  if (x.shape.length !== rank) {
    malformed(`${where(layer)} takes tensors of rank ${rank}, not [${describe(x.shape)}]`);
  }
  return x;
}

export const describe = (shape: readonly Size[]): string => shape.map((size) => size ?? '?').join();

/** The same shape and type under another name. */
export const like = (x: Sized, name: string): Sized => ({ ...x, name });

/** A size that must be known when the file is read. */
export function known(layer: Layer, size: Size, what: string): number {
  return size ?? unsupported(`${where(layer)}: ${what} is open`);
}

/** Weights as f32, in the order of the names. */
export function weightsOf(layer: Layer, ...names: string[]): TensorData[] {
  return pick(layer.weights, names, where(layer)).map(asF32);
}

/** A weight as a constant of the network. */
export const constant = (layer: Layer, name: string, tensor: TensorData): string =>
  layer.a.constant(`${layer.a.scope}/${name}`, tensor);

/** Axis from 0, of an axis of which -1 is the last. */
export function axisOf(layer: Layer, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= rank)
    malformed(`${where(layer)}: axis ${axis} of rank ${rank}`);
  return at;
}

export function isChannelsFirst(layer: Layer): boolean {
  const format = layer.config.string('data_format', 'channels_last');
  if (format !== 'channels_first' && format !== 'channels_last')
    layer.config.bad('data_format', 'a data format');
  return format === 'channels_first';
}

/** Order of axes that puts channels second. */
export const channelsSecond = (rank: number): number[] => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
];

/** Order of axes that puts the second axis last. */
export const channelsLast = (rank: number): number[] => [
  0,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 2),
  1,
];

/** Runs `body` on the tensor with its channels second, as ONNX wants them, whatever the layer's data format. */
export function channelsFirst(layer: Layer, x: Sized, body: (x: Sized) => Sized): Sized {
  if (isChannelsFirst(layer)) return body(x);
  const rank = x.shape.length;
  const to = channelsSecond(rank);
  const back = channelsLast(rank);
  const y = body(permuted(layer.a, x, to));
  return permuted(layer.a, y, back);
}

export function permuted(a: Assembly, x: Sized, order: readonly number[]): Sized {
  const shape = order.map((axis) => x.shape[axis]);
  return { ...x, name: a.transpose(x.name, order), shape };
}

export function cast(a: Assembly, x: Sized, dtype: 'f32' | 'i32' | 'i64'): Sized {
  if (x.dtype === dtype) return x;
  const to = { f32: 1, i32: 6, i64: 7 }[dtype];
  return { ...x, dtype, name: a.add('Cast', [x.name], { to }) };
}
