/**
 * Models of layers as Keras and TensorFlow.js write them: a list (Sequential), or a graph of calls (Functional), in the forms
 * of Keras 2 and Keras 3.
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { activationName, isActivation } from './activation.ts';
import { Assembly } from './assembly.ts';
import { callsOf, references } from './calls.ts';
import { addInput, dtypeOf, innerShape, inputShape, layerConfig, MOST_NESTED } from './inputs.ts';
import { Config, isObject } from './json.ts';
import type { Dialect, Layer, Sized } from './layer.ts';
import { LAYERS } from './registry.ts';
import { Readings, remembered, type Weight, type WeightSource, weightsByPath } from './weights.ts';

/** Layers of a model at most. */
const MOST_LAYERS = 10_000;

const MODELS = new Set(['Sequential', 'Functional', 'Model']);

/** Calls of layers at most, those of models that are called several times counted each time. */
const MOST_BUILT = 10_000;

interface Reading {
  readonly a: Assembly;
  readonly dialect: Dialect;
  built: number;
}

/**
 * The network of a model's configuration (`{ class_name, config }`) and its weights.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (all unknown layers and activations at once)
 */
export function modelNetwork(
  definition: unknown,
  weights: WeightSource,
  dialect: Dialect,
): Network {
  const a = new Assembly();
  refuseUnknown(definition, a, 0);
  a.checkSupported();
  const model = new Config(definition, 'the model');
  const reading: Reading = { a, dialect, built: 0 };
  const outputs = buildModel(reading, model, undefined, limited(weights), 0);
  const config = model.get('config');
  const name = isObject(config) && typeof config.name === 'string' ? config.name : 'model';
  return a.network(
    name,
    outputs.map(({ layer, value }) => ({ name: layer, of: value.name })),
  );
}

/** Weights of which each reading is noted. */
function limited(weights: WeightSource): WeightSource {
  const readings = new Readings();
  return remembered((layer) =>
    weights.of(layer).map((weight) => ({
      name: weight.name,
      tensor() {
        const tensor = weight.tensor();
        readings.note(weight, tensor.data.length);
        return tensor;
      },
    })),
  );
}

/** Notes every class of layers and every activation that isn't known, wherever it is. */
function refuseUnknown(definition: unknown, a: Assembly, depth: number): void {
  if (depth > MOST_NESTED) malformed(`models lie in models more than ${MOST_NESTED} deep`);
  if (!isObject(definition)) return;
  const name = definition.class_name;
  const config = isObject(definition.config) ? definition.config : {};
  if (typeof name !== 'string') return;
  if (MODELS.has(name)) {
    const list = Array.isArray(definition.config) ? definition.config : config.layers;
    if (Array.isArray(list)) for (const one of list) refuseUnknown(one, a, depth + 1);
    return;
  }
  if (name !== 'InputLayer' && !Object.hasOwn(LAYERS, name)) a.refuse(name);
  for (const key of ['activation', 'recurrent_activation']) {
    if (!isActivation(config[key])) a.refuse(`activation ${activationName(config[key])}`);
  }
  for (const key of ['layer', 'backward_layer']) refuseUnknown(config[key], a, depth + 1);
}

interface Result {
  /** Name of the layer that made it. */
  readonly layer: string;
  readonly value: Sized;
}

function buildModel(
  reading: Reading,
  model: Config,
  inputs: readonly Sized[] | undefined,
  weights: WeightSource,
  depth: number,
): Result[] {
  if (depth > MOST_NESTED) malformed(`models lie in models more than ${MOST_NESTED} deep`);
  const className = model.string('class_name');
  if (!MODELS.has(className)) malformed(`the model is a ${className}, not a model of layers`);
  // Keras before 2.2.3 wrote the layers of a Sequential without anything around them.
  const body = Array.isArray(model.get('config'))
    ? { layers: model.get('config') }
    : model.get('config');
  const config = new Config(body, `the ${className} model`);
  const layers = config.list('layers');
  if (layers.length > MOST_LAYERS) malformed(`a model of ${layers.length} layers`);
  return className === 'Sequential'
    ? sequential(reading, config, inputs, weights, depth)
    : functional(reading, config, inputs, weights, depth);
}

