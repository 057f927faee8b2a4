/** Operators that move elements, of any type. Padding of quantised tensors is with their zero. */
import { malformed, unsupported } from '../../compile/errors.ts';
import { count } from '../../compile/tensor.ts';
import {
  axisIn,
  type Emitter,
  inputTensor,
  known,
  knownNumber,
  option,
  outputTensor,
  type Translations,
} from './emitter.ts';
import type { TfliteOperator, TfliteTensor } from './schema.ts';

const rankOf = (op: TfliteOperator, i = 0): number => inputTensor(op, i).shape.length;

/** [before, after] for each axis. */
function paddings(op: TfliteOperator, tensor: TfliteTensor, rank: number): [number, number][] {
  const flat = known(tensor);
  if (flat.length !== 2 * rank) malformed(`${op.builtin}: ${flat.length} paddings of rank ${rank}`);
  return Array.from({ length: rank }, (_, axis) => [flat[2 * axis]!, flat[2 * axis + 1]!]);
}

function pad(e: Emitter, op: TfliteOperator, value: string): string {
  const pairs = paddings(op, inputTensor(op, 1), rankOf(op));
  const pads = [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)];
  return e.node('Pad', [e.input(op, 0), e.constant('i64', pads), value], { mode: 'constant' });
}

function slice(
  e: Emitter,
  value: string,
  ranges: readonly { axis: number; start: number; end: number; step?: number }[],
): string {
  const list = (of: (range: (typeof ranges)[number]) => number): string =>
    e.constant('i64', ranges.map(of));
  if (ranges.length === 0) return value;
  return e.node('Slice', [
    value,
    list(({ start }) => start),
    list(({ end }) => end),
    list(({ axis }) => axis),
    list(({ step = 1 }) => step),
  ]);
}

const squeeze = (e: Emitter, value: string, axes: readonly number[]): string =>
  axes.length === 0 ? value : e.node('Squeeze', [value, e.constant('i64', axes)]);
const unsqueeze = (e: Emitter, value: string, axes: readonly number[]): string =>
  axes.length === 0 ? value : e.node('Unsqueeze', [value, e.constant('i64', axes)]);

const FAR = Number.MAX_SAFE_INTEGER;

function stridedSlice(e: Emitter, op: TfliteOperator): string {
  const [begin, end, step] = [1, 2, 3].map((i) => known(inputTensor(op, i))) as number[][];
  const has = (mask: string, i: number): boolean => ((option(op, mask) >> i) & 1) === 1;
  if (option(op, 'offset') !== 0) unsupported(`${op.builtin} with ends that are offsets`);
  const rank = rankOf(op);
  const entries = begin!.length;
  if (end!.length !== entries || step!.length !== entries || entries > 31)
    malformed(`${op.builtin}: ${entries} begins, ${end!.length} ends, ${step!.length} strides`);
  const isNew = (i: number): boolean => has('newAxisMask', i) && !has('ellipsisMask', i);
  const taken = begin!.filter((_, i) => !isNew(i) && !has('ellipsisMask', i)).length;
  const ranges: { axis: number; start: number; end: number; step: number }[] = [];
  const removed: number[] = [];
  const added: number[] = [];
  let axis = 0;
  let resultAxis = 0;
  for (let i = 0; i < entries; i++) {
    if (has('ellipsisMask', i)) {
      axis += rank - taken;
      resultAxis += rank - taken;
    } else if (isNew(i)) {
      added.push(resultAxis++);
    } else if (has('shrinkAxisMask', i)) {
      const start = begin![i]!;
      ranges.push({ axis, start, end: start === -1 ? FAR : start + 1, step: 1 });
      removed.push(axis++);
    } else {
      const back = step![i]! < 0;
      const start = has('beginMask', i) ? (back ? FAR : 0) : begin![i]!;
      const to = has('endMask', i) ? (back ? -FAR : FAR) : end![i]!;
      ranges.push({ axis, start, end: to, step: step![i]! });
      axis++;
      resultAxis++;
    }
  }
  if (axis > rank) malformed(`${op.builtin}: more ranges than the ${rank} axes`);
  return unsqueeze(e, squeeze(e, slice(e, e.input(op, 0), ranges), removed), added);
}

function split(e: Emitter, value: string, axis: number, sizes: readonly number[]): string[] {
  if (sizes.length === 1) return [value];
  return e.nodesOf('Split', [value, e.constant('i64', sizes)], { axis }, sizes.length);
}

