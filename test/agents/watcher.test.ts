import fc from 'fast-check';
import type { Hex } from 'viem';
import { describe, expect, test } from 'vitest';
import {
  initialWatcher,
  reduceWatcher,
  type WatcherEffect,
  type WatcherEvent,
  type WatcherState,
} from '../../durable-objects/chain-watcher.reducer.ts';
import { Restarting, stored } from './restart.ts';

/** Hashes of a chain's blocks; every block holds one event, named as the block. */
type Chain = readonly Hex[];

let blocks = 0;
const grown = (chain: Chain, count: number): Chain => [
  ...chain,
  ...Array.from({ length: count }, () => `0x${(++blocks).toString(16)}` as Hex),
];
/** The newest `depth` blocks are replaced by `depth + extra` others. */
const forked = (chain: Chain, depth: number, extra = 1): Chain =>
  grown(
    chain.slice(0, Math.max(1, chain.length - depth)),
    Math.min(depth, chain.length - 1) + extra,
  );

/** What an endpoint does wrong in one look. */
interface Weather {
  /** Its chain, in place of the newest one. */
  readonly chain?: Chain;
  /** Chain to which it changes after so many calls. */
  readonly change?: { readonly after: number; readonly chain: Chain };
  /** The longest range of logs that it answers. */
  readonly longest?: number;
  /** Stopped after so many calls. */
  readonly stop?: number;
  /** Blocks it doesn't find although its head is above them. */
  readonly missing?: readonly number[];
}

class Stopped extends Error {}

/** A watcher that reads from such endpoints and keeps what it is told to keep; restarts between every two events. */
class Follower {
  readonly start: number;
  readonly #watcher: Restarting<WatcherState, WatcherEvent, WatcherEffect>;
  /** Events kept, ascending, each with its block's number. */
  kept: { readonly number: number; readonly event: Hex }[] = [];
  rollbacks: number[] = [];
  /** Range asked for in each reading of logs. */
  asked: number[] = [];