function buildLayer(
  reading: Reading,
  definition: Config,
  inputs: readonly Sized[],
  weights: WeightSource | readonly Weight[],
  depth: number,
): readonly Sized[] {
  if (depth > MOST_NESTED) malformed(`layers lie in layers more than ${MOST_NESTED} deep`);
  if (++reading.built > MOST_BUILT) malformed(`a model of more than ${MOST_BUILT} calls of layers`);
  const className = definition.string('class_name');
  const config = layerConfig(definition);
  const name = config.string('name', className);
  if (MODELS.has(className)) {
    const source = 'of' in weights ? nested(weights, name) : { of: () => [] };
    return buildModel(reading, definition, inputs, source, depth + 1).map(({ value }) => value);
  }
  const build = LAYERS[className] ?? unsupported(`not supported: ${className}`);
  reading.a.scope = name;
  const layer: Layer = {
    ...reading,
    className,
    config,
    inputs,
    weights: 'of' in weights ? weights.of(name) : weights,
    inner: (inner, values, owned) =>
      buildLayer(reading, new Config(inner, `a layer in ${name}`), values, owned, depth + 1),
  };
  const result = build(layer);
  return 'name' in result ? [result] : result;
}

const INNER = new WeakMap<readonly Weight[], WeightSource>();

/** Weights of the layers of a model within a model: those among the inner model's own, or else among all. */
function nested(weights: WeightSource, model: string): WeightSource {
  const all = weights.of(model);
  const own = INNER.get(all) ?? weightsByPath(all);
  INNER.set(all, own);
  return {
    of(layer) {
      const found = own.of(layer);
      return found.length > 0 ? found : weights.of(layer);
    },
  };
}

function sequential(
  reading: Reading,
  model: Config,
  inputs: readonly Sized[] | undefined,
  weights: WeightSource,
  depth: number,
): Result[] {
  let value = inputs?.[0];
  let name = model.string('name', 'model');
  for (const one of model.list('layers')) {
    const layer = new Config(one, 'a layer');
    const config = layerConfig(layer);
    const isInput = layer.string('class_name') === 'InputLayer';
    if (!value) {
      const shape = inputShape(config) ?? innerShape(layer) ?? model.get('build_input_shape');
      if (!Array.isArray(shape))
        unsupported('a Sequential model that does not tell the shape of its input');
      const isIds = layer.string('class_name') === 'Embedding';
      const inputConfig = isInput
        ? config
        : new Config({ name: `${config.string('name', 'layer')}_input` }, config.where);
      value = addInput(reading.a, inputConfig, shape, isIds ? 'i32' : dtypeOf(config));
    }
    if (isInput) continue;
    name = config.string('name', layer.string('class_name'));
    const [first, ...more] = buildLayer(reading, layer, [value], weights, depth);
    if (!first || more.length > 0) malformed(`"${name}" has several results in a Sequential model`);
    value = first;
  }
  return [{ layer: name, value: value ?? malformed('a Sequential model without layers') }];
}

function functional(
  reading: Reading,
  model: Config,
  inputs: readonly Sized[] | undefined,
  weights: WeightSource,
  depth: number,
): Result[] {
  const inputNames = references(model, 'input_layers').map(({ layer }) => layer);
  const layers = new Map<string, Config>();
  for (const one of model.list('layers')) {
    const layer = new Config(one, 'a layer');
    const name = layerConfig(layer).string('name');
    if (layers.has(name)) malformed(`two layers are called "${name}"`);
    layers.set(name, layer);
  }
  const values = new Map<string, readonly Sized[]>();
  inputNames.forEach((name, i) => {
    const layer = layers.get(name) ?? malformed(`the input "${name}" is no layer`);
    const config = layerConfig(layer);
    const given = inputs?.[i];
    if (inputs && !given)
      malformed(`a model is called with ${inputs.length} inputs instead of ${inputNames.length}`);
    const shape = inputShape(config) ?? [];
    values.set(`${name}/0`, [given ?? addInput(reading.a, config, shape, dtypeOf(config))]);
  });
  const find = (layer: string, call: number, index: number): Sized =>
    values.get(`${layer}/${call}`)?.[index] ??
    malformed(`"${layer}" has no result ${index} of its call ${call}`);
  for (const call of callsOf(layers, new Set(inputNames))) {
    const definition = layers.get(call.layer)!;
    const given = call.inputs.map(({ call: of, index, layer }) => find(layer, of, index));
    values.set(
      `${call.layer}/${call.call}`,
      buildLayer(reading, definition, given, weights, depth),
    );
  }
  return references(model, 'output_layers').map(({ call, index, layer }) => ({
    layer,
    value: find(layer, call, index),
  }));
}
