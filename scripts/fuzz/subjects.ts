/** Where modules to test come from. */
import { randomModule } from '../../test/support/random-module.ts';
import type { Subject } from './compare.ts';
import type { Run } from './engine.ts';
import { type Guest, guestOf } from './guest.ts';
import { boundMemory, randomTests, withTests } from './harness.ts';
import { withObservations } from './observe.ts';
import type { Random } from './random.ts';
import { type Decks, sweepGuest } from './sweep.ts';

/** random: control flow; sweep: every instruction; binaryen: another project's idea of a module. */
export type Source = 'random' | 'sweep' | 'binaryen';

const VECTORS = 2;

/** Bytes or a guest of a source that needs no other program. */
export function generate(
  source: 'random' | 'sweep',
  random: Random,
  decks: Decks,
  bulk: boolean,
): Uint8Array | Guest {
  return source === 'sweep'
    ? sweepGuest(random, decks, bulk)
    : randomModule(random.next, { nanBits: true }).bytes;
}

/** Puts tests around a module; undefined if it exports no function. */
export function subjectOf(
  module: Uint8Array | Guest,
  random: Random,
  tests: number,
): Subject | undefined {
  const original = module instanceof Uint8Array ? guestOf(module) : module;
  const calls = randomTests(original, random, tests);
  if (calls.length === 0) return undefined;
  const observed = withObservations(boundMemory(original), random, random.pick([0, 40, 80]));
  const { guest, tests: plans } = withTests(observed, calls);
  const runs = plans.flatMap(({ name, params }): Run[] =>
    random.list(params === 0 ? 1 : VECTORS, () => ({
      test: name,
      args: random.list(params, () => String(argument(random))),
    })),
  );
  return { guest, fuel: random.pick([60, 400, 400, 3000]), runs };
}

/** 64 bits that are an edge as whatever type they are taken for. */
function argument(random: Random): bigint {
  const type = random.pick(['i32', 'i64', 'f32', 'f64'] as const);
  const bits = random.bits(type);
  return type.endsWith('32') ? bits | (BigInt(random.next()) << 32n) : bits;
}