  constructor(start = 0) {
    this.start = start;
    this.#watcher = new Restarting(initialWatcher(start), (state, event) =>
      reduceWatcher(state, event),
    );
  }

  get state(): WatcherState {
    return this.#watcher.state;
  }

  look(newest: Chain, weather: Weather = {}): void {
    let calls = 0;
    const chain = (): Chain => {
      if (calls === weather.stop) throw new Stopped();
      const { change } = weather;
      return change && ++calls > change.after ? change.chain : (weather.chain ?? newest);
    };
    const hashOf = (number: number) =>
      weather.missing?.includes(number) ? undefined : chain()[number];
    try {
      const queue = [...this.#apply({ type: 'head', number: chain().length - 1 })];
      let fresh: { number: number; event: Hex }[] = [];
      for (let effect = queue.shift(); effect; effect = queue.shift()) {
        if (effect.kind === 'checkAnchor') {
          const { number } = effect;
          queue.push(...this.#apply({ type: 'anchor', number, hash: hashOf(number) }));
        } else if (effect.kind === 'rollback') {
          const { from } = effect;
          this.rollbacks.push(from);
          this.kept = this.kept.filter(({ number }) => number < from);
        } else if (effect.kind === 'keepLogs') {
          this.#keep(effect.from, effect.to, fresh);
        } else {
          const { from, to } = effect;
          this.asked.push(to - from + 1);
          if (to - from + 1 > (weather.longest ?? Number.POSITIVE_INFINITY)) {
            queue.push(...this.#apply({ type: 'rangeRefused' }));
            continue;
          }
          const before = hashOf(to);
          const logs = chain().slice(from, to + 1);
          fresh = logs.map((event, i) => ({ number: from + i, event }));
          const after = hashOf(to);
          const last = this.state.anchors.at(-1);
          const anchorHash = last && hashOf(last.number);
          queue.push(...this.#apply({ type: 'logs', from, to, tip: [before, after], anchorHash }));
        }
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  #apply(event: WatcherEvent): readonly WatcherEffect[] {
    return this.#watcher.apply(event, 0);
  }

  #keep(from: number, to: number, fresh: readonly { number: number; event: Hex }[]): void {
    // Neither a block left out nor one kept twice.
    expect(from).toBe((this.kept.at(-1)?.number ?? this.start - 1) + 1);
    expect(fresh.map(({ number }) => number)).toEqual(
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    );
    this.kept.push(...fresh);
  }

  /** Exactly the events of this chain, in its order. */
  expectToHave(chain: Chain): void {
    expect(this.kept.map(({ event }) => event)).toEqual(chain.slice(this.start));
  }
}

const TEN = grown([], 10);

describe('a reorganisation', () => {
  test.each([1, 2, 5, 9])('of %i blocks replaces exactly their events', (depth) => {
    const follower = new Follower();
    // Block by block, as a watcher at the head reads them.
    for (let length = 1; length <= TEN.length; length++) follower.look(TEN.slice(0, length));
    follower.expectToHave(TEN);
    const after = forked(TEN, depth);
    follower.look(after);
    follower.expectToHave(after);
    expect(Math.min(...follower.rollbacks)).toBe(TEN.length - depth);
  });

  test('to a chain of the same length is noticed', () => {
    const follower = new Follower();
    for (let length = 1; length <= TEN.length; length++) follower.look(TEN.slice(0, length));
    const after = forked(TEN, 1, 0);
    follower.look(after);
    follower.expectToHave(after);
  });

  test('below everything that is remembered makes it read all again', () => {
    const follower = new Follower(3);
    follower.look(TEN);
    const after = forked(TEN, 8);
    follower.look(after);
    follower.expectToHave(after);
    expect(follower.rollbacks).toEqual([3]);
  });

  test.each([1, 2, 3, 4, 5, 6])('after call %i of a look mixes nothing of both chains', (after) => {
    const follower = new Follower();
    follower.look(TEN.slice(0, 6));
    const chain = forked(TEN, 6, 0);
    follower.look(TEN, { change: { after, chain } });
    follower.look(chain);
    follower.expectToHave(chain);
  });
});

describe('an endpoint', () => {
  test('that is behind takes nothing away', () => {
    const follower = new Follower();
    follower.look(TEN);
    follower.look(TEN.slice(0, 4));
    expect(follower.rollbacks).toEqual([]);
    follower.expectToHave(TEN);
  });

  test('that doesn’t find a block below its own head takes nothing away: several machines answer, one of them is behind', () => {
    const follower = new Follower();
    follower.look(TEN);
    const next = grown(TEN, 2);
    follower.look(next, { missing: [9] });
    expect(follower.rollbacks).toEqual([]);
    follower.look(next);
    follower.expectToHave(next);
  });

  test('whose block stands on another parent is not read on from', () => {
    const follower = new Follower();
    follower.look(TEN);
    const foreign = forked(TEN, 1, 2);
    // The anchor is checked on our chain, the rest is of another.
    follower.look(TEN, { chain: grown(TEN, 2), change: { after: 2, chain: foreign } });
    expect(follower.kept.map(({ event }) => event)).toEqual(TEN);
    follower.look(foreign);
    follower.expectToHave(foreign);
  });

  test('that is on a removed chain is left again as soon as the true one is longer', () => {
    const follower = new Follower();
    follower.look(TEN.slice(0, 8));
    const removed = forked(TEN, 3);
    follower.look(TEN, { chain: removed });
    follower.expectToHave(removed);
    const next = grown(TEN, 2);
    follower.look(next);
    follower.expectToHave(next);
  });

  test('that gives logs between two different tips is not believed', () => {
    const follower = new Follower();
    follower.look(TEN.slice(0, 6));
    // Head, anchor and the first tip are of one chain, logs and the second tip of another.
    follower.look(TEN, { change: { after: 3, chain: forked(TEN, 2, 0) } });
    expect(follower.kept).toHaveLength(6);
    follower.look(TEN);
    follower.expectToHave(TEN);
  });

  test('that refuses long ranges is asked for shorter ones, down to a single block', () => {
    const follower = new Follower();
    for (let look = 0; look < 30 && follower.kept.length < TEN.length; look++) {
      follower.look(TEN, { longest: 1 });
    }
    follower.expectToHave(TEN);
    expect(Math.max(...follower.asked.slice(-5))).toBeLessThanOrEqual(2);
  });
});

test('a stop at any call loses and repeats nothing', () => {
  for (let stop = 0; stop < 8; stop++) {
    const follower = new Follower();
    follower.look(TEN.slice(0, 5));
    follower.look(TEN, { stop });
    follower.look(TEN);
    follower.expectToHave(TEN);
  }
});

test('an answer about an anchor that is no longer the newest changes nothing', () => {
  const follower = new Follower();
  follower.look(TEN);
  const event = { type: 'anchor', number: 3, hash: '0xff' } as const;
  expect(reduceWatcher(follower.state, event)).toEqual({ state: follower.state, effects: [] });
});

test('logs that were read twice are kept once', () => {
  let state = initialWatcher(0);
  state = reduceWatcher(state, { type: 'head', number: 4 }).state;
  const logs = {
    type: 'logs',
    from: 0,
    to: 4,
    tip: ['0x1', '0x1'],
    anchorHash: undefined,
  } as const;
  const first = reduceWatcher(state, logs);
  expect(first.effects).toEqual([{ kind: 'keepLogs', from: 0, to: 4 }]);
  const again = reduceWatcher(stored(first.state), { ...logs, anchorHash: '0x1' });
  expect(again.effects).toEqual([]);
});

type Happening =
  | { readonly kind: 'grow'; readonly count: number }
  | { readonly kind: 'fork'; readonly depth: number; readonly extra: number }
  | {
      readonly kind: 'look';
      /** The endpoint is at the chain as it was so many happenings ago, this many blocks behind. */
      readonly ago: number;
      readonly behind: number;
      readonly changeAfter?: number;
      readonly longest?: number;
      readonly stop?: number;
    };

const HAPPENING: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('grow' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('fork' as const),
    depth: fc.integer({ min: 1, max: 12 }),
    extra: fc.nat(2),
  }),
  fc.record(
    {
      kind: fc.constant('look' as const),
      ago: fc.nat(3),
      behind: fc.nat(3),
      changeAfter: fc.nat(8),
      longest: fc.integer({ min: 1, max: 5 }),
      stop: fc.nat(8),
    },
    { requiredKeys: ['kind', 'ago', 'behind'] },
  ),
);

test('whatever endpoints tell, no block is left out or kept twice, and once they agree it has exactly the chain’s events', () =>
  fc.assert(
    fc.property(fc.array(HAPPENING, { maxLength: 30 }), fc.nat(4), (happenings, start) => {
      const follower = new Follower(start);
      const history: Chain[] = [grown([], 6)];
      const newest = () => history.at(-1) as Chain;
      for (const happening of happenings) {
        if (happening.kind === 'grow') history.push(grown(newest(), happening.count));
        else if (happening.kind === 'fork') {
          history.push(forked(newest(), happening.depth, happening.extra));
        } else {
          const { ago, behind, changeAfter, longest, stop } = happening;
          const seen = history.at(-1 - Math.min(ago, history.length - 1)) as Chain;
          follower.look(newest(), {
            chain: seen.slice(0, Math.max(1, seen.length - behind)),
            change: changeAfter === undefined ? undefined : { after: changeAfter, chain: newest() },
            longest,
            stop,
          });
        }
      }
      // Longer than any that was told before.
      const last = grown(newest(), 8);
      for (let look = 0; look < 8; look++) follower.look(last);
      follower.expectToHave(last);
    }),
    { numRuns: 400 },
  ));
