import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChainGame } from '../../chain/game.ts';
import {
  type DisputeEffect,
  type DisputeEvent,
  type DisputeState,
  type GameFacts,
  initialDispute,
  nextLook,
  REPEAT_AFTER_MS,
  reduceDispute,
  TIMEOUT_MARGIN_MS,
} from '../../durable-objects/dispute.reducer.ts';
import { gameFacts } from '../../durable-objects/game-facts.ts';
import { type Outcome, STALE_MS } from '../../durable-objects/pursuit.ts';
import type { Hash } from '../../models/types.ts';
import { Restarting } from './restart.ts';

const POLL_MS = 2_000;
const DEADLINE = 3_600_000;
const OPEN: GameFacts = {
  gameId: '0x9a',
  position: 'p0',
  turn: 0,
  deadline: DEADLINE,
  since: 0,
  resolved: false,
  moot: false,
  answered: false,
  isLastStep: false,
};
type Role = DisputeState['role'];

/** A dispute's object; restarts between every two events. */
class Watched {
  readonly #dispute = new Restarting<DisputeState, DisputeEvent, DisputeEffect>(
    initialDispute,
    reduceDispute,
  );
  readonly role: Role;
  now = 0;
  constructor(role: Role) {
    this.role = role;
  }

  apply(event: DisputeEvent): readonly DisputeEffect[] {
    return this.#dispute.apply(event, this.now);
  }
  see(facts: Partial<GameFacts> = {}): readonly DisputeEffect[] {
    return this.apply({ type: 'chain', role: this.role, facts: { ...OPEN, ...facts } });
  }
  nextLook(): number | undefined {
    return nextLook(this.#dispute.state, this.now, POLL_MS);
  }
  send([effect]: readonly DisputeEffect[]): DisputeEffect {
    if (effect?.kind !== 'submit') throw new Error(`no transaction but ${effect?.kind}`);
    this.apply({ type: 'submitted', want: effect.want });
    return effect;
  }
  hear({ want }: DisputeEffect, outcome: Outcome): readonly DisputeEffect[] {
    return this.apply({ type: 'outcome', want, outcome });
  }
}

const submit = (action: DisputeEffect['action']) => ({ kind: 'submit', action });
const LAST = DEADLINE + TIMEOUT_MARGIN_MS;

