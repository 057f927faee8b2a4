/** TensorFlow.js models (`model.json` and the shards of its weights); docs/importing.md. */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { Network } from '../../network/types.ts';
import { Config, isObject } from '../layers/json.ts';
import { modelNetwork } from '../layers/model.ts';
import { plainName, weightsByPath } from '../layers/weights.ts';
import { graphNetwork } from './graph.ts';
import { readWeights, type Shards } from './weights.ts';

export type { Shards } from './weights.ts';

export const isTfjs = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && isObject(value.modelTopology) && Array.isArray(value.weightsManifest);

/**
 * The network of a layers model or a graph model.
 *
 * @param json content of model.json, parsed
 * @param shards finds the files that model.json names
 * @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (all unknown layers or operators at once)
 */
export function importTfjs(json: unknown, shards: Shards): Network {
  if (!isTfjs(json))
    malformed('the JSON is no TensorFlow.js model: modelTopology and weightsManifest are missing');
  const file = new Config(json, 'model.json');
  const topology = file.object('modelTopology');
  const weights = readWeights(file.list('weightsManifest'), shards);
  if (topology.get('node') !== undefined) {
    const metadata = file.get('userDefinedMetadata');
    const signature =
      file.get('signature') ?? (isObject(metadata) ? metadata.signature : undefined);
    return graphNetwork(topology, signature, weights);
  }
  // Models that were converted from Keras have their configuration one level deeper.
  const model = topology.get('model_config') ?? json.modelTopology;
  if (!isObject(model)) unsupported('a model.json with neither a graph nor layers');
  const list = [...weights].map(([name, tensor]) => ({
    name: plainName(name),
    tensor: () => tensor,
  }));
  return modelNetwork(model, weightsByPath(list), 'tfjs');
}
