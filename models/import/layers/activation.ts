/** Activations by the names that Keras gives them, and the layers made of them (keras.io/api/layers/activations). */
import { unsupported } from '../../compile/errors.ts';
import { clip, gelu, geluTanh, plain, relu6, silu } from './activations.ts';
import type { Assembly } from './assembly.ts';
import { isObject } from './json.ts';
import {
  axisOf,
  constant,
  type Dialect,
  type Layer,
  type LayerBuilder,
  like,
  type Sized,
  single,
  weightsOf,
  where,
} from './layer.ts';
import { floats } from './tensors.ts';

type Activation = (a: Assembly, x: string, dialect: Dialect) => string;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: plain('Relu'),
  relu6,
  elu: plain('Elu'),
  selu: plain('Selu'),
  sigmoid: plain('Sigmoid'),
  tanh: plain('Tanh'),
  softplus: plain('Softplus'),
  softsign: plain('Softsign'),
  exponential: plain('Exp'),
  softmax: (a, x) => a.add('Softmax', [x], { axis: -1 }),
  log_softmax: (a, x) => a.add('LogSoftmax', [x], { axis: -1 }),
  leaky_relu: (a, x) => a.add('LeakyRelu', [x], { alpha: 0.2 }),
  // max(0, min(1, x/6 + 1/2)) since Keras 3, x/5 before.
  hard_sigmoid: (a, x, dialect) =>
    a.add('HardSigmoid', [x], { alpha: dialect === 'keras3' ? 1 / 6 : 0.2, beta: 0.5 }),
  swish: silu,
  silu,
  gelu,
  gelu_new: geluTanh,
  mish: (a, x) => a.add('Mul', [x, a.add('Tanh', [a.add('Softplus', [x])])]),
};

/** Layers that stand for activations. */
const ALIASES: Readonly<Record<string, string>> = {
  ReLU: 'relu',
  Softmax: 'softmax',
  LeakyReLU: 'leaky_relu',
  ELU: 'elu',
};

/** Name of an activation, also of one that is written as an object. */
export function activationName(value: unknown): string {
  const name = isObject(value)
    ? typeof value.config === 'string'
      ? value.config
      : value.class_name
    : (value ?? 'linear');
  if (typeof name !== 'string') return 'a function that is no name';
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  // TensorFlow.js writes `hardSigmoid`.
  return known.replace(/[a-z][A-Z]/g, (pair) => `${pair[0]}_${pair[1]!.toLowerCase()}`);
}

export const isActivation = (value: unknown): boolean =>
  Object.hasOwn(ACTIVATIONS, activationName(value));

export function activate(
  layer: Layer,
  x: Sized,
  activation = layer.config.get('activation'),
): Sized {
  const name = activationName(activation);
  const make = ACTIVATIONS[name] ?? unsupported(`${where(layer)}: activation ${name}`);
  return like(x, make(layer.a, x.name, layer.dialect));
}

/** A scalar that Keras saves as a number, or as an array of no dimensions. */
function scalarOf(layer: Layer, name: string, fallback: number): number {
  const value = layer.config.get(name);
  return isObject(value) && typeof value.value === 'number'
    ? value.value
    : layer.config.number(name, fallback);
}

/** x from the threshold on, below it slope * (x - threshold); at most `max_value`. */
const relu: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = single(layer);
  const most = config.get('max_value') === undefined ? Infinity : scalarOf(layer, 'max_value', 0);
  const slope =
    config.get('negative_slope') === undefined ? 0 : scalarOf(layer, 'negative_slope', 0);
  const threshold = config.get('threshold') === undefined ? 0 : scalarOf(layer, 'threshold', 0);
  if (slope === 0 && threshold === 0) {
    return like(x, Number.isFinite(most) ? clip(a, x.name, 0, most) : a.add('Relu', [x.name]));
  }
  let y: string;
  if (threshold === 0) y = a.add('LeakyRelu', [x.name], { alpha: slope });
  else {
    const limit = a.scalar(threshold);
    const below = a.add('Mul', [a.add('Sub', [x.name, limit]), a.scalar(slope)]);
    y = a.add('Where', [a.add('GreaterOrEqual', [x.name, limit]), x.name, below]);
  }
  return like(x, Number.isFinite(most) ? a.add('Min', [y, a.scalar(most)]) : y);
};

const leakyRelu: LayerBuilder = (layer) => {
  const x = single(layer);
  const name = layer.config.get('negative_slope') === undefined ? 'alpha' : 'negative_slope';
  return like(x, layer.a.add('LeakyRelu', [x.name], { alpha: scalarOf(layer, name, 0.3) }));
};

const softmax: LayerBuilder = (layer) => {
  const x = single(layer);
  const { config } = layer;
  const axis = config.get('axis') ?? -1;
  const [only, ...more] = Array.isArray(axis) ? axis : [axis];
  if (more.length > 0 || typeof only !== 'number')
    unsupported(`${where(layer)}: softmax over several axes`);
  return like(x, layer.a.add('Softmax', [x.name], { axis: axisOf(layer, only, x.shape.length) }));
};

export const ACTIVATION_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Activation: (layer) => activate(layer, single(layer)),
  ReLU: relu,
  LeakyReLU: leakyRelu,
  Softmax: softmax,
  ELU: (layer) => {
    const x = single(layer);
    return like(x, layer.a.add('Elu', [x.name], { alpha: scalarOf(layer, 'alpha', 1) }));
  },
  PReLU: (layer) => {
    const x = single(layer);
    const [alpha] = weightsOf(layer, 'alpha');
    return like(x, layer.a.add('PRelu', [x.name, constant(layer, 'alpha', alpha!)]));
  },
  /** x where it is above theta, otherwise 0. */
  ThresholdedReLU: (layer) => {
    const x = single(layer);
    const alpha = scalarOf(layer, 'theta', 1);
    return like(x, layer.a.add('ThresholdedRelu', [x.name], { alpha }));
  },
  /** x * scale + offset. */
  Rescaling: (layer) => {
    const { a, config } = layer;
    const x = single(layer);
    const values = (name: string, fallback?: number): string => {
      const value = config.get(name) ?? fallback;
      const list = Array.isArray(value) ? value : [value];
      if (!list.every((v) => typeof v === 'number')) config.bad(name, 'a number or a list of them');
      return constant(layer, name, floats(list, Array.isArray(value) ? [list.length] : []));
    };
    const number = x.dtype === 'f32' ? x.name : a.add('Cast', [x.name], { to: 1 });
    const scaled = a.add('Mul', [number, values('scale')]);
    return { ...x, dtype: 'f32', name: a.add('Add', [scaled, values('offset', 0)]) };
  },
};
