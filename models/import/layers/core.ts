/** Dense, embedding and normalising layers of Keras (keras.io/api/layers). */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { activate } from './activation.ts';
import {
  axisOf,
  cast,
  constant,
  describe,
  type Layer,
  type LayerBuilder,
  like,
  permuted,
  single,
  weightsOf,
  where,
} from './layer.ts';
import { floats } from './tensors.ts';

/** Over the last axis, whatever the rank. */
const dense: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = cast(a, single(layer), 'f32');
  const names = config.boolean('use_bias', true) ? ['kernel', 'bias'] : ['kernel'];
  const [kernel, bias] = weightsOf(layer, ...names);
  const [rows, columns] = kernel!.shape;
  const last = x.shape.at(-1);
  if (kernel!.shape.length !== 2 || (last !== undefined && last !== rows)) {
    malformed(`${where(layer)}: a kernel [${kernel!.shape.join()}] for [${describe(x.shape)}]`);
  }
  const inputs = [x.name, constant(layer, 'kernel', kernel!)];
  const shape = [...x.shape.slice(0, -1), columns];
  const added = bias && constant(layer, 'bias', bias);
  if (x.shape.length === 2) {
    return activate(layer, {
      ...x,
      name: a.add('Gemm', added ? [...inputs, added] : inputs),
      shape,
    });
  }
  const product = a.add('MatMul', inputs);
  return activate(layer, { ...x, name: added ? a.add('Add', [product, added]) : product, shape });
};

const embedding: LayerBuilder = (layer) => {
  const { a, config } = layer;
  if (config.boolean('mask_zero', false)) unsupported(`${where(layer)}: masks (mask_zero)`);
  const [table] = weightsOf(layer, 'embeddings');
  if (table!.shape.length !== 2) malformed(`${where(layer)}: embeddings [${table!.shape.join()}]`);
  const given = single(layer);
  const x = given.dtype === 'i64' ? given : cast(a, given, 'i32');
  const name = a.add('Gather', [constant(layer, 'embeddings', table!), x.name], { axis: 0 });
  return { name, dtype: 'f32', shape: [...x.shape, table!.shape[1]] };
};

function axesOf(layer: Layer, rank: number): number[] {
  const axis = layer.config.get('axis') ?? -1;
  return (Array.isArray(axis) ? axis : [axis]).map((one: number) => axisOf(layer, one, rank));
}

const filled = ({ shape }: TensorData, value: number): TensorData =>
  floats(new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(value), [...shape]);

/** gamma and beta, 1 and 0 where the layer has none, then the other weights. */
function scaleAndCentre(layer: Layer, ...others: string[]): TensorData[] {
  const scales = layer.config.boolean('scale', true);
  const centres = layer.config.boolean('center', true);
  const weights = weightsOf(
    layer,
    ...(scales ? ['gamma'] : []),
    ...(centres ? ['beta'] : []),
    ...others,
  );
  const gamma = scales ? weights.shift() : undefined;
  const beta = centres ? weights.shift() : undefined;
  const other =
    weights[0] ?? gamma ?? beta ?? unsupported(`${where(layer)}: neither scale nor center`);
  return [gamma ?? filled(other, 1), beta ?? filled(other, 0), ...weights];
}

/** ONNX normalises axis 1; the tensor is turned so that the layer's axis is there. */
const batchNormalization: LayerBuilder = (layer) => {
  const { a } = layer;
  const x = single(layer);
  const rank = x.shape.length;
  const [axis, ...more] = axesOf(layer, rank);
  if (more.length > 0 || axis === 0) unsupported(`${where(layer)}: several axes, or the batch`);
  const weights = scaleAndCentre(layer, 'moving_mean', 'moving_variance');
  const names = ['gamma', 'beta', 'mean', 'variance'];
  const inputs = names.map((name, i) => constant(layer, name, weights[i]!));
  const epsilon = layer.config.number('epsilon', 1e-3);
  const normalise = (name: string): string =>
    a.add('BatchNormalization', [name, ...inputs], { epsilon });
  if (axis === 1) return like(x, normalise(x.name));
  const rest = x.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const order = [0, axis!, ...rest];
  const turned = permuted(a, x, order);
  const back = order.map((_, i) => order.indexOf(i));
  return permuted(a, like(turned, normalise(turned.name)), back);
};

/** Over the last axes. */
const layerNormalization: LayerBuilder = (layer) => {
  const { a } = layer;
  const x = single(layer);
  const rank = x.shape.length;
  const axes = axesOf(layer, rank).sort((i, j) => i - j);
  if (axes.some((axis, i) => axis !== rank - axes.length + i)) {
    unsupported(`${where(layer)}: axes that aren't the last`);
  }
  const [gamma, beta] = scaleAndCentre(layer);
  const inputs = [x.name, constant(layer, 'gamma', gamma!), constant(layer, 'beta', beta!)];
  const epsilon = layer.config.number('epsilon', 1e-3);
  return like(x, a.add('LayerNormalization', inputs, { axis: axes[0]!, epsilon }));
};

/** (x - mean) / max(sqrt(variance), 1e-7) over the last axis. */
const normalization: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = cast(a, single(layer), 'f32');
  const rank = x.shape.length;
  const axis = config.get('axis');
  const axes = axis === undefined || axis === null ? [] : axesOf(layer, rank);
  if (axes.some((one) => one !== rank - 1) || config.boolean('invert', false)) {
    unsupported(`${where(layer)}: another axis than the last, or inverted`);
  }
  const given = (name: string): TensorData | undefined => {
    const value = config.get(name);
    if (value === undefined) return undefined;
    const list = [value].flat(31);
    if (!list.every((v): v is number => typeof v === 'number')) {
      return config.bad(name, 'a list of numbers');
    }
    return floats(list, list.length === 1 ? [] : [list.length]);
  };
  const fixed = [given('mean'), given('variance')];
  const [mean, variance] =
    fixed[0] && fixed[1] ? (fixed as TensorData[]) : weightsOf(layer, 'mean', 'variance');
  const deviation = new Float32Array(variance!.data.slice().buffer).map((v) =>
    Math.max(Math.sqrt(v), 1e-7),
  );
  const centred = a.add('Sub', [x.name, constant(layer, 'mean', mean!)]);
  const scale = constant(layer, 'deviation', floats(deviation, [...variance!.shape]));
  return like(x, a.add('Div', [centred, scale]));
};

export const CORE_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Dense: dense,
  Embedding: embedding,
  BatchNormalization: batchNormalization,
  /** TensorFlow's versions of the class in files of Keras 2. */
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  LayerNormalization: layerNormalization,
  Normalization: normalization,
};
