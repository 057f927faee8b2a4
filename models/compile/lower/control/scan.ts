import {
  axisOf,
  type Context,
  input,
  number,
  numbers,
  subgraphAttribute,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import type { Tensor } from '../../tensor.ts';
import { slice, squeeze } from '../movement.ts';
import { stack } from './lists.ts';
import { MOST_ITERATIONS } from './loop.ts';

interface Scan {
  readonly states: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  /** Axes that are walked along, and from which end. */
  readonly axes: readonly number[];
  readonly reversed: readonly boolean[];
}

/** The element at `i` along an axis, without the axis. */
const at = (c: Context, x: Tensor, axis: number, i: number): Tensor =>
  squeeze(c.b, slice(c.b, x, axis, i, i + 1), [axis]);

/** The body once for each element: last states, and what was collected, by output. */
function run(c: Context, { axes, inputs, reversed, states }: Scan) {
  const body = subgraphAttribute(c, 'body');
  const length = inputs[0]?.shape[axes[0]!] ?? malformed(`${where(c)}: nothing to walk along`);
  if (length > MOST_ITERATIONS) unsupported(`${where(c)}: more than ${MOST_ITERATIONS} elements`);
  let values: readonly Tensor[] = states;
  const collected: Tensor[][] = body.outputs.slice(states.length).map(() => []);
  for (let i = 0; i < length; i++) {
    const elements = inputs.map((x, n) => {
      if (x.shape[axes[n]!] !== length) malformed(`${where(c)}: inputs of different lengths`);
      return at(c, x, axes[n]!, reversed[n] ? length - 1 - i : i);
    });
    const results = c.subgraph(body, [...values, ...elements]).map((value) => {
      return 'dtype' in value ? value : unsupported(`${where(c)}: lists in its body's results`);
    });
    if (results.length < states.length) malformed(`${where(c)}: its body gives too little`);
    values = results.slice(0, states.length);
    results.slice(states.length).forEach((value, n) => {
      collected[n]!.push(value);
    });
  }
  if (length === 0) unsupported(`${where(c)}: it runs no iteration`);
  return { values, collected };
}

const flags = (c: Context, name: string, n: number): boolean[] =>
  Array.from({ length: n }, (_, i) => numbers(c, name)?.[i] === 1);

/** Scan, element after element in the program. Until opset 8 everything has a batch axis in front. */
export function scan(c: Context): readonly Tensor[] {
  const n = number(c, 'num_scan_inputs');
  const skipped = c.opset < 9 ? 1 : 0;
  const all = c.inputs.slice(skipped).map((_, i) => input(c, i + skipped));
  if (!(n >= 1 && n <= all.length))
    malformed(`${where(c)}: ${n} of ${all.length} inputs are walked`);
  const states = all.slice(0, all.length - n);
  const inputs = all.slice(all.length - n);
  if (c.opset < 9) return batched(c, states, inputs);
  const axesOf = numbers(c, 'scan_input_axes');
  const { collected, values } = run(c, {
    states,
    inputs,
    axes: inputs.map((x, i) => axisOf(c, axesOf?.[i] ?? 0, x.shape.length)),
    reversed: flags(c, 'scan_input_directions', n),
  });
  const back = flags(c, 'scan_output_directions', collected.length);
  const outputAxes = numbers(c, 'scan_output_axes');
  const outputs = collected.map((parts, i) => {
    const axis = axisOf(c, outputAxes?.[i] ?? 0, parts[0]!.shape.length + 1);
    return stack(c, back[i] ? parts.toReversed() : parts, axis);
  });
  return [...values, ...outputs];
}

function batched(c: Context, states: readonly Tensor[], inputs: readonly Tensor[]): Tensor[] {
  if (c.inputs[0]) unsupported(`${where(c)}: sequences of different lengths`);
  const batch = inputs[0]!.shape[0] ?? malformed(`${where(c)}: no batch axis`);
  const reversed = flags(c, 'directions', inputs.length);
  const runs = Array.from({ length: batch }, (_, i) => {
    const one = (x: Tensor): Tensor =>
      x.shape[0] === batch ? at(c, x, 0, i) : malformed(`${where(c)}: batches of different sizes`);
    const axes = inputs.map((x) => axisOf(c, 0, x.shape.length - 1));
    const { collected, values } = run(c, {
      states: states.map(one),
      inputs: inputs.map(one),
      axes,
      reversed,
    });
    return [...values, ...collected.map((parts) => stack(c, parts, 0))];
  });
  return (runs[0] ?? []).map((_, n) =>
    stack(
      c,
      runs.map((results) => results[n]!),
      0,
    ),
  );
}
