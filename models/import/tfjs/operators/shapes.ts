/** TensorFlow's operators that move elements (tensorflow.org/api_docs/python/tf/raw_ops). */
import { malformed, unsupported } from '../../../compile/errors.ts';
import { floats, reshaped } from '../../layers/tensors.ts';
import {
  input,
  integers,
  ONNX_TYPE,
  scalar,
  shapeInput,
  type Translation,
  type Translator,
  type Translators,
  toI32,
} from '../node.ts';

const reshape: Translator = (t) =>
  // TensorFlow's 0 is a size, not the input's.
  t.a.add('Reshape', [input(t, 0), shapeInput(t, 1)], { allowzero: 1 });

const squeeze: Translator = (t) => {
  const dims = t.node.integers('squeeze_dims');
  const axes = dims.length > 0 ? dims : t.node.integers('axis');
  return t.a.add('Squeeze', axes.length > 0 ? [input(t, 0), t.a.integers(axes)] : [input(t, 0)]);
};

const unsqueeze = (t: Translation, x: string, axis: number): string =>
  t.a.add('Unsqueeze', [x, t.a.integers([axis])]);

const concat =
  (axisFirst: boolean): Translator =>
  (t) => {
    const count = t.node.inputs.length - 1;
    const axis = scalar(t, axisFirst ? 0 : count);
    const parts = Array.from({ length: count }, (_, i) => input(t, axisFirst ? i + 1 : i));
    return t.a.add('Concat', parts, { axis });
  };

/** [before, after] of every axis becomes all before, all after. */
function pad(mode: (t: Translation) => string): Translator {
  return (t) => {
    const list = integers(t, 1);
    if (list.length % 2 === 1 || list.some((n) => n < 0)) malformed(`${t.node.where}: paddings`);
    const pads = [0, 1].flatMap((end) => list.filter((_, i) => i % 2 === end));
    const inputs = [input(t, 0), t.a.integers(pads)];
    if (t.node.op === 'PadV2') inputs.push(input(t, 2));
    return t.a.add('Pad', inputs, { mode: mode(t) });
  };
}

const mirror = ({ node }: Translation): string => {
  const mode = node.string('mode', 'REFLECT');
  return mode === 'REFLECT' ? 'reflect' : unsupported(`${node.where}: mode ${mode}`);
};

const isSet = (mask: number, bit: number): boolean => ((mask >> bit) & 1) === 1;

/** x[begin:end:strides] of NumPy; bits of the masks say what else a position means. */
const stridedSlice: Translator = (t) => {
  const { a, node } = t;
  const [begin, end, strides] = [1, 2, 3].map((i) => integers(t, i)) as [
    number[],
    number[],
    number[],
  ];
  const mask = (name: string): number => node.integer(name, 0);
  const masks = {
    begin: mask('begin_mask'),
    end: mask('end_mask'),
    shrink: mask('shrink_axis_mask'),
  };
  const [ellipsis, inserted] = [mask('ellipsis_mask'), mask('new_axis_mask')];
  if (begin.length !== end.length || end.length !== strides.length || strides.includes(0)) {
    malformed(`${node.where}: begin, end and strides don't fit`);
  }
  // After an ellipsis, axes are counted from the end.
  const dots = begin.findIndex((_, i) => isSet(ellipsis, i));
  if (dots >= 0 && inserted !== 0) unsupported(`${node.where}: an ellipsis and new axes`);
  const slices: { axis: number; from: number; to: number; step: number }[] = [];
  const dropped: number[] = [];
  const added: number[] = [];
  let axis = 0;
  begin.forEach((start, i) => {
    if (i === dots) {
      axis = i + 1 - begin.length;
      return;
    }
    if (isSet(inserted, i)) {
      added.push(axis - dropped.length + added.length);
      return;
    }
    const step = strides[i]!;
    if (isSet(masks.shrink, i)) {
      slices.push({ axis, from: start, to: start === -1 ? MOST : start + 1, step: 1 });
      dropped.push(axis);
    } else {
      const from = isSet(masks.begin, i) ? (step > 0 ? 0 : MOST) : start;
      const to = isSet(masks.end, i) ? (step > 0 ? MOST : -MOST) : end[i]!;
      if (from !== 0 || to !== MOST || step !== 1) slices.push({ axis, from, to, step });
    }
    axis++;
  });
  let x = input(t, 0);
  if (slices.length > 0) {
    const operand = (key: 'from' | 'to' | 'axis' | 'step') =>
      a.integers(slices.map((one) => one[key]));
    x = a.add('Slice', [x, operand('from'), operand('to'), operand('axis'), operand('step')]);
  }
  if (dropped.length > 0) x = a.add('Squeeze', [x, a.integers(dropped)]);
  return added.length > 0 ? a.add('Unsqueeze', [x, a.integers(added)]) : x;
};

