/** All layers by the name of their class. */
import { ACTIVATION_LAYERS } from './activation.ts';
import { CONVOLUTION_LAYERS } from './convolution.ts';
import { CORE_LAYERS } from './core.ts';
import { type LayerBuilder, single } from './layer.ts';
import { MERGE_LAYERS } from './merge.ts';
import { POOLING_LAYERS } from './pooling.ts';
import { RECURRENT_LAYERS } from './recurrent.ts';
import { SHAPE_LAYERS } from './shape.ts';

/** They do something in training only. */
const ONLY_IN_TRAINING = [
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'ActivityRegularization',
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
  'RandomContrast',
  'RandomTranslation',
];

export const LAYERS: Readonly<Record<string, LayerBuilder>> = {
  ...ACTIVATION_LAYERS,
  ...CONVOLUTION_LAYERS,
  ...CORE_LAYERS,
  ...MERGE_LAYERS,
  ...POOLING_LAYERS,
  ...RECURRENT_LAYERS,
  ...SHAPE_LAYERS,
  ...Object.fromEntries(ONLY_IN_TRAINING.map((name): [string, LayerBuilder] => [name, single])),
};