describe('a move', () => {
  test.each([
    ['submitter', 0],
    ['challenger', 1],
  ] as const)(
    'of the %s is made as soon as it is its turn, not when its clock is nearly out',
    (role, turn) => {
      const watched = new Watched(role);
      expect(watched.see({ turn })).toMatchObject([submit('move')]);
      expect(watched.nextLook()).toBe(POLL_MS);
    },
  );

  test('is made once for a position, however often it is looked at', () => {
    const watched = new Watched('submitter');
    const { jobId } = watched.send(watched.see());
    for (let i = 0; i < 10; i++) {
      watched.now += POLL_MS;
      expect(watched.see()).toMatchObject([{ kind: 'check', jobId }]);
    }
  });

  test('that a reorganisation removed is made again, once it is plain that it won’t come back by itself', () => {
    const watched = new Watched('submitter');
    const first = watched.send(watched.see());
    expect(watched.see({ turn: 1, position: 'p1' })).toEqual([]);
    // Back at the position: the outbox has this move's transaction, which may yet be mined again.
    const again = watched.send(watched.see());
    expect(again.jobId).toBe(first.jobId);
    watched.now += STALE_MS - 1;
    watched.hear(again, { status: 'confirmed' });
    expect(watched.see()).toMatchObject([{ kind: 'check' }]);
    watched.now += 1;
    watched.hear(again, { status: 'confirmed' });
    watched.now += 1_000;
    const [third] = watched.see();
    expect(third).toMatchObject(submit('move'));
    expect(third?.jobId).not.toBe(first.jobId);
  });

  test('is made for the state as it is now: after a reorganisation to another position the old one is left', () => {
    const watched = new Watched('submitter');
    const old = watched.send(watched.see({ position: 'p4' }));
    const [now] = watched.see({ position: 'q2' });
    expect(now).toMatchObject({ ...submit('move'), want: '0x9a:q2:move' });
    // Whatever becomes of the old one concerns nobody.
    expect(watched.hear(old, { status: 'failed', error: 'GameStateMismatch' })).toEqual([]);
    expect(watched.see({ position: 'q2' })).toMatchObject([
      { ...submit('move'), jobId: now?.jobId },
    ]);
  });

  test('that is refused is computed anew and tried again, up to the deadline and without a pause above a minute', () => {
    const watched = new Watched('submitter');
    const jobs = new Set<string>();
    for (let attempt = 0; attempt < 12; attempt++) {
      const sent = watched.send(watched.see());
      jobs.add(sent.jobId);
      watched.hear(sent, { status: 'failed', error: 'reverted' });
      const next = watched.nextLook() as number;
      expect(next).toBeLessThanOrEqual(watched.now + 60_000);
      watched.now = next;
    }
    expect(jobs.size).toBe(12);
  });

  test('that can’t be computed is tried again', () => {
    const watched = new Watched('challenger');
    watched.see({ turn: 1 });
    watched.apply({ type: 'failed', want: '0x9a:p0:move', error: 'model is not held here' });
    watched.now = watched.nextLook() as number;
    expect(watched.see({ turn: 1 })).toMatchObject([submit('move')]);
  });

  test('of the other side is waited for', () => {
    const watched = new Watched('challenger');
    expect(watched.see()).toEqual([]);
    expect(watched.nextLook()).toBe(LAST);
  });

  test('that ends the game at one instruction is made by either side', () => {
    for (const role of ['submitter', 'challenger'] as const) {
      expect(new Watched(role).see({ isLastStep: true })).toMatchObject([submit('move')]);
    }
  });
});

describe('a timeout', () => {
  test.each([
    ['challenger', 0],
    ['submitter', 1],
  ] as const)('is called by the %s from the deadline on and not before', (role, turn) => {
    const watched = new Watched(role);
    watched.now = LAST - 1;
    expect(watched.see({ turn })).toEqual([]);
    expect(watched.nextLook()).toBeGreaterThanOrEqual(LAST);
    watched.now = LAST;
    expect(watched.see({ turn })).toMatchObject([submit('timeout')]);
  });

  test('is called where the challenger’s own witness of the last instruction came too late', () => {
    const watched = new Watched('challenger');
    const prove = watched.send(watched.see({ isLastStep: true }));
    watched.hear(prove, { status: 'failed', error: 'ClockRanOut' });
    watched.now = LAST;
    expect(watched.see({ isLastStep: true })).toMatchObject([submit('timeout')]);
  });

  test('is called where an answer could have been repeated but wasn’t in time', () => {
    const watched = new Watched('challenger');
    watched.now = REPEAT_AFTER_MS;
    watched.send(watched.see({ answered: true }));
    watched.now = LAST;
    expect(watched.see({ answered: true })).toMatchObject([submit('timeout')]);
  });

  test('is never called on oneself', () => {
    const watched = new Watched('submitter');
    watched.now = LAST;
    for (const facts of [{}, { isLastStep: true }, { answered: true }]) {
      expect(watched.see(facts)).not.toMatchObject([{ action: 'timeout' }]);
    }
  });

  test('that a late move of the other side made moot is dropped', () => {
    const watched = new Watched('challenger');
    watched.now = LAST;
    const timeout = watched.send(watched.see());
    const moved = { position: 'p1', turn: 1, deadline: 2 * DEADLINE } as const;
    expect(watched.see(moved)).toMatchObject([submit('move')]);
    expect(watched.hear(timeout, { status: 'failed', error: 'GameStateMismatch' })).toEqual([]);
  });

  test('that a reorganisation removed is called again', () => {
    const watched = new Watched('challenger');
    watched.now = LAST;
    watched.send(watched.see());
    expect(watched.see({ resolved: true })).toEqual([]);
    expect(watched.nextLook()).toBeUndefined();
    expect(watched.see()).toMatchObject([submit('timeout')]);
  });
});

