/** Convolutions of tensors whose channels are stored last. */
import type { Builder } from '../builder.ts';
import { unsupported } from '../errors.ts';
import { count, stridesOf, type Tensor } from '../tensor.ts';
import { packPanels } from './panels.ts';
import { gemm, UNBOUNDED } from './products.ts';
import { indicesOf, rowsOf, type Windows, windowAttributes } from './windows.ts';

/** Stored with the channels last: [n, ...spatial, c] of a logical [n, c, ...spatial]. */
export function channelsLast(b: Builder, x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return b.plain(b.transpose(x, [0, ...axes.slice(2), 1]));
}

/** The logical [n, c, ...spatial] of a stored [n, ...spatial, c]. */
export function channelsFirst(b: Builder, y: Tensor): Tensor {
  const last = y.shape.length - 1;
  return b.transpose(y, [0, last, ...y.shape.slice(1, -1).map((_, i) => i + 1)]);
}

/** Where the weights of a convolution lie in their tensor: strides of the output channels and of the input channels of a group, in elements. */
interface Weights {
  readonly tensor: Tensor;
  /** Output channels of all groups. */
  readonly outputs: number;
  readonly groups: number;
  readonly groupStride: number;
  readonly outputStride: number;
  readonly inputStride: number;
  /** Offset of each tap. */
  readonly taps: readonly number[];
}

/** f32 [n, ...outputs, co] of x f32 [n, ...spatial, c]. */
export function convolve(
  b: Builder,
  x: Tensor,
  weights: Weights,
  bias: Tensor,
  windows: Windows,
): Tensor {
  const batch = x.shape[0]!;
  const channels = x.shape.at(-1)!;
  const { groups, groupStride, inputStride, outputs: co, outputStride, taps, tensor } = weights;
  const type = { dtype: 'f32', shape: [batch, ...windows.outputs, co] } as const;
  const attributes = windowAttributes(windows, batch, channels);
  const rows = rowsOf(windows, batch);
  if (groups === channels && groups > 1 && co % groups === 0) {
    // Each input channel makes some output channels: with one it is what the kernel does, with more the input is repeated.
    const times = co / groups;
    const w = weightsByTap(b, weights, times);
    const source = times === 1 ? x : repeatChannels(b, x, times);
    const own = windowAttributes(windows, batch, co);
    return b.rows('depthwise', [source, w, bias], type, rows, (begin, end) => [
      ...[...own, begin, end],
      ...UNBOUNDED,
    ]);
  }
  const packed = packPanels(b, tensor, {
    ...{ groups, groupStride, columns: co / groups, columnStride: outputStride },
    ...{ taps, channels: channels / groups, channelStride: inputStride },
  });
  if (groups === 1 && isPointwise(windows)) {
    const m = count(x.shape) / channels;
    return b.reshape(gemm(b, x, packed, bias, [m, channels, co]), type.shape);
  }
  return b.rows('conv', [x, packed, bias], type, rows, (begin, end) => [
    ...[...attributes, co, groups, begin, end],
    ...UNBOUNDED,
  ]);
}

/** A window of one element over every element: a product of matrices. */
const isPointwise = ({ before, outputs, sizes, strides, window }: Windows): boolean =>
  window.every((size) => size === 1) &&
  strides.every((stride) => stride === 1) &&
  before.every((padding) => padding === 0) &&
  sizes.every((size, i) => size === outputs[i]);

/** Weights of a depthwise convolution as its kernel takes them: f32 [taps, co]. */
function weightsByTap(
  b: Builder,
  { groupStride, groups, outputStride, taps, tensor }: Weights,
  times: number,
): Tensor {
  const w = b.plain(tensor);
  const co = groups * times;
  const type = { dtype: w.dtype, shape: [taps.length, co] };
  return b.assemble(
    type,
    taps.map((tap, i) =>
      b.box(w, type, {
        size: [groups, times],
        from: [groupStride, outputStride],
        to: [times, 1],
        start: tap,
        at: i * co,
      }),
    ),
  );
}

