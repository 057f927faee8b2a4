/**
 * What a file of weights doesn't tell: a network's layers, in JSON (docs/importing.md). Names and defaults are those of
 * `torch.nn`; a layer's weights are the tensors `NAME.weight`, `NAME.bias`, ...
 */
import { z } from 'zod';
import { malformed, unsupported } from '../../compile/errors.ts';
import { DTYPES, type Dtype } from '../../graph.ts';
import { isObject } from '../layers/json.ts';

const name = z.string().min(1).max(256);
const size = z.int().min(1).max(65_536);
const sizes = z.union([size, z.array(size).min(1).max(3)]);
const paddings = z.union([
  z.int().min(0).max(65_536),
  z.array(z.int().min(0).max(65_536)).min(1).max(3),
]);
const axis = z.int().min(-31).max(31);
const dimensions = z
  .array(
    z
      .int()
      .min(-1)
      .max(2 ** 31),
  )
  .max(31);
const epsilon = z.number().min(0).max(1).default(1e-5);

const base = {
  name,
  /** Layer or input that it takes; without it the layer before. */
  input: name.optional(),
  /** Prefix of its tensors' names; without it its own name. */
  weights: name.optional(),
};

function layer<T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) {
  return z.strictObject({ type: z.literal(type), ...base, ...shape });
}

const convolution = {
  stride: sizes.default(1),
  padding: paddings.default(0),
  dilation: sizes.default(1),
  groups: size.default(1),
};
const pool = { kernel: sizes, stride: sizes.optional(), padding: paddings.default(0) };
const recurrent = {
  numLayers: z.int().min(1).max(64).default(1),
  bidirectional: z.boolean().default(false),
  batchFirst: z.boolean().default(false),
};
const merge = { inputs: z.array(name).min(1).max(1024) };
const attribute = z.union([
  z.number(),
  z.string().max(10_000),
  z.array(z.number()).max(100_000),
  z.array(z.string().max(1000)).max(1000),
]);

const SCHEMAS = {
  conv: layer('conv', convolution),
  convTranspose: layer('convTranspose', { ...convolution, outputPadding: paddings.default(0) }),
  linear: layer('linear', {}),
  batchNorm: layer('batchNorm', { epsilon }),
  layerNorm: layer('layerNorm', { epsilon }),
  embedding: layer('embedding', {}),
  lstm: layer('lstm', recurrent),
  gru: layer('gru', recurrent),
  maxPool: layer('maxPool', {
    ...pool,
    dilation: sizes.default(1),
    ceil: z.boolean().default(false),
  }),
  avgPool: layer('avgPool', {
    ...pool,
    ceil: z.boolean().default(false),
    countIncludePad: z.boolean().default(true),
  }),
  globalAvgPool: layer('globalAvgPool', {}),
  relu: layer('relu', {}),
  relu6: layer('relu6', {}),
  leakyRelu: layer('leakyRelu', { slope: z.number().default(0.01) }),
  elu: layer('elu', { alpha: z.number().default(1) }),
  gelu: layer('gelu', { approximate: z.enum(['none', 'tanh']).default('none') }),
  silu: layer('silu', {}),
  sigmoid: layer('sigmoid', {}),
  tanh: layer('tanh', {}),
  softmax: layer('softmax', { axis: axis.default(-1) }),
  logSoftmax: layer('logSoftmax', { axis: axis.default(-1) }),
  flatten: layer('flatten', { axis: axis.default(1) }),
  dropout: layer('dropout', { p: z.number().optional() }),
  identity: layer('identity', {}),
  reshape: layer('reshape', { shape: dimensions }),
  permute: layer('permute', { order: z.array(axis).max(31) }),
  add: layer('add', merge),
  sub: layer('sub', merge),
  mul: layer('mul', merge),
  concat: layer('concat', { ...merge, axis: axis.default(1) }),
  /** Any operator of ONNX; its inputs may be tensors of the file too. */
  onnx: layer('onnx', {
    op: z.string().regex(/^[A-Z][A-Za-z0-9]{0,63}$/),
    inputs: z.array(z.string().max(256)).max(1024),
    attributes: z.record(name, attribute).default({}),
  }),
} as const;

const layers = Object.values(SCHEMAS);
const network = z.strictObject({
  format: z.literal('pinpoint-network'),
  version: z.literal(1),
  name,
  inputs: z
    .array(
      z.strictObject({
        name,
        dtype: z.enum(Object.keys(DTYPES) as [Dtype, ...Dtype[]]).default('f32'),
        /** Sizes, and names of those that are given when the network is compiled. */
        shape: z
          .array(
            z.union([
              z
                .int()
                .min(1)
                .max(2 ** 31),
              name,
            ]),
          )
          .max(31),
      }),
    )
    .min(1)
    .max(1024),
  layers: z
    .array(z.discriminatedUnion('type', layers as unknown as [(typeof layers)[number]]))
    .min(1)
    .max(100_000),
  /** Layers whose results are the network's; without it the last layer. */
  outputs: z.array(name).min(1).max(1024).optional(),
});

export type Description = z.infer<typeof network>;
export type DescribedLayer = Description['layers'][number];

export const isDescription = (value: unknown): boolean =>
  isObject(value) && value.format === 'pinpoint-network';

/** @throws ModelError BAD_NETWORK; UNSUPPORTED_OPERATOR with all types of layers that there aren't */
export function readDescription(value: unknown): Description {
  const listed = isObject(value) && Array.isArray(value.layers) ? value.layers : [];
  const types = listed.map((one: unknown) => (isObject(one) ? one.type : undefined));
  const unknown = types.filter(
    (type): type is string => typeof type === 'string' && !Object.hasOwn(SCHEMAS, type),
  );
  if (unknown.length > 0) {
    unsupported(`layers that aren't supported: ${[...new Set(unknown)].sort().join(', ')}`);
  }
  const parsed = network.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 5);
  return malformed(
    `the description of the network: ${issues.map(({ message, path }) => `${path.join('.')}: ${message}`).join('; ')}`,
  );
}
