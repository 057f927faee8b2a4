/**
 * Keras 3's own files (`.keras`): a zip archive of config.json, metadata.json and model.weights.h5. The weights lie in groups named after
 * the classes of the layers, `layers/dense`, `layers/dense_1`, ... in the order of the configuration, as `vars/0`, `vars/1`, ...
 * (github.com/keras-team/keras, keras/src/saving/saving_lib.py).
 */
import { malformed } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { Config, parseJson } from '../layers/json.ts';
import { modelNetwork } from '../layers/model.ts';
import { type Weight, weightsByPath } from '../layers/weights.ts';
import { type Group, openHdf5 } from './hdf5/index.ts';

const WEIGHTS = 'model.weights.h5';

/** How deep layers lie in layers. */
const MOST_NESTED = 16;
/** Weights of all layers at most. */
const MOST_WEIGHTS = 100_000;

/** Whether an archive with these members is one. */
export const isKerasArchive = (names: ReadonlySet<string>): boolean =>
  names.has('config.json') && names.has(WEIGHTS);

/** @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR */
export function importKerasArchive(members: ReadonlyMap<string, Uint8Array>): Network {
  const member = (name: string): Uint8Array =>
    members.get(name) ?? malformed(`the archive has no ${name}: not a model of Keras`);
  const model = parseJson(member('config.json'), 'config.json');
  const weights: Weight[] = [];
  const root = openHdf5(member(WEIGHTS));
  collectModel(model, root, '', weights, 0);
  return modelNetwork(model, weightsByPath(weights), 'keras3');
}

/** Weights of a model's layers, as `NAME/...`. */
function collectModel(
  model: unknown,
  group: Group,
  prefix: string,
  into: Weight[],
  depth: number,
): void {
  if (depth > MOST_NESTED) malformed(`models lie in models more than ${MOST_NESTED} deep`);
  // Before TensorFlow 2.13 the group had another name.
  const place = ['layers', '_layer_checkpoint_dependencies'].find((name) => group.has(name));
  const config = new Config(new Config(model, 'the model').get('config'), 'the model');
  if (!place) return;
  const layers = group.group(place);
  const used = new Map<string, number>();
  for (const one of config.list('layers')) {
    const layer = new Config(one, 'a layer');
    const className = layer.string('class_name');
    const inner = layer.object('config');
    const plain = snakeCase(className);
    const count = used.get(plain) ?? 0;
    used.set(plain, count + 1);
    const key = count === 0 ? plain : `${plain}_${count}`;
    if (!layers.has(key)) continue;
    const path = `${prefix}${inner.string('name')}/`;
    if (Array.isArray(inner.get('layers')))
      collectModel(one, layers.group(key), path, into, depth + 1);
    else collectLayer(layers.group(key), path, into, depth + 1);
  }
}

/** Weights of a layer and of what it is made of: the cell of an LSTM, the layers of a wrapper. */
function collectLayer(group: Group, path: string, into: Weight[], depth: number): void {
  if (depth > MOST_NESTED) malformed(`layers lie in layers more than ${MOST_NESTED} deep`);
  for (const name of group.keys()) {
    if (name === 'seed_generator') continue;
    const inner = group.group(name);
    if (name !== 'vars') {
      collectLayer(inner, `${path}${name}/`, into, depth + 1);
      continue;
    }
    for (const index of inner.keys().toSorted((x, y) => Number(x) - Number(y))) {
      if (into.length >= MOST_WEIGHTS) malformed(`more than ${MOST_WEIGHTS} weights`);
      into.push({ name: `${path}${index}`, tensor: () => inner.dataset(index) });
    }
  }
}

/** `Conv2D` is `conv2d`, `LayerNormalization` is `layer_normalization`. */
export function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