describe('an answer that the submitter has kept', () => {
  test('is repeated by the submitter at once, and by the challenger if the submitter doesn’t', () => {
    expect(new Watched('submitter').see({ answered: true })).toMatchObject([submit('repeat')]);
    const watched = new Watched('challenger');
    watched.now = REPEAT_AFTER_MS - 1;
    expect(watched.see({ answered: true })).toEqual([]);
    expect(watched.nextLook()).toBeLessThanOrEqual(REPEAT_AFTER_MS + POLL_MS);
    watched.now = REPEAT_AFTER_MS;
    expect(watched.see({ answered: true })).toMatchObject([submit('repeat')]);
  });

  test('that a reorganisation removed is given as a move instead', () => {
    const watched = new Watched('submitter');
    watched.send(watched.see({ answered: true }));
    expect(watched.see()).toMatchObject([submit('move')]);
  });
});

describe('a game that another made moot', () => {
  test('is settled by its challenger, whose bond is in it, until the chain shows it', () => {
    const watched = new Watched('challenger');
    const first = watched.send(watched.see({ moot: true }));
    expect(first.action).toBe('settle');
    watched.hear(first, { status: 'failed', error: 'timed out' });
    watched.now = watched.nextLook() as number;
    expect(watched.see({ moot: true })).toMatchObject([submit('settle')]);
    expect(watched.see({ moot: true, resolved: true })).toEqual([]);
    expect(watched.nextLook()).toBeUndefined();
  });

  test('is left by its submitter, which has nothing in it', () => {
    const watched = new Watched('submitter');
    expect(watched.see({ moot: true })).toEqual([]);
    expect(watched.nextLook()).toBeUndefined();
  });

  test('is played on when a reorganisation has brought the claim back', () => {
    const watched = new Watched('challenger');
    watched.send(watched.see({ moot: true, turn: 1 }));
    expect(watched.see({ turn: 1 })).toMatchObject([submit('move')]);
  });
});

test('a player that chose to do nothing in a position isn’t asked again, but is in the next', () => {
  const watched = new Watched('submitter');
  watched.see();
  watched.apply({ type: 'passed', want: '0x9a:p0:move' });
  expect(watched.see()).toEqual([]);
  expect(watched.see({ position: 'p1' })).toMatchObject([submit('move')]);
});

test('an agent that doesn’t play does nothing, whatever the clocks say', () => {
  const watched = new Watched('none');
  watched.now = LAST;
  expect(watched.see()).toEqual([]);
  expect(watched.see({ moot: true })).toEqual([]);
  expect(watched.nextLook()).toBeUndefined();
});

const MOVES = 8;
const CLOCK_MS = 600_000;

interface Position {
  readonly name: string;
  readonly turn: 0 | 1;
  readonly since: number;
}

/**
 * A game between this agent and another that moves at once. The chain checks that a move is for the state as it is, and
 * in time; transactions that a reorganisation removes are lost.
 */
class World {
  readonly me: Watched;
  readonly turn: 0 | 1;
  history: Position[];
  /** Outbox: what became of each job, and what it does. */
  readonly jobs = new Map<string, { outcome: Outcome; readonly position: string }>();
  forks = 0;

  constructor(role: 'submitter' | 'challenger') {
    this.me = new Watched(role);
    this.turn = role === 'submitter' ? 0 : 1;
    this.history = [{ name: 'p0', turn: 0, since: 0 }];
    this.#answer();
  }

  get last(): Position {
    return this.history.at(-1) as Position;
  }
  get isOver(): boolean {
    return this.history.length > MOVES;
  }
  get deadline(): number {
    return this.last.since + CLOCK_MS;
  }

