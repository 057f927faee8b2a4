/** Compiles and runs one case. */
import { join } from 'node:path';
import { type Compiled, compileNetwork, type ValueType } from '../../models/compile/compile.ts';
import { ModelError } from '../../models/errors.ts';
import { groupOf } from '../../models/graph.ts';
import type { Engines } from '../../models/index.ts';
import type { Network, TensorData, ValueData } from '../../models/network/types.ts';
import type { DataSet } from './case.ts';
import { operatorOf, readCase } from './case.ts';
import { differenceOf } from './compare.ts';
import type { Runner } from './run.ts';
import { skipReason } from './skips.ts';

export interface Result {
  readonly name: string;
  readonly operator: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped. */
  readonly reason?: string;
  /** Inputs that had to be known when it was compiled. */
  readonly frozen: readonly string[];
  /** Whether any kernel ran on what was given at run time. */
  readonly runs: boolean;
  readonly calls: number;
  readonly steps: number;
  readonly ms: number;
}

/** Inputs of a case at most for which all subsets are tried: more are frozen by order. */
const MOST_SUBSETS = 8;

export function tryCase(folder: string, name: string, engines: Engines, runner: Runner): Result {
  const start = performance.now();
  const operator = operatorOf(join(folder, name));
  const told = { name, operator, frozen: [] as string[], runs: false, calls: 0, steps: 0 };
  try {
    const { network, sets } = readCase(folder, name);
    for (const set of sets) {
      const { compiled, frozen } = compileSet(network, set, engines);
      told.frozen = frozen;
      const given = network.inputs.flatMap(({ name }, i) =>
        frozen.includes(name) ? [] : flat(set.inputs[i]!).map(({ data }) => data),
      );
      const ran = runner.run(compiled.graph, given);
      told.calls += ran.calls;
      told.steps += ran.steps;
      told.runs ||= given.length > 0;
      const [difference] = ran.differences;
      if (difference) throw new Error(`native and machine differ: ${difference}`);
      compare(compiled, ran.outputs, set);
    }
    return { ...told, outcome: 'passed', ms: performance.now() - start };
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof ModelError ? `${error.code}: ` : '';
    const skip = skipReason(name, message);
    const ms = performance.now() - start;
    if (skip) return { ...told, outcome: 'skipped', reason: skip, ms };
    const isOurs = error instanceof ModelError || error?.constructor === Error;
    const reason = code + (isOurs ? message : ((error as Error).stack ?? message));
    return { ...told, outcome: 'failed', reason, ms };
  }
}

const flat = (value: ValueData): TensorData[] => ('dtype' in value ? [value] : value.flatMap(flat));

const typeOf = (value: ValueData): ValueType =>
  'dtype' in value ? { dtype: value.dtype, shape: value.shape } : value.map(typeOf);

/** Compiles with as few inputs frozen to their values as possible. */
function compileSet(network: Network, { inputs }: DataSet, engines: Engines) {
  const names = network.inputs.map(({ name }) => name);
  const shapes: Record<string, readonly number[]> = {};
  const lists: Record<string, readonly ValueType[]> = {};
  inputs.forEach((value, i) => {
    if ('dtype' in value) shapes[names[i]!] = value.shape;
    else lists[names[i]!] = value.map(typeOf);
  });
  let last: unknown;
  for (const chosen of subsets(network, inputs)) {
    const frozen = new Map(chosen.map((i) => [names[i]!, inputs[i]!] as const));
    try {
      const { kernels } = engines;
      const compiled = compileNetwork(network, { kernels, frozen, lists, shapes });
      return { compiled, frozen: [...frozen.keys()] };
    } catch (error) {
      if (!(error instanceof ModelError && error.code === 'NOT_STATIC')) throw error;
      last = error;
    }
  }
  throw last;
}

/** Sets of inputs that are tried, small ones first, and of those as large the ones with integers first: they are sizes and axes. */
function subsets(network: Network, inputs: readonly ValueData[]): number[][] {
  const n = inputs.length;
  const empty = inputs.flatMap((value, i) =>
    flat(value).some(({ shape }) => shape.includes(0)) || flat(value).length === 0 ? [i] : [],
  );
  if (n > MOST_SUBSETS) {
    return Array.from({ length: n + 1 }, (_, size) => Array.from({ length: size }, (_, i) => i));
  }
  const all = Array.from({ length: 2 ** n }, (_, bits) =>
    Array.from({ length: n }, (_, i) => i).filter((i) => (bits >> i) & 1),
  ).filter((chosen) => empty.every((i) => chosen.includes(i)));
  const weight = (chosen: readonly number[]): number =>
    chosen.reduce((sum, i) => sum + 100 + (network.inputs[i]!.dtype.startsWith('f') ? 1 : 0), 0);
  return all.toSorted((x, y) => weight(x) - weight(y));
}

/** Throws an error that tells how the results differ from those expected. */
function compare(
  { graph, outputs: names }: Compiled,
  outputs: readonly Uint8Array[],
  set: DataSet,
): void {
  const expected = set.outputs().flatMap(flat);
  const slots = graph.slots.filter(({ slot }) => groupOf(slot) === 'output');
  if (expected.length !== slots.length) {
    throw new Error(`${slots.length} results; expected ${expected.length}`);
  }
  slots.forEach(({ dtype, shape }, i) => {
    const difference = differenceOf({ dtype, shape, data: outputs[i]! }, expected[i]!);
    if (difference) throw new Error(`output "${names[i]}": ${difference}`);
  });
}
