/** A false claim about a real network falls by the one instruction that read a flipped bit of a weight. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../../chain/deploy.ts';
import { loadEngines } from '../../cli/engines.ts';
import { compile, type ImportOptions, readNetwork } from '../../cli/network.ts';
import { writeBundle } from '../../models/bundle.ts';
import { loadModel } from '../../models/index.ts';
import { type Anvil, startAnvil } from '../../scripts/lib/anvil.ts';
import { type Arena, arenaOf } from '../../scripts/lib/dispute.ts';
import { disputeNetwork, seededInputs } from '../../scripts/lib/network-dispute.ts';

const FOLDER = '../shared/testdata/models';
const NETWORKS: [string, ImportOptions][] = [
  ['mnist-onnx/model.onnx', {}],
  ['burn-mnist/mnist.safetensors', { description: 'models/examples/burn-mnist.json' }],
  ['resnet8/pretrainedResnet_quant.tflite', {}],
  ['abalone-tfjs/model.json', { dimension: ['batch=1'] }],
  ['resnet8/pretrainedResnet.tflite', {}],
  ['resnet8/pretrainedResnet.h5', { dimension: ['batch=1'] }],
];

const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`${FOLDER} is absent: disputes about real networks are skipped`);

describe.skipIf(!isThere)('a flipped bit of a weight is found, and costs the claim', () => {
  const engines = loadEngines();
  let anvil: Anvil;
  let arena: Arena;
  beforeAll(async () => {
    anvil = await startAnvil();
    const deployment = await deployPinpoint(anvil.wallet(0), anvil.client);
    arena = arenaOf(anvil, deployment, DEFAULT_PARAMETERS.k);
  });
  afterAll(() => anvil?.stop());

  test.each(NETWORKS)('%s', async (name, options) => {
    const { network } = readNetwork(`${FOLDER}/${name}`, options);
    const file = writeBundle(compile(network, options, engines).graph);
    const sides = {
      liar: await loadModel(file, engines),
      verifier: await loadModel(file, engines),
    };
    const inputs = seededInputs(sides.liar.graph, 1);
    const { disputed, flip, winner } = await disputeNetwork(arena, engines, sides, {
      inputs,
      seed: 1,
    });
    expect(winner).toBe('challenger');
    expect(disputed).toMatchObject({ step: flip.step, position: flip.position });
    expect(disputed.instruction.text).toContain('load');
  });
});