  #push(): void {
    const { length } = this.history;
    // The same moves on another fork lead elsewhere: the other side may answer differently there.
    const name = `p${length}.${this.forks}`;
    const turn = this.last.turn === 0 ? 1 : 0;
    this.history.push({ name, turn, since: this.me.now });
  }
  #answer(): void {
    if (this.last.turn !== this.turn && !this.isOver) this.#push();
  }

  /** One look of the object; the transactions that it submits in it arrive unless `isLost`. */
  look(fault?: 'lost' | 'stopped' | 'failing'): void {
    const { name, turn } = this.last;
    const queue = [
      ...this.me.see({
        position: name,
        turn,
        since: this.last.since,
        deadline: this.deadline,
        resolved: this.isOver,
      }),
    ];
    for (let effect = queue.shift(); effect; effect = queue.shift()) {
      if (fault === 'stopped') return;
      const { action, jobId, kind, want } = effect;
      // The other side is never late.
      expect(action).toBe('move');
      if (kind === 'check') {
        const outcome = this.jobs.get(jobId)?.outcome ?? { status: 'failed', error: 'unknown' };
        queue.push(...this.me.hear(effect, outcome));
      } else if (fault === 'failing') {
        queue.push(...this.me.apply({ type: 'failed', want, error: 'timed out' }));
      } else {
        // The same id again changes nothing.
        if (!this.jobs.has(jobId)) {
          expect(want).toBe(`0x9a:${name}:move`);
          this.jobs.set(jobId, { outcome: { status: 'pending' }, position: name });
        }
        // The answer of the outbox may be lost.
        if (fault === 'lost') return;
        queue.push(...this.me.apply({ type: 'submitted', want }));
      }
    }
  }

  mine(): void {
    for (const job of this.jobs.values()) {
      if (job.outcome.status !== 'pending') continue;
      const isIts = job.position === this.last.name && this.last.turn === this.turn;
      if (!isIts || this.isOver) {
        job.outcome = { status: 'failed', error: 'GameStateMismatch' };
        continue;
      }
      expect(this.me.now).toBeLessThan(this.deadline);
      this.#push();
      job.outcome = { status: 'confirmed' };
    }
    this.#answer();
  }

  reorganise(depth: number): void {
    this.history = this.history.slice(0, Math.max(1, this.history.length - depth));
    this.forks++;
    this.#answer();
  }
}

type Happening =
  | { readonly kind: 'look'; readonly fault?: 'lost' | 'stopped' | 'failing' }
  | { readonly kind: 'mine' }
  | { readonly kind: 'outboxLost' }
  | { readonly kind: 'reorganise'; readonly depth: number }
  | { readonly kind: 'wait'; readonly ms: number };

const HAPPENING: fc.Arbitrary<Happening> = fc.oneof(
  fc.constant<Happening>({ kind: 'look' }),
  fc
    .constantFrom('lost' as const, 'stopped' as const, 'failing' as const)
    .map((fault): Happening => ({ kind: 'look', fault })),
  fc.constant<Happening>({ kind: 'mine' }),
  fc.constant<Happening>({ kind: 'outboxLost' }),
  fc.integer({ min: 1, max: 3 }).map((depth): Happening => ({ kind: 'reorganise', depth })),
  fc.integer({ min: 1, max: 5_000 }).map((ms): Happening => ({ kind: 'wait', ms })),
);

test('whatever reorganisations, lost answers, lost outboxes and restarts come, every move is made in time, for the state as it is', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('submitter' as const, 'challenger' as const),
      fc.array(HAPPENING, { maxLength: 40 }),
      (role, happenings) => {
        const world = new World(role);
        for (const happening of happenings) {
          if (happening.kind === 'look') world.look(happening.fault);
          else if (happening.kind === 'mine') world.mine();
          else if (happening.kind === 'outboxLost') world.jobs.clear();
          else if (happening.kind === 'wait') world.me.now += happening.ms;
          else world.reorganise(happening.depth);
        }
        for (let look = 0; look < 300 && !world.isOver; look++) {
          world.look();
          world.mine();
          // Its own alarm, or an event wakes it earlier.
          world.me.now = Math.min(
            world.me.nextLook() ?? Number.POSITIVE_INFINITY,
            world.me.now + 12_000,
          );
          expect(world.me.now).toBeLessThan(world.deadline);
        }
        expect(world.isOver).toBe(true);
      },
    ),
    { numRuns: 300 },
  ));

