/**
 * Recurrent layers of Keras (keras.io/api/layers/recurrent_layers) and those that wrap others. Sequences are [batch, time, features]; ONNX wants
 * [time, batch, features]. Weights are [in, gates * units]; ONNX wants [1, gates * units, in], gates in another order.
 */
import { malformed, unsupported } from '../../compile/errors.ts';
import type { TensorData } from '../../network/types.ts';
import { activationName } from './activation.ts';
import { Config, isObject } from './json.ts';
import {
  constant,
  describe,
  type Layer,
  type LayerBuilder,
  like,
  ranked,
  type Sized,
  single,
  weightsOf,
  where,
} from './layer.ts';
import { blocks, floats, reshaped, toFloats, transposed } from './tensors.ts';
import type { Weight } from './weights.ts';

type Cell = 'LSTM' | 'GRU' | 'RNN';

/** Where ONNX's gates (i o f c; z r h) stand among Keras's (i f c o; z r h). */
const GATES: Readonly<Record<Cell, readonly number[]>> = {
  LSTM: [0, 3, 1, 2],
  GRU: [0, 1, 2],
  RNN: [0],
};

/** Functions as ONNX's recurrent operators know them, with alpha and beta. */
function functionOf(layer: Layer, name: string, fallback: string): [string, number, number] {
  const value = activationName(layer.config.get(name) ?? fallback);
  switch (value) {
    case 'sigmoid':
      return ['Sigmoid', 0, 0];
    case 'tanh':
      return ['Tanh', 0, 0];
    case 'relu':
      return ['Relu', 0, 0];
    case 'softsign':
      return ['Softsign', 0, 0];
    case 'softplus':
      return ['Softplus', 0, 0];
    case 'elu':
      return ['Elu', 1, 0];
    case 'hard_sigmoid':
      return ['HardSigmoid', layer.dialect === 'keras3' ? 1 / 6 : 0.2, 0.5];
    case 'linear':
      return ['Affine', 1, 0];
    default:
      return unsupported(`${where(layer)}: ${name} ${value}`);
  }
}

/** Bias of the input and of the state: [1, 2 * gates * units]. */
function biasOf(
  layer: Layer,
  bias: TensorData | undefined,
  gates: readonly number[],
  units: number,
) {
  const size = gates.length * units;
  const values = new Float32Array(2 * size);
  const given = bias ? toFloats(bias) : new Float32Array(0);
  if (bias && given.length !== size && given.length !== 2 * size) {
    malformed(`${where(layer)}: a bias [${bias.shape.join()}]`);
  }
  values.set(given);
  return reshaped(blocks(floats(values, [2, size]), 1, units, gates), [1, 2 * size], where(layer));
}

const recurrent =
  (cell: Cell): LayerBuilder =>
  (layer) => {
    const { a, config } = layer;
    const x = ranked(layer, 3);
    const units = config.integer('units');
    const usesBias = config.boolean('use_bias', true);
    if (config.boolean('stateful', false))
      unsupported(`${where(layer)}: it keeps its state between calls`);
    if (config.boolean('time_major', false)) unsupported(`${where(layer)}: time_major`);
    const gates = GATES[cell];
    const [kernel, states, bias] = weightsOf(
      layer,
      'kernel',
      'recurrent_kernel',
      ...(usesBias ? ['bias'] : []),
    );
    const toGates = (weight: TensorData): TensorData => {
      if (weight.shape.length !== 2 || weight.shape[1] !== gates.length * units) {
        malformed(`${where(layer)}: a kernel [${weight.shape.join()}] for ${units} units`);
      }
      const turned = blocks(transposed(weight, [1, 0]), 0, units, gates);
      return reshaped(turned, [1, ...turned.shape], where(layer));
    };
    if (x.shape[2] !== undefined && x.shape[2] !== kernel!.shape[0]) {
      malformed(`${where(layer)}: a kernel [${kernel!.shape.join()}] for [${describe(x.shape)}]`);
    }
    const inner = functionOf(layer, 'recurrent_activation', 'sigmoid');
    const outer = functionOf(layer, 'activation', 'tanh');
    const functions = { LSTM: [inner, outer, outer], GRU: [inner, outer], RNN: [outer] }[cell];
    const isBackward = config.boolean('go_backwards', false);
    // Keras 2 adds one bias before the reset gate unless the file says otherwise.
    const resetsAfter = cell === 'GRU' && config.boolean('reset_after', layer.dialect === 'keras3');
    const inputs = [
      a.transpose(x.name, [1, 0, 2]),
      constant(layer, 'kernel', toGates(kernel!)),
      constant(layer, 'recurrent_kernel', toGates(states!)),
      ...(bias ? [constant(layer, 'bias', biasOf(layer, bias, gates, units))] : []),
    ];
    const attributes = {
      hidden_size: units,
      direction: isBackward ? 'reverse' : 'forward',
      activations: functions.map(([name]) => name),
      activation_alpha: functions.map(([, alpha]) => alpha),
      activation_beta: functions.map(([, , beta]) => beta),
      ...(cell === 'GRU' ? { linear_before_reset: resetsAfter ? 1 : 0 } : {}),
    };
    const outputs = a.addMany(cell, inputs, attributes, cell === 'LSTM' ? 3 : 2);
    const [batch, time] = x.shape;
    const state = (name: string): Sized => ({
      ...x,
      name: a.add('Squeeze', [name, a.integers([0])]),
      shape: [batch, units],
    });
    const last = state(outputs[1]!);
    let result = last;
    if (config.boolean('return_sequences', false)) {
      // [time, 1, batch, units], in the order of time whatever the direction.
      const all = a.add('Squeeze', [outputs[0]!, a.integers([1])]);
      const name = a.transpose(all, [1, 0, 2]);
      result = { ...x, name, shape: [batch, time, units] };
    }
    return config.boolean('return_state', false)
      ? [result, last, ...(cell === 'LSTM' ? [state(outputs[2]!)] : [])]
      : [result];
  };

