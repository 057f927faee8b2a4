/**
 * Recurrent networks (ONNX RNN, GRU, LSTM): what the inputs contribute to the gates is one product for all steps; the steps themselves
 * are calls of a kernel that runs as many of them as fit the limit of a call, from the state that the call before has left.
 */

import { OPERATORS } from '../../operators/index.ts';
import { ACTIVATIONS, widthOf } from '../../operators/recurrent.ts';
import { type Builder, costOf, type Part } from '../builder.ts';
import {
  type Context,
  input,
  type Lowerings,
  number,
  numbers,
  optional,
  string,
  strings,
  where,
} from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { writeNumbers } from '../scalars.ts';
import { count, describe, sameShape, stridesOf, type Tensor } from '../tensor.ts';
import { convert } from './cast.ts';
import { binary, floatBits } from './elementary.ts';
import { pad, slice } from './movement.ts';
import { multiply, multiplyKnown } from './products.ts';

interface Kind {
  readonly kernel: 'rnn' | 'gru' | 'lstm';
  readonly gates: number;
  readonly states: number;
  /** Activation functions of one direction. */
  readonly functions: readonly string[];
}

/** Activation functions that take parameters, with the values they have otherwise. */
const PARAMETERS: Readonly<Record<string, readonly [alpha?: number, beta?: number]>> = {
  Affine: [1, 0],
  LeakyRelu: [0.01],
  ThresholdedRelu: [1],
  ScaledTanh: [1, 1],
  HardSigmoid: [0.2, 0.5],
  Elu: [1],
};

/** Number, alpha and beta of the activation functions of all directions. */
function activationsOf(c: Context, kind: Kind, directions: number): number[][] {
  const names =
    strings(c, 'activations') ?? Array.from({ length: directions }, () => kind.functions).flat();
  const length = directions * kind.functions.length;
  if (names.length !== length)
    malformed(`${where(c)}: ${names.length} activations; there are ${length}`);
  const alphas = [...(numbers(c, 'activation_alpha') ?? [])];
  const betas = [...(numbers(c, 'activation_beta') ?? [])];
  return names.map((name) => {
    const known = ACTIVATIONS.findIndex((one) => one.toLowerCase() === name.toLowerCase());
    if (known < 0) unsupported(`${where(c)}: activation "${name}"`);
    const [alpha, beta] = PARAMETERS[ACTIVATIONS[known]!] ?? [];
    // Each function takes the next value of a list if it has that parameter.
    const next = (list: number[], fallback: number | undefined): number =>
      fallback === undefined ? 0 : (list.shift() ?? fallback);
    return [known, floatBits(next(alphas, alpha)), floatBits(next(betas, beta))];
  });
}

/** One direction of a parameter [directions, rows * hidden, ...]: [rows, width, ...], new units with zeros. */
function direction(b: Builder, tensor: Tensor, d: number, rows: number, hidden: number): Tensor {
  const [, , ...rest] = tensor.shape;
  const own = b.reshape(slice(b, tensor, 0, d, d + 1), [rows, hidden, ...rest]);
  const none = own.shape.map(() => 0);
  return pad(b, own, none, none.with(1, widthOf(hidden) - hidden), new Uint8Array(4));
}

const zeros = (b: Builder, shape: readonly number[]): Tensor =>
  b.constant({ dtype: 'f32', shape }, new Uint8Array(4 * count(shape)));

/** The network's sizes and operands, checked. */
interface Sequence {
  readonly c: Context;
  readonly kind: Kind;
  readonly time: number;
  readonly batch: number;
  readonly hidden: number;
  readonly directions: number;
  readonly isBatchFirst: boolean;
  /** f32 [time * batch, features]. */
  readonly x: Tensor;
  readonly lengths: Tensor;
}