const FACTS: fc.Arbitrary<Partial<GameFacts>> = fc.record({
  position: fc.constantFrom('p0', 'p1', 'p2'),
  turn: fc.constantFrom(0 as const, 1 as const),
  deadline: fc.integer({ min: 0, max: 200_000 }),
  since: fc.nat(200_000),
  resolved: fc.boolean(),
  moot: fc.boolean(),
  answered: fc.boolean(),
  isLastStep: fc.boolean(),
});

test('whatever the chain shows, what is sent is about the state as it is, a timeout only when the other side is late, and the next look before anything is due', () =>
  fc.assert(
    fc.property(
      fc.constantFrom<Role>('submitter', 'challenger', 'none'),
      fc.array(fc.tuple(FACTS, fc.nat(30_000), fc.boolean()), { maxLength: 30 }),
      (role, steps) => {
        const watched = new Watched(role);
        for (const [facts, wait, isHeard] of steps) {
          watched.now += wait;
          const { deadline = 0, moot, position, resolved, turn } = facts;
          const effects = watched.see(facts);
          const isOurs = turn === (role === 'submitter' ? 0 : 1);
          for (const effect of effects) {
            expect(resolved).toBe(false);
            expect(role).not.toBe('none');
            expect(effect.want).toBe(`0x9a:${position}:${effect.action}`);
            if (effect.action === 'timeout') {
              expect(isOurs).toBe(false);
              expect(watched.now).toBeGreaterThanOrEqual(deadline);
            }
            if (isHeard) watched.apply({ type: 'submitted', want: effect.want });
          }
          if (resolved || role === 'none' || (moot && role === 'submitter')) continue;
          expect(watched.nextLook()).toBeLessThanOrEqual(
            Math.max(deadline + TIMEOUT_MARGIN_MS, watched.now + 60_000),
          );
        }
      },
    ),
    { numRuns: 500 },
  ));

describe('the name of a position', () => {
  const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;
  const view: ChainGame = {
    gameId: hash(1),
    claimId: hash(2),
    level: 0,
    turn: 1,
    lo: 0,
    hi: 100,
    loHash: hash(3),
    hiHash: hash(4),
    dissection: [hash(5), hash(4)],
    submitter: '0x00000000000000000000000000000000000000aa',
    challenger: '0x00000000000000000000000000000000000000bb',
    number: 0,
    index: 0,
    request: {
      requester: '0x00000000000000000000000000000000000000aa',
      nonce: 1n,
      model: hash(6),
      iterations: 1,
      inputsRoot: hash(7),
      fee: 0n,
      deadline: 0n,
    },
    status: 'open',
    code: hash(6),
    repaid: true,
    clocks: { submitter: 60, challenger: 60 },
    deadline: 1_000,
  };
  const nameOf = (change: Partial<ChainGame>): string => {
    const game = { ...view, ...change };
    const record = { deadline: 1_000, id: game.gameId, moves: [], status: game.status, view: game };
    return gameFacts(record, { answers: new Map(), status: 'open' }, 2).position;
  };

  test.each<[string, Partial<ChainGame>]>([
    ['the level', { level: 1 }],
    ['whose turn it is', { turn: 0 }],
    ['the segment', { lo: 1 }],
    ['the hash at its start', { loHash: hash(8) }],
    ['the hash at its end', { hiHash: hash(8) }],
    ['the hashes to select from', { dissection: [hash(8), hash(4)] }],
  ])('changes with %s', (_, change) => {
    expect(nameOf(change)).not.toBe(nameOf({}));
  });

  test('stays when only the clocks change', () => {
    expect(nameOf({ deadline: 2_000, clocks: { submitter: 1, challenger: 1 } })).toBe(nameOf({}));
  });
});