/** Beyond the end of every axis. */
const MOST = 2 ** 31 - 1;

const slice: Translator = (t) => {
  const [begin, size] = [integers(t, 1), integers(t, 2)];
  const ends = begin.map((from, i) => (size[i] === -1 ? MOST : from + (size[i] ?? 0)));
  const axes = begin.map((_, i) => i);
  const operands = [begin, ends, axes].map((list) => t.a.integers(list));
  return t.a.add('Slice', [input(t, 0), ...operands]);
};

/** Outputs of one node at most. */
const MOST_PARTS = 10_000;

function parts(t: Translation, count: number): number {
  return count >= 1 && count <= MOST_PARTS ? count : malformed(`${t.node.where}: ${count} parts`);
}

const split: Translator = (t) =>
  t.a.addMany(
    'Split',
    [input(t, 1)],
    { axis: scalar(t, 0) },
    parts(t, t.node.integer('num_split', 1)),
  );

const splitV: Translator = (t) => {
  const sizes = integers(t, 1);
  if (sizes.includes(-1)) unsupported(`${t.node.where}: an open size`);
  const inputs = [input(t, 0), t.a.integers(sizes)];
  return t.a.addMany('Split', inputs, { axis: scalar(t, 2) }, parts(t, sizes.length));
};

const pack: Translator = (t) => {
  const axis = t.node.integer('axis', 0);
  const wide = t.node.inputs.map((_, i) => unsqueeze(t, input(t, i), axis));
  return t.a.add('Concat', wide, { axis });
};

const unpack: Translator = (t) => {
  const axis = t.node.integer('axis', 0);
  const count = parts(t, t.node.integer('num', 1));
  const pieces = count === 1 ? [input(t, 0)] : t.a.addMany('Split', [input(t, 0)], { axis }, count);
  return pieces.map((piece) => t.a.add('Squeeze', [piece, t.a.integers([axis])]));
};

const gather: Translator = (t) => {
  if (t.node.integer('batch_dims', 0) !== 0) unsupported(`${t.node.where}: batch_dims`);
  const axis = t.node.inputs.length > 2 ? scalar(t, 2) : 0;
  return t.a.add('Gather', [input(t, 0), input(t, 1)], { axis });
};

const transpose: Translator = (t) => {
  const perm = integers(t, 1);
  const isOrder = perm.every((axis) => axis >= 0 && axis < perm.length);
  return isOrder
    ? t.a.transpose(input(t, 0), perm)
    : malformed(`${t.node.where}: perm [${perm.join()}]`);
};

/** A value in every place of a shape. */
const fill: Translator = (t) => {
  const value = t.constant(1);
  const expanded = value
    ? t.derived(1, 'value', () => reshaped(value, [1], t.node.where))
    : input(t, 1);
  return t.a.add('Expand', [expanded, shapeInput(t, 0)]);
};

