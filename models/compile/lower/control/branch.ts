import { ModelError } from '../../../errors.ts';
import {
  type Context,
  input,
  isList,
  subgraphAttribute,
  type Value,
  where,
} from '../../context.ts';
import { malformed } from '../../errors.ts';
import { count, describe, sameShape, type Tensor } from '../../tensor.ts';
import { where as select } from '../elementary.ts';

/** Input `i` as a condition: known, or a tensor of one bool that is known only at run time. */
export function condition(c: Context, i: number): boolean | Tensor {
  return asCondition(c, c.b.plain(input(c, i)));
}

export function asCondition(c: Context, value: Value): boolean | Tensor {
  if (!('dtype' in value) || value.dtype !== 'bool' || count(value.shape) !== 1) {
    return malformed(`${where(c)}: a condition that isn't one bool`);
  }
  return value.data ? value.data[0] !== 0 : c.b.reshape(value, []);
}

/**
 * `x` if the condition holds at run time, `y` if not: both have been computed.
 *
 * @throws ModelError NOT_STATIC if they differ in more than their elements
 */
export function choose(c: Context, when: Tensor, x: Value, y: Value): Value {
  const fail = (what: string): never => {
    throw new ModelError(
      'NOT_STATIC',
      `${where(c)}: ${what}, so its condition must be known when the network is compiled; freeze what it comes from`,
    );
  };
  if (x === y) return x;
  if ('dtype' in x && 'dtype' in y) {
    if (x.dtype === y.dtype && sameShape(x.shape, y.shape)) return select(c.b, when, x, y);
    return fail(`it gives ${describe(x)} or ${describe(y)}`);
  }
  if (isList(x) && isList(y)) {
    if (x.length === y.length) return x.map((one, i) => choose(c, when, one, y[i]!));
    return fail(`it gives lists of ${x.length} or ${y.length} values`);
  }
  if ('optional' in x && 'optional' in y && x.optional && y.optional) {
    return { optional: choose(c, when, x.optional, y.optional) };
  }
  return fail('its results are of different kinds');
}

/** If: a branch in place where the condition is known, else both with their results chosen from. */
export function branch(c: Context): readonly Value[] {
  const when = condition(c, 0);
  const run = (name: string): Value[] => c.subgraph(subgraphAttribute(c, name), []);
  if (typeof when === 'boolean') return run(when ? 'then_branch' : 'else_branch');
  const yes = run('then_branch');
  const no = run('else_branch');
  if (yes.length !== no.length)
    malformed(`${where(c)}: branches of ${yes.length} and ${no.length}`);
  return yes.map((one, i) => choose(c, when, one, no[i]!));
}
