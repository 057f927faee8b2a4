/** Normalisation by channels of images: batch, instance and group normalisation, local responses. */
import type { Builder } from '../../builder.ts';
import { type Context, type Lowerings, number, where } from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import { count, type Tensor } from '../../tensor.ts';
import { binary, floatBits } from '../elementary.ts';
import { slice } from '../movement.ts';
import { coefficientsOf, momentsOf, parameters, repeated, stacked, typed } from './moments.ts';

/** Where the channels of a tensor [batch, channels, ...] are stored. */
interface Layout {
  readonly batch: number;
  /** Elements of an image before and behind the channels. */
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** The layout of what is stored; undefined if the images aren't stored one after the other. */
function layoutOf({ axes, shape }: Tensor): Layout | undefined {
  const [batch = 1, channels = 1] = shape;
  const order = axes ?? shape.map((_, i) => i);
  if (batch > 1 && order[0] !== 0) return undefined;
  const sizes = order.map((axis) => shape[axis]!);
  const at = order.indexOf(1);
  const before = at < 0 ? 1 : count(sizes.slice(0, at)) / (order.indexOf(0) < at ? batch : 1);
  const image = count(shape) / batch;
  return { batch, outer: before, channels, inner: image / channels / before };
}

/** x * a + s by channels, where the coefficients are [2, batch or 1, channels]. */
function scaleShift(b: Builder, x: Tensor, coefficients: Tensor, layout: Layout): Tensor {
  const { batch, channels, inner, outer } = layout;
  const stored = b.stored(x);
  const attributes =
    coefficients.shape[1] === batch
      ? [batch, outer, channels, inner]
      : [1, batch * outer, channels, inner];
  return b.withAxes(b.call('scaleShift', [stored, coefficients], attributes, stored), x.axes);
}

/** A tensor [batch, channels, ...] that is stored image after image. */
function byImages(b: Builder, x: Tensor): { x: Tensor; layout: Layout } {
  const layout = layoutOf(x);
  if (layout) return { x, layout };
  const plain = b.plain(x);
  return { x: plain, layout: layoutOf(plain)! };
}

function batchNormalization(c: Context, given: Tensor): Tensor[] {
  const { b, opset } = c;
  const { layout, x } = byImages(b, given);
  if (opset < 9 && number(c, 'spatial', 1) === 0) unsupported(`${where(c)}: spatial = 0`);
  const { channels } = layout;
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => parameters(c, i, channels));
  const epsilon = number(c, 'epsilon', 1e-5);
  // Before version 14 more than one output asked for training.
  const isTraining =
    opset >= 14 ? number(c, 'training_mode', 0) !== 0 : c.node.outputs.slice(1).some(Boolean);
  if (!isTraining) {
    const moments = b.reshape(stacked(b, [mean!, variance!]), [2, 1, channels]);
    return [scaleShift(b, x, coefficientsOf(b, moments, scale!, bias!, epsilon), layout)];
  }
  const byChannel = b.plain(b.transpose(given, [1, 0, ...given.shape.map((_, i) => i).slice(2)]));
  const moments = momentsOf(b, byChannel, channels, count(given.shape) / channels, 1);
  const coefficients = coefficientsOf(
    b,
    b.reshape(moments, [2, 1, channels]),
    scale!,
    bias!,
    epsilon,
  );
  // Running values: old * momentum + new * (1 - momentum).
  const momentum = number(c, 'momentum', 0.9);
  const running = [mean!, variance!].map((old, i) => {
    const fresh = b.reshape(slice(b, moments, 0, i, i + 1), [channels]);
    const kept = binary(b, 'mul', old, repeated(b, momentum, 1));
    return binary(b, 'add', kept, binary(b, 'mul', fresh, repeated(b, 1 - momentum, 1)));
  });
  return [scaleShift(b, x, coefficients, layout), ...running];
}

function instanceNormalization(c: Context, given: Tensor): Tensor {
  const { b } = c;
  const near = byImages(b, given);
  // Sets with parts on both sides of the channels would need two passes.
  const isApart = near.layout.outer > 1 && near.layout.inner > 1;
  const { layout, x } = isApart ? byImages(b, b.plain(near.x)) : near;
  const { batch, channels, inner, outer } = layout;
  const [scale, bias] = [1, 2].map((i) => parameters(c, i, channels));
  const stored = b.stored(x);
  const moments =
    outer > 1
      ? momentsOf(b, stored, batch, outer, channels)
      : momentsOf(b, stored, batch * channels, inner, 1);
  const epsilon = number(c, 'epsilon', 1e-5);
  const byChannel = b.reshape(moments, [2, batch, channels]);
  return scaleShift(b, x, coefficientsOf(b, byChannel, scale!, bias!, epsilon), layout);
}

function groupNormalization(c: Context, x: Tensor): Tensor {
  const { b } = c;
  const layout = layoutOf(x)!;
  const { batch, channels, inner } = layout;
  const groups = number(c, 'num_groups');
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    malformed(`${where(c)}: ${channels} channels in ${groups} groups`);
  // Version 18 had a scale and a bias for each group.
  const each = channels / groups;
  const [scale, bias] = [1, 2].map((i) =>
    c.opset >= 21
      ? parameters(c, i, channels)
      : b.move(parameters(c, i, groups), [channels], { size: [groups, each], from: [1, 0] }),
  );
  const moments = momentsOf(b, x, batch * groups, each * inner, 1);
  const byGroup = b.reshape(moments, [2, batch, groups]);
  const epsilon = number(c, 'epsilon', 1e-5);
  return scaleShift(b, x, coefficientsOf(b, byGroup, scale!, bias!, epsilon), layout);
}

/** Exponents that `lrn` has in short, by their number; the next number is any other. */
const POWERS = [0.5, 0.75, 1];

function lrn(c: Context, given: Tensor): Tensor {
  const { b } = c;
  const { layout, x } = byImages(b, given);
  const { batch, channels, inner, outer } = layout;
  const size = number(c, 'size');
  const beta = number(c, 'beta', 0.75);
  const power = POWERS.includes(beta) ? POWERS.indexOf(beta) : POWERS.length;
  if (!Number.isInteger(size) || size < 1) malformed(`${where(c)}: size = ${size}`);
  const before = Math.min(channels, Math.floor((size - 1) / 2));
  const after = Math.min(channels, Math.ceil((size - 1) / 2));
  const factor = number(c, 'alpha', 1e-4) / size;
  const stored = b.stored(x);
  const y = b.call(
    'lrn',
    [stored],
    [
      ...[batch * outer, channels, inner, before, after],
      ...[floatBits(factor), floatBits(number(c, 'bias', 1)), power, floatBits(beta)],
    ],
    stored,
  );
  return b.withAxes(y, x.axes);
}

export const CHANNELS: Lowerings = {
  BatchNormalization: typed(batchNormalization, true),
  InstanceNormalization: typed(instanceNormalization, true),
  GroupNormalization: typed(groupNormalization, false),
  LRN: typed(lrn, true),
};