function readSequence(c: Context, kind: Kind): Sequence {
  const { b } = c;
  const isBatchFirst = number(c, 'layout', 0) !== 0;
  const given = convert(b, input(c, 0), 'f32');
  const way = string(c, 'direction', 'forward');
  if (!['forward', 'reverse', 'bidirectional'].includes(way))
    malformed(`${where(c)}: direction "${way}"`);
  const directions = way === 'bidirectional' ? 2 : 1;
  const x = b.plain(isBatchFirst ? b.transpose(given, [1, 0, 2]) : given);
  const [time = 0, batch = 0, features = 0] = x.shape;
  const w = input(c, 1);
  const r = input(c, 2);
  const hidden = r.shape[2] ?? 0;
  const rows = kind.gates * hidden;
  const isFit =
    x.shape.length === 3 &&
    count(x.shape) > 0 &&
    hidden > 0 &&
    number(c, 'hidden_size', hidden) === hidden &&
    sameShape(w.shape, [directions, rows, features]) &&
    sameShape(r.shape, [directions, rows, hidden]);
  if (!isFit) {
    malformed(`${where(c)}: ${describe(given)} with ${describe(w)} and ${describe(r)}`);
  }
  const all = b.constant(
    { dtype: 'i32', shape: [batch] },
    writeNumbers('i32', new Array<number>(batch).fill(time)),
  );
  const own = optional(c, 4);
  return {
    ...{ c, kind, time, batch, hidden, directions, isBatchFirst },
    x: b.reshape(x, [time * batch, features]),
    lengths: own ? parameter(c, own, [batch]) : all,
  };
}

function parameter(c: Context, tensor: Tensor, shape: readonly number[]): Tensor {
  if (!sameShape(tensor.shape, shape))
    malformed(`${where(c)}: ${describe(tensor)}; it must be [${shape.join()}]`);
  return tensor;
}

/** Optional f32 input of a shape. */
function optionalOf(c: Context, i: number, shape: readonly number[]): Tensor | undefined {
  const tensor = optional(c, i);
  return tensor && convert(c.b, parameter(c, tensor, shape), 'f32');
}

/** Initial states [batch, width] of a direction. */
function initial(
  { batch, c, directions, hidden, isBatchFirst, kind }: Sequence,
  d: number,
): Tensor[] {
  const { b } = c;
  return Array.from({ length: kind.states }, (_, i) => {
    const shape = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
    const given = optionalOf(c, 5 + i, shape);
    if (!given) return zeros(b, [batch, widthOf(hidden)]);
    const first = isBatchFirst ? b.plain(b.transpose(given, [1, 0, 2])) : given;
    const own = b.reshape(slice(b, first, 0, d, d + 1), [batch, hidden]);
    return pad(b, own, [0, 0], [0, widthOf(hidden) - hidden], new Uint8Array(4));
  });
}

/** Biases that are added to the gates before the steps [gates, width], and the one that a GRU adds to its last gate within them. */
function biasesOf({ c, directions, hidden, kind }: Sequence, d: number, isInside: boolean) {
  const { b } = c;
  const { gates } = kind;
  const shape = [gates, widthOf(hidden)];
  const given = optionalOf(c, 3, [directions, 2 * gates * hidden]);
  const none = zeros(b, [widthOf(hidden)]);
  if (!given) return { outside: zeros(b, shape), inside: none };
  const all = direction(b, given, d, 2 * gates, hidden);
  const own = slice(b, all, 0, 0, gates);
  const recurrent = slice(b, all, 0, gates, 2 * gates);
  if (!isInside) return { outside: binary(b, 'add', own, recurrent), inside: none };
  const last = slice(b, recurrent, 0, gates - 1, gates);
  const others = pad(b, slice(b, recurrent, 0, 0, gates - 1), [0, 0], [1, 0], new Uint8Array(4));
  return { outside: binary(b, 'add', own, others), inside: b.reshape(last, [widthOf(hidden)]) };
}

/** A call's output: results of some steps, in the order of time, then the states. */
interface Piece {
  readonly output: Tensor;
  /** Time of the first result. */
  readonly at: number;
  readonly steps: number;
}