/** Keras returns what it computes in the order of computing: from the end, if it goes backwards. */
const inOrderOfComputing =
  (build: LayerBuilder): LayerBuilder =>
  (layer) => {
    const [first, ...rest] = build(layer) as readonly Sized[];
    const { a, config } = layer;
    if (first!.shape.length < 3 || !config.boolean('go_backwards', false)) return [first!, ...rest];
    const [minus, one] = [a.integers([-1]), a.integers([1])];
    const name = a.add('Slice', [first!.name, minus, a.integers([-(2 ** 31)]), one, minus]);
    return [like(first!, name), ...rest];
  };

const CELLS: Readonly<Record<string, LayerBuilder>> = {
  LSTM: recurrent('LSTM'),
  GRU: recurrent('GRU'),
  SimpleRNN: recurrent('RNN'),
};

/** A layer's definition with some of its settings changed. */
function changed(definition: unknown, settings: Record<string, unknown>): Record<string, unknown> {
  const outer = isObject(definition) ? definition : {};
  const config = isObject(outer.config) ? outer.config : {};
  return { ...outer, config: { ...config, ...settings } };
}

const bidirectional: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = ranked(layer, 3);
  const wrapped = config.object('layer');
  const className = wrapped.string('class_name');
  const settings = wrapped.object('config');
  if (!Object.hasOwn(CELLS, className)) unsupported(`${where(layer)} of ${className}`);
  if (settings.boolean('return_state', false)) unsupported(`${where(layer)}: return_state`);
  const isSequence = settings.boolean('return_sequences', false);
  const half = layer.weights.length / 2;
  const weights = (prefix: string, from: number): readonly Weight[] => {
    const named = layer.weights.filter(({ name }) =>
      name.split('/').some((part) => part.startsWith(prefix)),
    );
    return named.length > 0 ? named : layer.weights.slice(from, from + half);
  };
  const build = (definition: unknown, isBackward: boolean): Sized => {
    const { config: inner } = changed(definition, { go_backwards: isBackward });
    const built = CELLS[className]!({
      ...layer,
      className,
      config: new Config(inner, where(layer)),
      weights: isBackward ? weights('backward_', half) : weights('forward_', 0),
    });
    return (built as readonly Sized[])[0]!;
  };
  const forward = build(config.get('layer'), false);
  const backward = build(config.get('backward_layer') ?? config.get('layer'), true);
  const mode = config.get('merge_mode') === undefined ? 'none' : config.string('merge_mode');
  const both = [forward.name, backward.name];
  const units = forward.shape.at(-1)!;
  switch (mode) {
    case 'concat': {
      const rank = isSequence ? 3 : 2;
      const shape = [...forward.shape.slice(0, -1), units + backward.shape.at(-1)!];
      return { ...x, name: a.add('Concat', both, { axis: rank - 1 }), shape };
    }
    case 'sum':
      return like(forward, a.add('Add', both));
    case 'mul':
      return like(forward, a.add('Mul', both));
    case 'ave':
      return like(forward, a.add('Mul', [a.add('Add', both), a.scalar(0.5)]));
    default:
      return [forward, backward];
  }
};

/** The layer on every moment, moments and batch taken together. */
const timeDistributed: LayerBuilder = (layer) => {
  const { a, config } = layer;
  const x = single(layer);
  const [batch, time, ...rest] = x.shape;
  if (x.shape.length < 3) malformed(`${where(layer)} of a tensor of rank ${x.shape.length}`);
  const definition = config.get('layer');
  // Dense layers work on the last axis anyway.
  if (config.object('layer').string('class_name') === 'Dense') {
    return layer.inner(definition, [x], layer.weights);
  }
  if (time === undefined || rest.includes(undefined)) {
    return unsupported(`${where(layer)} of an open shape [${describe(x.shape)}]`);
  }
  const moments = {
    ...x,
    name: a.reshape(x.name, [-1, ...(rest as number[])]),
    shape: [undefined, ...rest],
  };
  const [y] = layer.inner(definition, [moments], layer.weights);
  const sizes = y!.shape.slice(1);
  if (sizes.includes(undefined)) unsupported(`${where(layer)}: its result has an open shape`);
  const name = a.reshape(y!.name, [-1, time, ...(sizes as number[])]);
  return { ...y!, name, shape: [batch, time, ...sizes] };
};

export const RECURRENT_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  ...Object.fromEntries(
    Object.entries(CELLS).map(([name, build]) => [name, inOrderOfComputing(build)]),
  ),
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
};
