/** Options of operators: which table of the schema has which fields. Every operator has one table at most, so its name says which. */
import { malformed } from '../../compile/errors.ts';
import type { Scalar, Table } from './tables.ts';

export type Options = Readonly<Record<string, number | readonly number[]>>;

type Field =
  | { readonly index: number; readonly type: Scalar; readonly otherwise: number }
  | { readonly index: number; readonly type: 'list' };

const field = (index: number, type: Scalar, otherwise = 0): Field => ({ index, type, otherwise });
const list = (index: number): Field => ({ index, type: 'list' });

const activation = (index: number) => ({ activation: field(index, 'u8') });
const strides = { padding: field(0, 'u8'), strideW: field(1, 'i32'), strideH: field(2, 'i32') };
const pool = {
  ...strides,
  filterW: field(3, 'i32'),
  filterH: field(4, 'i32'),
  ...activation(5),
};
const reducer = { keepDims: field(0, 'u8') };
const half = (index: number) => ({
  alignCorners: field(index, 'u8'),
  halfPixelCenters: field(index + 1, 'u8'),
});

const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ADD: { ...activation(0), potScale: field(1, 'u8', 1) },
  SUB: { ...activation(0), potScale: field(1, 'u8', 1) },
  MUL: activation(0),
  DIV: activation(0),
  L2_NORMALIZATION: activation(0),
  CONV_2D: {
    ...strides,
    ...activation(3),
    dilationW: field(4, 'i32', 1),
    dilationH: field(5, 'i32', 1),
  },
  DEPTHWISE_CONV_2D: {
    ...strides,
    depthMultiplier: field(3, 'i32'),
    ...activation(4),
    dilationW: field(5, 'i32', 1),
    dilationH: field(6, 'i32', 1),
  },
  TRANSPOSE_CONV: { ...strides, ...activation(3) },
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  L2_POOL_2D: pool,
  FULLY_CONNECTED: {
    ...activation(0),
    weightsFormat: field(1, 'u8'),
    keepNumDims: field(2, 'u8'),
  },
  SOFTMAX: { beta: field(0, 'f32') },
  CONCATENATION: { axis: field(0, 'i32'), ...activation(1) },
  LOCAL_RESPONSE_NORMALIZATION: {
    radius: field(0, 'i32'),
    bias: field(1, 'f32'),
    alpha: field(2, 'f32'),
    beta: field(3, 'f32'),
  },
  RESHAPE: { newShape: list(0) },
  RESIZE_BILINEAR: half(2),
  RESIZE_NEAREST_NEIGHBOR: half(0),
  SPACE_TO_DEPTH: { blockSize: field(0, 'i32') },
  DEPTH_TO_SPACE: { blockSize: field(0, 'i32') },
  MEAN: reducer,
  SUM: reducer,
  REDUCE_PROD: reducer,
  REDUCE_MAX: reducer,
  REDUCE_MIN: reducer,
  REDUCE_ANY: reducer,
  REDUCE_ALL: reducer,
  SQUEEZE: { squeezeDims: list(0) },
  SPLIT: { numSplits: field(0, 'i32') },
  SPLIT_V: { numSplits: field(0, 'i32') },
  STRIDED_SLICE: {
    beginMask: field(0, 'i32'),
    endMask: field(1, 'i32'),
    ellipsisMask: field(2, 'i32'),
    newAxisMask: field(3, 'i32'),
    shrinkAxisMask: field(4, 'i32'),
    offset: field(5, 'u8'),
  },
  GATHER: { axis: field(0, 'i32'), batchDims: field(1, 'i32') },
  PACK: { valuesCount: field(0, 'i32'), axis: field(1, 'i32') },
  UNPACK: { num: field(0, 'i32'), axis: field(1, 'i32') },
  ONE_HOT: { axis: field(0, 'i32') },
  MIRROR_PAD: { mode: field(0, 'u8') },
  LEAKY_RELU: { alpha: field(0, 'f32') },
  BATCH_MATMUL: { adjX: field(0, 'u8'), adjY: field(1, 'u8') },
  CUMSUM: { exclusive: field(0, 'u8'), reverse: field(1, 'u8') },
  GELU: { approximate: field(0, 'u8') },
};

export function readOptions(builtin: string, table: Table | undefined): Options {
  const fields = Object.hasOwn(FIELDS, builtin) ? FIELDS[builtin]! : {};
  const read = (one: Field): number | number[] => {
    if (one.type === 'list') return table?.numbers(one.index, 'i32') ?? [];
    const value = table?.number(one.index, one.type, one.otherwise) ?? one.otherwise;
    return Number.isFinite(value) ? value : malformed(`${builtin} has an option that is ${value}`);
  };
  return Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, read(one)]));
}