function repeatChannels(b: Builder, x: Tensor, times: number): Tensor {
  const channels = x.shape.at(-1)!;
  const shape = [...x.shape.slice(0, -1), channels * times];
  const pixels = count(x.shape) / channels;
  return b.move(x, shape, { size: [pixels, channels, times], from: [channels, 1, 0] });
}

/** Calls that a transposed convolution may be made of. */
const MOST_PHASES = 4096;

/**
 * A transposed convolution: y[o] = bias + sum over all i, k with o = i * stride + k * dilation - before of x[i] * w[k]. Outputs whose
 * places have the same remainder modulo the strides see the same taps, so each remainder is a convolution of its own.
 *
 * @param windows `sizes` of x, `outputs` of the result
 */
export function convolveTransposed(
  b: Builder,
  x: Tensor,
  weights: Weights,
  bias: Tensor,
  windows: Windows,
): Tensor {
  const { outputs, strides } = windows;
  if (count(strides) > MOST_PHASES) unsupported(`${b.scope}: strides [${strides.join()}]`);
  const phases = indicesOf(strides);
  const co = weights.outputs;
  const type = { dtype: 'f32', shape: [x.shape[0]!, ...outputs, co] } as const;
  const to = stridesOf(type.shape);
  const steps = to.map((stride, i) => stride * (strides[i - 1] ?? 1));
  const made = phases.flatMap((phase) => {
    const counts = outputs.map((size, i) => Math.ceil((size - phase[i]!) / strides[i]!));
    if (counts.some((size) => size === 0)) return [];
    const at = phase.reduce((sum, remainder, i) => sum + remainder * to[i + 1]!, 0);
    const shape = [type.shape[0]!, ...counts, co];
    const part = phaseOf(b, x, weights, bias, windows, phase, counts);
    // Outputs that no tap reaches are the bias.
    const from = part ? stridesOf(shape) : shape.map((_, i) => (i === shape.length - 1 ? 1 : 0));
    return [{ part: part ?? bias, box: { size: shape, from, to: steps, at } }];
  });
  const [first] = made;
  if (phases.length === 1 && first && first.part !== bias) return first.part;
  return b.assemble(
    type,
    made.map(({ box, part }) => b.box(part, type, box)),
  );
}

/** The outputs of one remainder, close together; undefined if they see no tap. */
function phaseOf(
  b: Builder,
  x: Tensor,
  weights: Weights,
  bias: Tensor,
  windows: Windows,
  phase: readonly number[],
  outputs: readonly number[],
): Tensor | undefined {
  const { sizes, window } = windows;
  const axes = phase.map((remainder, i) => tapsOf(remainder, i, windows));
  const seen = axes.map(({ taps }) => taps.length);
  if (seen.includes(0)) return undefined;
  const tapStrides = stridesOf(window);
  const taps = indicesOf(seen).map((index) => {
    const tap = index.reduce((sum, t, i) => sum + axes[i]!.taps[t]! * tapStrides[i]!, 0);
    return weights.taps[tap]!;
  });
  return convolve(b, x, { ...weights, taps }, bias, {
    ...{ sizes, window: seen, outputs, after: [] },
    strides: sizes.map(() => 1),
    dilations: axes.map(({ dilation }) => dilation),
    before: axes.map(({ before }) => before),
  });
}

/** The taps that outputs with a remainder modulo the stride of an axis see, from the last to the first, as a window over x. */
function tapsOf(remainder: number, axis: number, { before, dilations, strides, window }: Windows) {
  const stride = strides[axis]!;
  const dilation = dilations[axis]!;
  const place = remainder + before[axis]!;
  const taps = Array.from({ length: window[axis]! }, (_, k) => k)
    .filter((k) => (place - k * dilation) % stride === 0)
    .reverse();
  const [last = 0, second = 0] = taps;
  // Neighbouring taps lie `step` elements of x apart; the last one comes first.
  const step = taps.length > 1 ? ((last - second) * dilation) / stride : 1;
  return { taps, dilation: step, before: -((place - last * dilation) / stride) };
}
