/** A network of a description and of a file's tensors. */
import { malformed } from '../../compile/errors.ts';
import type { Network, TensorData } from '../../network/types.ts';
import { Assembly } from '../layers/assembly.ts';
import { asF32 } from '../layers/tensors.ts';
import { Readings } from '../layers/weights.ts';
import type { DescribedLayer, Description } from './description.ts';
import { LAYERS } from './layers.ts';

/** What a layer is built with. */
export interface LayerContext {
  readonly a: Assembly;
  /** The value it takes. */
  readonly x: string;
  /** Values of layers and inputs by name; with `tensors` the file's tensors too. */
  value(name: string, tensors?: boolean): string;
  /** Tensor `PREFIX.NAME` of the file, floats as f32. */
  weight(name: string): TensorData;
  optional(name: string): TensorData | undefined;
  /** A tensor of this layer as a constant. */
  constant(name: string, tensor: TensorData): string;
}

/**
 * @throws ModelError BAD_NETWORK: a layer takes what isn't made before it, or tensors that the file hasn't got
 */
export function describeNetwork(
  description: Description,
  tensors: ReadonlyMap<string, TensorData>,
): Network {
  const a = new Assembly();
  const values = new Map<string, string>();
  const put = (name: string, value: string): void => {
    if (values.has(name)) malformed(`two layers or inputs are called "${name}"`);
    values.set(name, value);
  };
  for (const { dtype, name, shape } of description.inputs) put(name, a.input(name, dtype, shape));
  const kept = new Map<string, string>();
  const tensorValue = (name: string): string | undefined => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    const known = kept.get(name) ?? a.constant(name, tensor);
    kept.set(name, known);
    return known;
  };
  const readings = new Readings();
  let last = description.inputs[0]!.name;
  for (const layer of description.layers) {
    a.scope = layer.name;
    put(layer.name, build(layer, last, values, tensors, a, tensorValue, readings));
    last = layer.name;
  }
  const outputs = description.outputs ?? [last];
  return a.network(
    description.name,
    outputs.map((name) => ({
      name,
      of: values.get(name) ?? malformed(`the output "${name}" is no layer`),
    })),
  );
}

function build(
  layer: DescribedLayer,
  last: string,
  values: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, TensorData>,
  a: Assembly,
  tensorValue: (name: string) => string | undefined,
  readings: Readings,
): string {
  const value = (name: string, orTensors = false): string =>
    values.get(name) ??
    (orTensors ? tensorValue(name) : undefined) ??
    malformed(`layer "${layer.name}" takes "${name}", which is made by no layer before it`);
  const prefix = layer.weights ?? layer.name;
  const optional = (name: string): TensorData | undefined => {
    const tensor = tensors.get(`${prefix}.${name}`);
    if (tensor) readings.note(tensor, tensor.data.length);
    return tensor && asF32(tensor);
  };
  const context: LayerContext = {
    a,
    x: value(layer.input ?? last),
    value,
    optional,
    weight: (name) =>
      optional(name) ??
      malformed(`layer "${layer.name}": the file has no tensor "${prefix}.${name}"`),
    constant: (name, tensor) => a.constant(`${prefix}.${name}`, tensor),
  };
  const make = LAYERS[layer.type] as (c: LayerContext, layer: DescribedLayer) => string;
  return make(context, layer);
}
