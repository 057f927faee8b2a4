/** Lists of tensors (ONNX's sequences) and optional values: all of them are known when a network is compiled, only tensors are not. */
import type { Dtype } from '../../../graph.ts';
import {
  axisOf,
  type Context,
  input,
  integers,
  isList,
  type Lowerings,
  number,
  type Optional,
  subgraphAttribute,
  type Value,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { writeNumbers } from '../../scalars.ts';
import type { Tensor } from '../../tensor.ts';
import { concat, slice, squeeze, unsqueeze } from '../movement.ts';

/** Input `i` as a list. */
export function list(c: Context, i: number): readonly Value[] {
  const value = c.inputs[i];
  if (value && isList(value)) return value;
  return malformed(`${where(c)}: its input ${i} is no list of tensors`);
}

function tensors(c: Context, i: number): readonly Tensor[] {
  return list(c, i).map((one) =>
    'dtype' in one ? one : malformed(`${where(c)}: lists in a list`),
  );
}

/** The one integer of input `i`; undefined if it is left out. */
function integer(c: Context, i: number): number | undefined {
  const values = integers(c, i);
  if (values && values.length !== 1) malformed(`${where(c)}: input ${i} must be one integer`);
  return values?.[0];
}

/** A place in a list of `length` values, counted from the end if negative. */
function place(c: Context, position: number, length: number): number {
  const at = position < 0 ? position + length : position;
  if (at >= 0 && at < length) return at;
  return malformed(`${where(c)}: position ${position} in a list of ${length}`);
}

export const constantOf = (c: Context, dtype: Dtype, value: number): Tensor =>
  c.b.constant({ dtype, shape: [] }, writeNumbers(dtype, [value]));

function split(c: Context): Tensor[] {
  const x = input(c, 0);
  const axis = axisOf(c, number(c, 'axis', 0), x.shape.length);
  const size = x.shape[axis]!;
  const given = integers(c, 1);
  const isOne = given === undefined || input(c, 1).shape.length === 0;
  const step = given?.[0] ?? 1;
  if (isOne && step < 1) malformed(`${where(c)}: parts of ${step}`);
  const sizes = isOne
    ? Array.from({ length: Math.ceil(size / step) }, (_, i) => Math.min(step, size - i * step))
    : given;
  if (sizes.some((one) => one < 0) || sizes.reduce((x, y) => x + y, 0) !== size) {
    malformed(`${where(c)}: parts [${sizes}] of an axis of ${size}`);
  }
  let at = 0;
  const parts = sizes.map((one) => slice(c.b, x, axis, at, (at += one)));
  const drops = given === undefined && number(c, 'keepdims', 1) === 0;
  return drops ? parts.map((part) => squeeze(c.b, part, [axis])) : parts;
}

function concatenation(c: Context): Tensor {
  const parts = tensors(c, 0);
  const isNew = number(c, 'new_axis', 0) !== 0;
  const rank = (parts[0]?.shape.length ?? 0) + (isNew ? 1 : 0);
  const axis = axisOf(c, number(c, 'axis'), rank);
  return isNew ? stack(c, parts, axis) : concat(c.b, parts, axis);
}

/** Tensors of one type along a new axis. */
export const stack = (c: Context, parts: readonly Tensor[], axis: number): Tensor =>
  concat(
    c.b,
    parts.map((part) => unsqueeze(c.b, part, [axis])),
    axis,
  );

/** The body for each value of the first list; the other inputs are lists as long, or the same for each. */
function map(c: Context): Value[] {
  const body = subgraphAttribute(c, 'body');
  const { length } = list(c, 0);
  const results: Value[][] = body.outputs.map(() => []);
  for (let i = 0; i < length; i++) {
    const bindings = c.inputs.map((value, n) => {
      if (!value) return malformed(`${where(c)}: input ${n} is missing`);
      if (!isList(value)) return value;
      return (
        value[i] ?? malformed(`${where(c)}: input ${n} has ${value.length} values of ${length}`)
      );
    });
    c.subgraph(body, bindings).forEach((value, n) => {
      results[n]!.push(value);
    });
  }
  return results;
}

const anyAxes = (lower: (c: Context) => readonly Value[]) => ({ lower, anyAxes: true });
const isOptional = (value: Value): value is Optional => 'optional' in value;

export const LISTS: Lowerings = {
  SequenceEmpty: anyAxes(() => [[]]),

  SequenceConstruct: anyAxes((c) => [c.inputs.map((_, i) => input(c, i))]),

  SequenceLength: anyAxes((c) => [constantOf(c, 'i64', list(c, 0).length)]),

  SequenceAt: anyAxes((c) => {
    const values = list(c, 0);
    const position = integer(c, 1) ?? malformed(`${where(c)}: no position`);
    return [values[place(c, position, values.length)]!];
  }),

  SequenceInsert: anyAxes((c) => {
    const values = list(c, 0);
    const position = integer(c, 2) ?? values.length;
    const at = position === values.length ? position : place(c, position, values.length);
    return [values.toSpliced(at, 0, input(c, 1))];
  }),

  SequenceErase: anyAxes((c) => {
    const values = list(c, 0);
    return [values.toSpliced(place(c, integer(c, 1) ?? -1, values.length), 1)];
  }),

  SplitToSequence: anyAxes((c) => [split(c)]),
  ConcatFromSequence: anyAxes((c) => [concatenation(c)]),
  SequenceMap: anyAxes(map),

  Optional: anyAxes((c) => [{ optional: c.inputs[0] }]),

  OptionalHasElement: anyAxes((c) => {
    const [value] = c.inputs;
    const has = value !== undefined && (!isOptional(value) || value.optional !== undefined);
    return [constantOf(c, 'bool', has ? 1 : 0)];
  }),

  OptionalGetElement: anyAxes((c) => {
    const value = c.inputs[0] ?? malformed(`${where(c)}: no input`);
    if (!isOptional(value)) return [value];
    return [value.optional ?? malformed(`${where(c)}: its input has no value`)];
  }),
};