/** Blocks of an image become images of a batch; `crops` are paddings that are cut off. */
function batchToSpace(e: Emitter, op: TfliteOperator): string {
  const { shape } = inputTensor(op, 0);
  const blocks = known(inputTensor(op, 1));
  const crops = paddings(op, inputTensor(op, 2), blocks.length);
  const spatial = shape.slice(1, 1 + blocks.length);
  const rest = shape.slice(1 + blocks.length);
  const batch = shape[0]! / count(blocks);
  if (!Number.isInteger(batch)) malformed(`${op.builtin}: blocks [${blocks}] of [${shape}]`);
  const m = blocks.length;
  const parts = e.reshape(e.input(op, 0), [...blocks, batch, ...spatial, ...rest]);
  const order = [
    m,
    ...spatial.flatMap((_, i) => [m + 1 + i, i]),
    ...rest.map((_, i) => 2 * m + 1 + i),
  ];
  const moved = e.node('Transpose', [parts], { perm: order });
  const sizes = spatial.map((size, i) => size * blocks[i]!);
  const image = e.reshape(moved, [batch, ...sizes, ...rest]);
  return slice(
    e,
    image,
    crops.map(([before, after], i) => ({ axis: i + 1, start: before, end: sizes[i]! - after })),
  );
}

function spaceToBatch(e: Emitter, op: TfliteOperator): string {
  const { quantisation, dtype, shape } = inputTensor(op, 0);
  const blocks = known(inputTensor(op, 1));
  const m = blocks.length;
  const pairs = paddings(op, inputTensor(op, 2), m);
  const all = shape.map((_, axis) => pairs[axis - 1] ?? [0, 0]);
  const pads = [...all.map(([before]) => before!), ...all.map(([, after]) => after!)];
  const zero = e.scalar(dtype, quantisation?.zeros[0] ?? 0);
  const padded = e.node('Pad', [e.input(op, 0), e.constant('i64', pads), zero]);
  const sizes = blocks.map((block, i) => (shape[i + 1]! + pairs[i]![0] + pairs[i]![1]) / block);
  if (!sizes.every(Number.isInteger)) malformed(`${op.builtin}: blocks [${blocks}] of [${shape}]`);
  const rest = shape.slice(1 + m);
  const parts = e.reshape(padded, [
    shape[0]!,
    ...sizes.flatMap((size, i) => [size, blocks[i]!]),
    ...rest,
  ]);
  const order = [
    ...blocks.map((_, i) => 2 * i + 2),
    0,
    ...blocks.map((_, i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * m + 1 + i),
  ];
  const moved = e.node('Transpose', [parts], { perm: order });
  return e.reshape(moved, [shape[0]! * count(blocks), ...sizes, ...rest]);
}

export const MOVEMENT: Translations = {
  RESHAPE: (e, op) => {
    const listed = op.options.newShape as readonly number[];
    const wanted = op.inputs[1] ? e.integers(op.inputs[1]) : e.constant('i64', listed);
    return e.node('Reshape', [e.input(op, 0), wanted], { allowzero: 1 });
  },
  SQUEEZE: (e, op) => {
    const { shape } = inputTensor(op, 0);
    const listed = op.options.squeezeDims as readonly number[];
    const ones = shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    const axes = listed.map((axis) => axisIn(op, axis, shape.length));
    return squeeze(e, e.input(op, 0), axes.length > 0 ? axes : ones);
  },
  EXPAND_DIMS: (e, op) => {
    const axis = axisIn(op, knownNumber(inputTensor(op, 1)), rankOf(op) + 1);
    return unsqueeze(e, e.input(op, 0), [axis]);
  },
  TRANSPOSE: (e, op) => e.node('Transpose', [e.input(op, 0)], { perm: known(inputTensor(op, 1)) }),

  PAD: (e, op) => {
    const { dtype, quantisation } = inputTensor(op, 0);
    return pad(e, op, e.scalar(dtype, quantisation?.zeros[0] ?? 0));
  },
  PADV2: (e, op) => pad(e, op, e.reshape(e.input(op, 2), [])),
  MIRROR_PAD: (e, op) => {
    // Mirrored by indices: without (0) or with (1) the element at the border.
    const border = option(op, 'mode') === 0 ? 0 : 1;
    const { shape } = inputTensor(op, 0);
    let value = e.input(op, 0);
    paddings(op, inputTensor(op, 1), shape.length).forEach(([before, after], axis) => {
      const size = shape[axis]!;
      const most = size - 1 + border;
      if (before < 0 || after < 0 || before > most || after > most)
        malformed(`${op.builtin}: padding ${before}, ${after} of ${size} elements`);
      if (before + after === 0) return;
      const indices = Array.from({ length: before + size + after }, (_, i) => {
        const at = i - before;
        if (at < 0) return -at - border;
        return at < size ? at : 2 * size - 2 - at + border;
      });
      value = e.node('Gather', [value, e.constant('i64', indices)], { axis });
    });
    return value;
  },

  SLICE: (e, op) => {
    const [begin, size] = [known(inputTensor(op, 1)), known(inputTensor(op, 2))];
    const ranges = begin.map((start, axis) => {
      const length = size[axis] ?? malformed(`${op.builtin}: no size of axis ${axis}`);
      return { axis, start, end: length === -1 ? FAR : start + length };
    });
    return slice(e, e.input(op, 0), ranges);
  },
  STRIDED_SLICE: stridedSlice,
  REVERSE_V2: (e, op) => {
    const axes = known(inputTensor(op, 1)).map((axis) => axisIn(op, axis, rankOf(op)));
    const ranges = axes.map((axis) => ({ axis, start: FAR, end: -FAR, step: -1 }));
    return slice(e, e.input(op, 0), ranges);
  },

  CONCATENATION: (e, op) =>
    e.node(
      'Concat',
      op.inputs.map((_, i) => e.input(op, i)),
      { axis: axisIn(op, option(op, 'axis'), rankOf(op)) },
    ),
  PACK: (e, op) => {
    const axis = axisIn(op, option(op, 'axis'), rankOf(op) + 1);
    const parts = op.inputs.map((_, i) => unsqueeze(e, e.input(op, i), [axis]));
    return e.node('Concat', parts, { axis });
  },
  UNPACK: (e, op) => {
    const axis = axisIn(op, option(op, 'axis'), rankOf(op));
    const sizes = op.outputs.map(() => 1);
    return split(e, e.input(op, 0), axis, sizes).map((part) => squeeze(e, part, [axis]));
  },
  SPLIT: (e, op) => {
    const { shape } = inputTensor(op, 1);
    const axis = axisIn(op, knownNumber(inputTensor(op, 0)), shape.length);
    const size = shape[axis]! / op.outputs.length;
    if (!Number.isInteger(size)) malformed(`SPLIT of ${shape[axis]} into ${op.outputs.length}`);
    return split(
      e,
      e.input(op, 1),
      axis,
      op.outputs.map(() => size),
    );
  },
  SPLIT_V: (e, op) => {
    const axis = axisIn(op, knownNumber(inputTensor(op, 2)), rankOf(op));
    const sizes = known(inputTensor(op, 1));
    const rest = inputTensor(op, 0).shape[axis]! - sizes.reduce((x, y) => x + Math.max(y, 0), 0);
    return split(
      e,
      e.input(op, 0),
      axis,
      sizes.map((size) => (size === -1 ? rest : size)),
    );
  },

  GATHER: (e, op) => {
    if (option(op, 'batchDims') !== 0) unsupported('GATHER with batch dimensions');
    const axis = axisIn(op, option(op, 'axis'), rankOf(op));
    return e.node('Gather', [e.input(op, 0), e.input(op, 1)], { axis });
  },
  GATHER_ND: (e, op) => e.node('GatherND', [e.input(op, 0), e.integers(inputTensor(op, 1))]),
  TILE: (e, op) => e.node('Tile', [e.input(op, 0), e.integers(inputTensor(op, 1))]),
  BROADCAST_TO: (e, op) => e.node('Expand', [e.input(op, 0), e.integers(inputTensor(op, 1))]),
  FILL: (e, op) => e.node('Expand', [e.input(op, 1), e.integers(inputTensor(op, 0))]),
  ZEROS_LIKE: (e, op) => {
    const { dtype, shape } = inputTensor(op, 0);
    return e.node('Expand', [e.scalar(dtype, 0), e.constant('i64', shape)]);
  },
  SHAPE: (e, op) => e.cast(e.node('Shape', [e.input(op, 0)]), outputTensor(op).dtype),
  RANK: (e, op) => e.scalar('i32', rankOf(op)),
  RANGE: (e, op) => e.node('Range', [e.input(op, 0), e.input(op, 1), e.input(op, 2)]),
  ONE_HOT: (e, op) => {
    const values = [e.input(op, 3), e.input(op, 2)].map((value) => e.reshape(value, [1]));
    const both = e.node('Concat', values, { axis: 0 });
    return e.node('OneHot', [e.input(op, 0), e.input(op, 1), both], { axis: option(op, 'axis') });
  },
  TOPK_V2: (e, op) => {
    const k = e.constant('i64', [knownNumber(inputTensor(op, 1))]);
    const [values, indices] = e.nodesOf('TopK', [e.input(op, 0), k], { axis: -1 }, 2);
    return [values!, e.cast(indices!, 'i32')];
  },
  SPACE_TO_BATCH_ND: spaceToBatch,
  BATCH_TO_SPACE_ND: batchToSpace,
};
