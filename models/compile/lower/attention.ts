/** Scaled dot product attention. */
import type { Builder } from '../builder.ts';
import {
  type Context,
  input,
  type Lowerings,
  number,
  optional,
  where as place,
} from '../context.ts';
import { malformed, unsupported } from '../errors.ts';
import { count, describe, sameShape, type Tensor } from '../tensor.ts';
import { broadcast, broadcastShape, broadcastStrides } from './broadcast.ts';
import { convert } from './cast.ts';
import { binary, floatBits, isFloat, scalar, unary, where } from './elementary.ts';
import { concat } from './movement.ts';
import { multiply } from './products.ts';
import { alongAxis, softmaxOfRows } from './softmax.ts';

export interface AttentionOptions {
  readonly scale: number;
  /** f32, added to the scores; its shape broadcasts to [batch, heads, queries, keys]. */
  readonly mask?: Tensor;
  /** Whether query i sees no keys behind i + `offset`. */
  readonly isCausal?: boolean;
  readonly offset?: number;
}

/** Strides of batch, head and row of a tensor of rank 4 whose last axis is stored last, as it is or put in order. */
function rowsOf(b: Builder, tensor: Tensor): { x: Tensor; strides: number[] } {
  const x = tensor.axes?.at(-1) === 3 ? tensor : b.plain(tensor);
  return { x: b.stored(x), strides: broadcastStrides(x, x.shape).slice(0, 3) };
}

/**
 * softmax(q k^T scale + mask) v for f32 q [batch, heads, queries, depth], k [batch, h, keys, depth] and v [batch, h, keys, width], where heads is a
 * multiple of h: [batch, heads, queries, width], stored as [batch, queries, heads, width], so that joining the heads moves nothing. One kernel
 * (vm/kernels/recurrent/attention.ts), whose scores never become a tensor.
 */
export function attend(
  b: Builder,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
): Tensor {
  const [batch = 1, heads = 1, queries = 1, depth = 1] = q.shape;
  const [, shared = 1, keys = 1] = k.shape;
  const width = v.shape[3]!;
  const { isCausal = false, offset = 0, scale } = options;
  const parts = [q, k, v].map((tensor) => rowsOf(b, tensor));
  const whole = [batch, heads, queries, keys];
  const given = options.mask;
  if (given && !sameShape(broadcastShape(b, [given, { ...given, shape: whole }]), whole))
    malformed(`${b.scope}: the mask ${describe(given)} for scores [${whole.join()}]`);
  const isWide = given && given.shape.at(-1) !== keys;
  const plain =
    given && b.plain(isWide ? broadcast(b, given, [...whole.slice(0, 3), keys]) : given);
  const mask = plain ?? scalar(b, 'f32', 0);
  const ofMask = plain ? broadcastStrides(plain, whole).slice(0, 3) : [0, 0, 0];
  const shape = [batch, queries, heads, width];
  const attributes = [
    ...[batch, heads, heads / shared, queries, keys, depth, width],
    ...parts.flatMap(({ strides }) => strides),
    ...[plain ? count(plain.shape) : 0, ...ofMask],
    ...[isCausal ? 1 : 0, offset, floatBits(scale)],
  ];
  const operands = [...parts.map(({ x }) => x), mask];
  const type = { dtype: 'f32', shape } as const;
  const y = b.rows('attention', operands, type, batch * heads * queries, (begin, end) => [
    ...attributes,
    begin,
    end,
  ]);
  return b.transpose(y, [0, 2, 1, 3]);
}

/** [batch, rows, heads * size] as [batch, heads, rows, size]; a tensor of rank 4 is that already. */
function byHeads(c: Context, x: Tensor, name: string): Tensor {
  if (x.shape.length === 4) return x;
  const [batch = 0, rows = 0, all = 0] = x.shape;
  const heads = number(c, name);
  if (x.shape.length !== 3 || !(heads >= 1) || all % heads !== 0)
    malformed(`${place(c)}: ${describe(x)} for ${heads} heads`);
  return c.b.transpose(c.b.reshape(x, [batch, rows, heads, all / heads]), [0, 2, 1, 3]);
}

/** What is added to scores: false becomes minus infinity. */
function additive(b: Builder, mask: Tensor): Tensor {
  if (mask.dtype !== 'bool') return convert(b, mask, 'f32');
  return where(b, mask, scalar(b, 'f32', 0), scalar(b, 'f32', Number.NEGATIVE_INFINITY));
}

/** Scores that are bent by a tanh before the mask is added: made of other operators. */
function softcapped(
  b: Builder,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  cap: number,
  mask: Tensor | undefined,
  scale: number,
) {
  const turned = b.transpose(k, [0, 1, 3, 2]);
  const scores = binary(b, 'mul', multiply(b, q, turned), scalar(b, 'f32', scale / cap));
  const bent = binary(b, 'mul', unary(b, 'tanh', scores), scalar(b, 'f32', cap));
  const masked = mask ? binary(b, 'add', bent, mask) : bent;
  return multiply(
    b,
    alongAxis(b, masked, 3, (rows) => softmaxOfRows(b, rows)),
    v,
  );
}

/** ONNX Attention (version 23): past keys and values are put in front, and are results too. */
function attention(c: Context): (Tensor | undefined)[] {
  const { b } = c;
  const first = input(c, 0);
  const { dtype } = first;
  if (!isFloat(dtype)) unsupported(`${place(c)}: ${describe(first)}`);
  const own = ['q_num_heads', 'kv_num_heads', 'kv_num_heads'].map((name, i) =>
    byHeads(c, convert(b, input(c, i), 'f32'), name),
  );
  const pasts = [4, 5].map((i) => optional(c, i)).map((past) => past && convert(b, past, 'f32'));
  const q = own[0]!;
  const [k, v] = pasts.map((past, i) => (past ? concat(b, [past, own[i + 1]!], 2) : own[i + 1]!));
  const fits =
    k!.shape[3] === q.shape[3] &&
    k!.shape[2] === v!.shape[2] &&
    k!.shape[1] === v!.shape[1] &&
    [k!, v!].every(({ shape }) => shape[0] === q.shape[0]) &&
    q.shape[1]! % k!.shape[1]! === 0 &&
    count(q.shape) * count(k!.shape) * count(v!.shape) > 0;
  if (!fits) malformed(`${place(c)}: ${[q, k!, v!].map(describe).join(', ')}`);
  const given = optional(c, 3);
  const mask = given && additive(b, given);
  const scale = number(c, 'scale', 1 / Math.sqrt(q.shape[3]!));
  const isCausal = number(c, 'is_causal', 0) !== 0;
  const cap = number(c, 'softcap', 0);
  if (cap !== 0 && (isCausal || q.shape[1] !== k!.shape[1]))
    unsupported(`${place(c)}: softcap with is_causal or shared heads`);
  const y =
    cap === 0
      ? attend(b, q, k!, v!, {
          scale,
          isCausal,
          offset: pasts[0]?.shape[2] ?? 0,
          ...(mask ? { mask } : {}),
        })
      : softcapped(b, q, k!, v!, cap, mask, scale);
  const [batch = 1, heads = 1, queries = 1, width = 1] = y.shape;
  const joined =
    first.shape.length === 4
      ? y
      : b.reshape(b.transpose(y, [0, 2, 1, 3]), [batch, queries, heads * width]);
  return [joined, k, v].map((tensor) => convert(b, tensor!, dtype));
}

export const ATTENTION: Lowerings = { Attention: { anyAxes: true, lower: attention } };
