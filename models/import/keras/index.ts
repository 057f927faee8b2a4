/** Keras's HDF5 files (`.h5`, `.hdf5`); docs/importing.md. */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { parseJson } from '../layers/json.ts';
import { modelNetwork } from '../layers/model.ts';
import { plainName, remembered, type WeightSource } from '../layers/weights.ts';
import { type Group, openHdf5 } from './hdf5/index.ts';

/**
 * The network of a model that Keras 2 or 3 saved whole (`model.save('model.h5')`): its configuration and its weights.
 *
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (all unknown layers at once)
 */
export function importKeras(file: Uint8Array): Network {
  const root = openHdf5(file);
  const [config] = root.texts('model_config');
  if (config === undefined)
    unsupported('an HDF5 file without model_config: only weights, or not of Keras');
  const [version = '2'] = root.texts('keras_version');
  const dialect = version.startsWith('3') ? 'keras3' : 'keras2';
  return modelNetwork(parseJson(config, 'model_config'), weightsOf(root), dialect);
}

/** Each layer of the model has a group that lists its weights' paths. */
function weightsOf(root: Group): WeightSource {
  if (!root.has('model_weights')) malformed('the HDF5 file has no model_weights');
  const all = root.group('model_weights');
  return remembered((layer) => {
    // A layer's name may hold slashes, which make groups in groups.
    if (!all.has(layer.split('/')[0]!)) return [];
    const group = all.group(layer);
    return weightNames(group).map((name) => ({
      name: plainName(name),
      tensor: () => group.dataset(name),
    }));
  });
}

/** Keras cuts lists that don't fit one attribute into weight_names0, weight_names1, ... */
function weightNames(group: Group): string[] {
  const names = [...group.texts('weight_names')];
  for (let part = 0; ; part++) {
    const more = group.texts(`weight_names${part}`);
    if (more.length === 0) return names;
    names.push(...more);
  }
}
