import { ModelError } from '../../../errors.ts';
import {
  type Context,
  integers,
  optional,
  subgraphAttribute,
  type Value,
  where,
} from '../../context.ts';
import { malformed, unsupported } from '../../errors.ts';
import type { Tensor } from '../../tensor.ts';
import { where as select } from '../elementary.ts';
import { asCondition, choose, condition } from './branch.ts';
import { constantOf, stack } from './lists.ts';

/** Iterations of one loop, and elements of one scan, at most: each is compiled on its own. */
export const MOST_ITERATIONS = 10_000;

/**
 * Loop, iteration after iteration in the program. A condition that is known only at run time doesn't stop the program: what later
 * iterations compute is dropped then, which takes a trip count as bound.
 */
export function loop(c: Context): readonly Value[] {
  const body = subgraphAttribute(c, 'body');
  const trips = c.inputs[0] ? integers(c, 0)![0] : undefined;
  const states = c.inputs.length - 2;
  let values = c.inputs
    .slice(2)
    .map((value, i) => value ?? malformed(`${where(c)}: input ${i + 2}`));
  const scans: Tensor[][] = body.outputs.slice(1 + states).map(() => []);
  if (body.inputs.length !== 2 + states || body.outputs.length < 1 + states) {
    malformed(`${where(c)}: ${states} values go in, its body has ${body.inputs.length} inputs`);
  }
  let goes: boolean | Tensor = optional(c, 1) ? condition(c, 1) : true;
  for (let i = 0; i < (trips ?? Infinity) && goes !== false; i++) {
    if (i >= MOST_ITERATIONS) unsupported(`${where(c)}: more than ${MOST_ITERATIONS} iterations`);
    const active: true | Tensor = goes;
    if (active !== true) refuseOpen(c, trips, scans.length);
    const told = active === true ? constantOf(c, 'bool', 1) : active;
    const [next, ...results] = c.subgraph(body, [constantOf(c, 'i64', i), told, ...values]);
    const after = asCondition(c, next!);
    values = results
      .slice(0, states)
      .map((value, n) => (active === true ? value : choose(c, active, value, values[n]!)));
    results.slice(states).forEach((value, n) => {
      if (!('dtype' in value)) unsupported(`${where(c)}: lists are collected`);
      scans[n]!.push(value);
    });
    goes = active === true || after === false ? after : both(c, active, after);
  }
  return [...values, ...scans.map((parts) => collected(c, parts))];
}

/** A run-time condition: how many iterations there are isn't known, so nothing may depend on it but values. */
function refuseOpen(c: Context, trips: number | undefined, scans: number): void {
  if (trips !== undefined && scans === 0) return;
  const what = scans > 0 ? 'how much it collects' : 'how often it runs';
  throw new ModelError(
    'NOT_STATIC',
    `${where(c)}: ${what} depends on a condition that must be known when the network is compiled; freeze what it comes from`,
  );
}

/** Whether the loop goes on: it did, and the body says so. */
function both(c: Context, active: Tensor, after: true | Tensor): Tensor {
  return after === true ? active : select(c.b, active, after, constantOf(c, 'bool', 0));
}

function collected(c: Context, parts: readonly Tensor[]): Tensor {
  if (parts.length > 0) return stack(c, parts, 0);
  return unsupported(`${where(c)}: it runs no iteration, so what it collects has no shape`);
}