function runDirection(s: Sequence, d: number, isReversed: boolean, functions: readonly number[]) {
  const { batch, c, hidden, kind, lengths, time, x } = s;
  const { b } = c;
  const { gates, kernel, states } = kind;
  const width = widthOf(hidden);
  const features = x.shape[1]!;
  const option = number(c, kernel === 'gru' ? 'linear_before_reset' : 'input_forget', 0) !== 0;
  const { inside, outside } = biasesOf(s, d, kernel === 'gru' && option);
  const weights = direction(b, convert(b, input(c, 1), 'f32'), d, gates, hidden);
  const columns = gates * width;
  const w = b.reshape(b.plain(b.transpose(weights, [2, 0, 1])), [features, columns]);
  const bias = b.reshape(outside, [columns]);
  const sums = w.data ? multiplyKnown(b, x, w, bias) : binary(b, 'add', multiply(b, x, w), bias);
  const recurrent = direction(b, convert(b, input(c, 2), 'f32'), d, gates, hidden);
  const r = b.reshape(b.plain(b.transpose(recurrent, [2, 0, 1])), [hidden, columns]);
  const peepholes = (): Tensor => {
    const given = optionalOf(c, 7, [s.directions, 3 * hidden]);
    return given ? direction(b, given, d, 3, hidden) : zeros(b, [3, width]);
  };
  const between = { rnn: () => [], gru: () => [inside], lstm: () => [peepholes()] }[kernel]();
  // 0 stands for no bound.
  const clip = floatBits(number(c, 'clip', 0) || Number.POSITIVE_INFINITY);
  const attributes = (begin: number, end: number): number[] => [
    ...[time, batch, hidden, begin, end],
    ...[isReversed ? 1 : 0, option ? 1 : 0, clip, ...functions],
  ];
  const cost = costOf(OPERATORS.get(kernel)!, attributes(0, time));
  const most = Math.max(1, Math.floor((time * b.limit) / cost));
  let state = initial(s, d);
  const pieces: Piece[] = [];
  for (let begin = 0; begin < time; begin += most) {
    const end = Math.min(time, begin + most);
    const steps = end - begin;
    const type = { dtype: 'f32', shape: [steps + states, batch, width] } as const;
    const operands = [sums, r, ...between, lengths, ...state];
    const output = b.call(kernel, operands, attributes(begin, end), type);
    state = state.map((_, i) =>
      b.reshape(slice(b, output, 0, steps + i, steps + i + 1), [batch, width]),
    );
    pieces.push({ output, steps, at: isReversed ? time - end : begin });
  }
  return { pieces, state };
}

function sequence(kind: Kind) {
  return (c: Context): (Tensor | undefined)[] => {
    const { b } = c;
    const s = readSequence(c, kind);
    const { batch, directions, hidden, isBatchFirst, time } = s;
    const { dtype } = input(c, 0);
    const functions = activationsOf(c, kind, directions);
    const n = kind.functions.length;
    const runs = Array.from({ length: directions }, (_, d) => {
      const own = functions.slice(d * n, (d + 1) * n).flat();
      const isReversed = d === 1 || string(c, 'direction', 'forward') === 'reverse';
      return runDirection(s, d, isReversed, own);
    });
    const width = widthOf(hidden);
    const wanted = (i: number): boolean => Boolean(c.node.outputs[i]);
    /** A tensor of the network's layout from parts [.., batch, width], of which each has its place and strides. */
    const gathered = (
      shape: number[],
      parts: (type: { dtype: 'f32'; shape: number[] }) => Part[],
    ) => {
      const type = { dtype: 'f32', shape } as const;
      return convert(b, b.assemble(type, parts(type)), dtype);
    };
    const y = () =>
      gathered(
        isBatchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden],
        (type) => {
          const strides = stridesOf(type.shape);
          const [t, d, i] = isBatchFirst ? [1, 2, 0] : [0, 1, 2];
          return runs.flatMap(({ pieces }, way) =>
            pieces.map(({ at, output, steps }) =>
              b.box(output, type, {
                size: [steps, batch, hidden],
                from: [batch * width, width, 1],
                to: [strides[t]!, strides[i]!, 1],
                at: at * strides[t]! + way * strides[d]!,
              }),
            ),
          );
        },
      );
    const last = (which: number) =>
      gathered(isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden], (type) => {
        const strides = stridesOf(type.shape);
        const [d, i] = isBatchFirst ? [1, 0] : [0, 1];
        return runs.map(({ state }, way) =>
          b.box(state[which]!, type, {
            size: [batch, hidden],
            from: [width, 1],
            to: [strides[i]!, 1],
            at: way * strides[d]!,
          }),
        );
      });
    return [
      wanted(0) ? y() : undefined,
      ...Array.from({ length: kind.states }, (_, i) => (wanted(i + 1) ? last(i) : undefined)),
    ];
  };
}

export const SEQUENCES: Lowerings = {
  RNN: sequence({ kernel: 'rnn', gates: 1, states: 1, functions: ['Tanh'] }),
  GRU: sequence({ kernel: 'gru', gates: 3, states: 1, functions: ['Sigmoid', 'Tanh'] }),
  LSTM: sequence({ kernel: 'lstm', gates: 4, states: 2, functions: ['Sigmoid', 'Tanh', 'Tanh'] }),
};