const resize =
  (mode: 'linear' | 'nearest'): Translator =>
  (t) => {
    const { a, node } = t;
    const corners = node.boolean('align_corners', false);
    const half = node.boolean('half_pixel_centers', false);
    const x = a.transpose(input(t, 0), [0, 3, 1, 2]);
    // The batch and the channels stay: their sizes are taken from the tensor.
    const front = a.add('Slice', [
      a.add('Shape', [x]),
      ...[[0], [2], [0]].map((list) => a.integers(list)),
    ]);
    const shape = a.add('Concat', [front, shapeInput(t, 1)], { axis: 0 });
    const y = a.add('Resize', [x, '', '', shape], {
      mode,
      coordinate_transformation_mode: corners
        ? 'align_corners'
        : half
          ? mode === 'nearest'
            ? 'tf_half_pixel_for_nn'
            : 'half_pixel'
          : 'asymmetric',
      ...(mode === 'nearest' ? { nearest_mode: corners ? 'round_prefer_ceil' : 'floor' } : {}),
    });
    return a.transpose(y, [0, 2, 3, 1]);
  };

/** Blocks of pixels become channels, or the other way round. */
const blocksOf =
  (op: 'DepthToSpace' | 'SpaceToDepth'): Translator =>
  (t) => {
    const { a, node } = t;
    const blocksize = node.integer('block_size', 2);
    const options: Record<string, string | number> =
      op === 'DepthToSpace' ? { blocksize, mode: 'DCR' } : { blocksize };
    if (node.string('data_format', 'NHWC') !== 'NHWC') return a.add(op, [input(t, 0)], options);
    return a.transpose(a.add(op, [a.transpose(input(t, 0), [0, 3, 1, 2])], options), [0, 2, 3, 1]);
  };

const reverse: Translator = (t) => {
  const axes = integers(t, 1);
  const list = (value: number): string => t.a.integers(axes.map(() => value));
  return t.a.add('Slice', [input(t, 0), list(-1), list(-MOST), t.a.integers(axes), list(-1)]);
};

const zeros: Translator = (t) => {
  const zero = t.a.constant(`${t.node.name}/zero`, floats([0]));
  const shape = t.a.add('Shape', [input(t, 0)]);
  const y = t.a.add('Expand', [zero, shape]);
  const type = t.node.type('T') ?? 'f32';
  return type === 'f32'
    ? y
    : t.a.add('Cast', [y], { to: ONNX_TYPE[type as keyof typeof ONNX_TYPE] });
};

export const SHAPES: Translators = {
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: (t) => unsqueeze(t, input(t, 0), scalar(t, 1)),
  ConcatV2: concat(false),
  Concat: concat(true),
  Pad: pad(() => 'constant'),
  PadV2: pad(() => 'constant'),
  MirrorPad: pad(mirror),
  StridedSlice: stridedSlice,
  Slice: slice,
  Split: split,
  SplitV: splitV,
  Pack: pack,
  Unpack: unpack,
  Gather: gather,
  GatherV2: gather,
  GatherNd: (t) =>
    t.a.add('GatherND', [input(t, 0), t.a.add('Cast', [input(t, 1)], { to: ONNX_TYPE.i64 })]),
  Transpose: transpose,
  Shape: (t) => toI32(t, t.a.add('Shape', [input(t, 0)])),
  Size: (t) => toI32(t, t.a.add('Size', [input(t, 0)])),
  Fill: fill,
  Range: (t) => t.a.add('Range', [input(t, 0), input(t, 1), input(t, 2)]),
  ReverseV2: reverse,
  ZerosLike: zeros,
  BroadcastTo: (t) => t.a.add('Expand', [input(t, 0), shapeInput(t, 1)]),
  Tile: (t) => t.a.add('Tile', [input(t, 0), shapeInput(t, 1)]),
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
  DepthToSpace: blocksOf('DepthToSpace'),
  SpaceToDepth: blocksOf('SpaceToDepth'),
};
