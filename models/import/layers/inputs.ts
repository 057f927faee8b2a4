/** Inputs of models of layers: their shapes, types and names, wherever a file tells them. */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Dtype } from '../../graph.ts';
import type { Assembly } from './assembly.ts';
import { Config, isObject } from './json.ts';
import type { Size, Sized } from './layer.ts';

/** How deep models may lie in models, and layers in wrappers. */
export const MOST_NESTED = 16;

const DTYPES: Readonly<Record<string, Dtype>> = {
  float32: 'f32',
  // Computed in f32 here; a mixed policy's inputs are floats too.
  float16: 'f32',
  bfloat16: 'f32',
  mixed_float16: 'f32',
  float64: 'f32',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  bool: 'bool',
};

/** Configuration of a layer with its name, which Keras may write outside of it. */
export function layerConfig(layer: Config): Config {
  const inner = layer.get('config');
  const name = layer.get('name');
  const config = isObject(inner) ? inner : {};
  const named = { ...(typeof name === 'string' ? { name } : {}), ...config };
  return new Config(named, `${layer.string('class_name')} "${String(named.name ?? '')}"`);
}

/** The shape of an input with its batch, if the layer tells one. */
export function inputShape(config: Config): readonly unknown[] | undefined {
  const shape = config.get('batch_input_shape') ?? config.get('batch_shape');
  if (shape === undefined) return undefined;
  return Array.isArray(shape) ? shape : config.bad('batch_input_shape', 'a shape');
}

export function dtypeOf(config: Config): Dtype {
  const value = config.get('dtype') ?? 'float32';
  // Keras 3 writes a policy as an object.
  const inner = isObject(value) && isObject(value.config) ? value.config.name : value;
  if (typeof inner !== 'string' || !Object.hasOwn(DTYPES, inner)) {
    return unsupported(`${config.where}: dtype ${String(inner)}`);
  }
  return DTYPES[inner]!;
}

/** Adds an input of the network. Open sizes have names: `batch`, and others by the input's name and axis. */
export function addInput(
  a: Assembly,
  config: Config,
  shape: readonly unknown[],
  dtype: Dtype,
): Sized {
  const name = config.string('name', 'input');
  a.scope = name;
  const sizes = shape.map((size): Size => {
    if (size === null) return undefined;
    if (Number.isInteger(size) && (size as number) > 0 && (size as number) < 2 ** 31)
      return size as number;
    return malformed(`${config.where}: ${String(size)} is no dimension`);
  });
  if (sizes.length === 0 || sizes.length > 31)
    malformed(`${config.where}: a shape of rank ${sizes.length}`);
  const dimensions = sizes.map((size, axis) => size ?? (axis === 0 ? 'batch' : `${name}.${axis}`));
  return { name: a.input(name, dtype, dimensions), dtype, shape: sizes };
}

/** The input's shape of a wrapped layer, or of the first layer of a model at the beginning. */
export function innerShape(layer: Config): readonly unknown[] | undefined {
  for (let at: unknown = layer.get('config'), depth = 0; depth < MOST_NESTED; depth++) {
    if (!isObject(at)) return undefined;
    const config = new Config(at, 'a layer');
    const shape = inputShape(config) ?? config.get('build_input_shape');
    if (Array.isArray(shape)) return shape;
    const layers = config.get('layers');
    const next: unknown = Array.isArray(layers) ? layers[0] : config.get('layer');
    at = isObject(next) ? next.config : undefined;
  }
  return undefined;
}
