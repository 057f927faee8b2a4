/** Layers of several inputs (keras.io/api/layers/merging_layers). */
import { malformed } from '../../compile/errors.ts';
import {
  axisOf,
  describe,
  type Layer,
  type LayerBuilder,
  like,
  type Size,
  type Sized,
  where,
} from './layer.ts';

function several(layer: Layer): readonly [Sized, ...Sized[]] {
  const [first, ...rest] = layer.inputs;
  return first ? [first, ...rest] : malformed(`${where(layer)} has no inputs`);
}

/** Inputs of a lower rank get dimensions of 1 after the batch. */
function sameRank(layer: Layer): Sized[] {
  const inputs = several(layer);
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return inputs.map((x) => {
    const missing = rank - x.shape.length;
    if (missing === 0) return x;
    const axes = Array.from({ length: missing }, (_, i) => i + 1);
    const name = layer.a.add('Unsqueeze', [x.name, layer.a.integers(axes)]);
    return { ...x, name, shape: [x.shape[0], ...axes.map(() => 1), ...x.shape.slice(1)] };
  });
}

function together(layer: Layer, x: readonly Size[], y: readonly Size[]): Size[] {
  return x.map((size, axis) => {
    const other = y[axis];
    if (size === undefined || other === undefined) {
      // An open size meets 1, itself, or a known size that it must then have.
      return size === 1 ? other : other === 1 ? size : (size ?? other);
    }
    if (size !== other && size !== 1 && other !== 1) {
      malformed(`${where(layer)}: [${describe(x)}] and [${describe(y)}]`);
    }
    return Math.max(size, other);
  });
}

const merge =
  (op: string): LayerBuilder =>
  (layer) => {
    const [first, ...rest] = sameRank(layer) as [Sized, ...Sized[]];
    let { name, shape } = first;
    for (const x of rest) {
      name = layer.a.add(op, [name, x.name]);
      shape = together(layer, shape, x.shape);
    }
    return { ...first, name, shape };
  };

const average: LayerBuilder = (layer) => {
  const sum = merge('Add')(layer) as Sized;
  return like(sum, layer.a.add('Div', [sum.name, layer.a.scalar(layer.inputs.length)]));
};

export const concatenate: LayerBuilder = (layer) => {
  const inputs = several(layer);
  const [first] = inputs;
  const rank = first.shape.length;
  const axis = axisOf(layer, layer.config.number('axis', -1), rank);
  if (inputs.some(({ shape }) => shape.length !== rank))
    malformed(`${where(layer)}: different ranks`);
  const total = inputs.reduce<Size>(
    (sum, { shape }) =>
      sum === undefined || shape[axis] === undefined ? undefined : sum + shape[axis],
    0,
  );
  const name = layer.a.add(
    'Concat',
    inputs.map((x) => x.name),
    { axis },
  );
  return { ...first, name, shape: first.shape.map((size, i) => (i === axis ? total : size)) };
};

export const MERGE_LAYERS: Readonly<Record<string, LayerBuilder>> = {
  Add: merge('Add'),
  Subtract: merge('Sub'),
  Multiply: merge('Mul'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Average: average,
  Concatenate: concatenate,
};
