/** Rules of vm/kernels/recurrent: recurrent networks and attention. */
import { REGION_BYTES } from '../../vm/constants.ts';
import { product, type Rule, type Rules } from './rule.ts';

/** Activation functions of recurrent cells by their number. */
export const ACTIVATIONS = [
  'Sigmoid',
  'Tanh',
  'Relu',
  'Affine',
  'LeakyRelu',
  'ThresholdedRelu',
  'ScaledTanh',
  'HardSigmoid',
  'Elu',
  'Softsign',
  'Softplus',
] as const;

const SEQUENCE = ['time', 'batch', 'hidden', 'begin', 'end', 'reverse', 'option', 'clip'];

/** Elements of a row: units are computed by fours. */
export const widthOf = (hidden: number): number => Math.ceil(hidden / 4) * 4;

interface Cell {
  readonly gates: number;
  readonly states: number;
  readonly activations: number;
  /** Elements of the operand between the weights and the lengths, in rows. */
  readonly rows: number;
  /** Rows of scratch. */
  readonly scratch: number;
}

/** A kernel that runs some steps of a sequence (vm/kernels/recurrent/sequence.ts). */
function cell({ activations, gates, rows, scratch, states }: Cell): Rule {
  const functions = Array.from({ length: activations }, (_, i) => i);
  const activation = (i: number): string[] => [`activation${i}`, `alpha${i}`, `beta${i}`];
  return {
    attributes: [...SEQUENCE, ...functions.flatMap((i) => activation(i))],
    zeros: ['begin', 'reverse', 'option', ...functions.flatMap((i) => activation(i))],
    check(attributes) {
      const [time = 0, , , begin = 0, end = 0] = attributes;
      const bad = functions.find((i) => attributes[SEQUENCE.length + 3 * i]! >= ACTIVATIONS.length);
      if (bad !== undefined) return `there is no such activation function`;
      return begin < end && end <= time ? undefined : `steps ${begin} to ${end} of ${time}`;
    },
    operands([time = 0, batch = 0, hidden = 0, begin = 0, end = 0]) {
      const width = widthOf(hidden);
      const state = ['f32', product(batch, width)] as const;
      return [
        ['f32', product(time, batch, gates, width)],
        ['f32', product(hidden, gates, width)],
        ...(rows > 0 ? [['f32', product(rows, width)] as const] : []),
        ['i32', batch],
        ...Array.from({ length: states }, () => state),
        ['f32', product(end - begin + states, batch, width)],
      ];
    },
    scratch: ([, , hidden = 0]) => 4 * scratch * widthOf(hidden),
    cost: ([, batch = 0, hidden = 0, begin = 0, end = 0]) =>
      product(end - begin, batch, widthOf(hidden), gates * (hidden + 40)),
  };
}

const strides = (of: string): string[] => ['Batch', 'Head', 'Row'].map((axis) => of + axis);

const ATTENTION_NAMES = [
  ...['batch', 'heads', 'group', 'queries', 'keys', 'depth', 'width'],
  ...[...strides('q'), ...strides('k'), ...strides('v'), 'mask', ...strides('mask')],
  ...['causal', 'offset', 'scale', 'begin', 'end'],
];

/** The attributes of `attention` by parts. */
function attentionParts(attributes: readonly number[]) {
  const [batch = 0, heads = 0, group = 0, queries = 0, keys = 0, depth = 0, width = 0] = attributes;
  const [mask = 0, ...rest] = attributes.slice(16);
  const [begin = 0, end = 0] = attributes.slice(-2);
  /** One behind the last element that is read of vectors of `size`. */
  const reach = (at: number, groups: number, rows: number, size: number): number => {
    const [ofBatch = 0, ofHead = 0, ofRow = 0] = at < 0 ? rest : attributes.slice(at);
    return (batch - 1) * ofBatch + (groups - 1) * ofHead + (rows - 1) * ofRow + size;
  };
  const shared = heads / group;
  const columns = widthOf(keys);
  const wide = widthOf(width);
  return {
    ...{ batch, heads, group, shared, queries, keys, depth, width, mask, begin, end },
    scratch: 4 * (columns * (depth + 4) + 4 * wide + (wide === width ? 0 : keys * wide)),
    reach: {
      q: reach(7, heads, queries, depth),
      k: reach(10, shared, keys, depth),
      v: reach(13, shared, keys, width),
      mask: reach(-1, heads, queries, keys),
    },
  };
}

const attention: Rule = {
  attributes: ATTENTION_NAMES,
  zeros: ATTENTION_NAMES.slice(7).filter((name) => name !== 'end'),
  check(attributes) {
    const { batch, begin, depth, end, group, heads, keys, mask, queries, reach, scratch, ...rest } =
      attentionParts(attributes);
    const { shared, width } = rest;
    if (heads % group !== 0) return `${heads} heads in groups of ${group}`;
    const rows = product(batch, heads, queries);
    if (begin >= end || end > rows) return `rows ${begin} to ${end} of ${rows}`;
    if (reach.q > rows * depth) return `it reads element ${reach.q - 1} of the queries`;
    if (reach.k > product(batch, shared, keys, depth)) return 'it reads behind the keys';
    if (reach.v > product(batch, shared, keys, width)) return 'it reads behind the values';
    if (mask > 0 && reach.mask > mask) return `it reads element ${reach.mask - 1} of the mask`;
    return scratch > REGION_BYTES ? `its scratch takes ${scratch} bytes` : undefined;
  },
  operands(attributes) {
    const { batch, depth, heads, keys, mask, queries, shared, width } = attentionParts(attributes);
    return [
      ['f32', product(batch, heads, queries, depth)],
      ['f32', product(batch, shared, keys, depth)],
      ['f32', product(batch, shared, keys, width)],
      ['f32', Math.max(1, mask)],
      ['f32', product(batch, queries, heads, width)],
    ];
  },
  updates(attributes) {
    const { batch, begin, end, heads, queries } = attentionParts(attributes);
    return end - begin < product(batch, heads, queries);
  },
  scratch: (attributes) => attentionParts(attributes).scratch,
  cost(attributes) {
    const { begin, depth, end, keys, queries, width } = attentionParts(attributes);
    const rows = end - begin;
    const packing = 5 * keys * (depth + (width % 4 === 0 ? 0 : width));
    return rows * keys * (depth + width + 20) + Math.ceil(rows / queries) * packing;
  },
};

export const RECURRENT: Rules = {
  attention,
  rnn: cell({ gates: 1, states: 1, activations: 1, rows: 0, scratch: 1 }),
  gru: cell({ gates: 3, states: 1, activations: 2, rows: 1, scratch: 4 }),
  lstm: cell({ gates: 4, states: 2, activations: 3, rows: 3, scratch: 4 }),
};
