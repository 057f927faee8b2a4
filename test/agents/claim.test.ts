import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClaimEffect,
  type ClaimEvent,
  type ClaimFacts,
  type ClaimState,
  FINALIZE_MARGIN_MS,
  initialClaim,
  nextLook,
  reduceClaim,
} from '../../durable-objects/claim.reducer.ts';
import { STALE_MS } from '../../durable-objects/pursuit.ts';
import { Restarting } from './restart.ts';

const WINDOW_ENDS = 3_600_000;
const POLL_MS = 2_000;
const OPEN: ClaimFacts = {
  claimId: '0xc1',
  status: 'open',
  runs: 1,
  known: 1,
  windowEnds: WINDOW_ENDS,
  open: 0,
  demands: [],
  challenged: false,
  payable: { pinpoint: 0n, demands: 0n },
};

/** A claim's object; restarts between every two events. */
class Watched {
  readonly #claim = new Restarting<ClaimState, ClaimEvent, ClaimEffect>(initialClaim, reduceClaim);
  readonly role: ClaimState['role'];
  now = 0;
  constructor(role: ClaimState['role']) {
    this.role = role;
  }

  get state(): ClaimState {
    return this.#claim.state;
  }
  apply(event: ClaimEvent): readonly ClaimEffect[] {
    return this.#claim.apply(event, this.now);
  }
  see(facts: Partial<ClaimFacts> = {}): readonly ClaimEffect[] {
    return this.apply({ type: 'chain', role: this.role, facts: { ...OPEN, ...facts } });
  }
  nextLook(): number | undefined {
    return nextLook(this.state, this.now, POLL_MS);
  }
  /** The transaction asked for, put into the outbox. */
  send([effect]: readonly ClaimEffect[]): string {
    if (effect?.kind !== 'submit') throw new Error(`no transaction but ${effect?.kind}`);
    this.apply({ type: 'submitted', want: effect.want });
    return effect.jobId;
  }
}

const RUN = { kind: 'run', index: 0 };
const differs = { type: 'ran', index: 0, end: '0xe1', agrees: false } as const;
const challenge = (index = 0) => ({ kind: 'submit', action: { kind: 'challenge', index } });

describe('a challenger', () => {
  test('runs the claim and challenges an end that differs', () => {
    const watched = new Watched('challenger');
    expect(watched.see()).toEqual([RUN]);
    expect(watched.apply(differs)).toMatchObject([challenge()]);
  });

  test('leaves a claim alone whose end it finds too', () => {
    const watched = new Watched('challenger');
    watched.see();
    expect(watched.apply({ ...differs, agrees: true })).toEqual([]);
    expect(watched.see()).toEqual([]);
    expect(watched.nextLook()).toBeUndefined();
  });

  test('that lacks the data is unable and does not challenge', () => {
    const watched = new Watched('challenger');
    watched.see({ known: 0 });
    expect(watched.apply({ type: 'unable', index: 0, reason: 'not published' })).toEqual([]);
    expect(watched.state.check).toEqual({ kind: 'unable', reason: 'not published' });
    expect(watched.see({ known: 0 })).toEqual([]);
  });

  test('checks again when what was missing has been shown, or its model was uploaded', () => {
    for (const next of ['shown', 'uploaded']) {
      const watched = new Watched('challenger');
      watched.see({ known: 0 });
      watched.apply({ type: 'unable', index: 0, reason: 'not published' });
      const effects =
        next === 'shown' ? watched.see({ known: 1 }) : watched.apply({ type: 'again' });
      expect(effects, next).toEqual([RUN]);
    }
  });

  test('whose run fails runs again, later, and takes no failure for a difference', () => {
    const watched = new Watched('challenger');
    watched.see();
    for (let attempt = 1; attempt < 10; attempt++) {
      expect(watched.apply({ type: 'runFailed', error: 'out of memory' })).toEqual([]);
      expect(watched.see()).toEqual([]);
      const next = watched.nextLook() as number;
      expect(next).toBeGreaterThan(watched.now);
      expect(next).toBeLessThanOrEqual(watched.now + 60_000);
      watched.now = next;
      expect(watched.see()).toEqual([RUN]);
    }
    expect(watched.apply(differs)).toMatchObject([challenge()]);
  });

  test('acts up to the window’s last moment and not after it', () => {
    const watched = new Watched('challenger');
    watched.now = WINDOW_ENDS - 1;
    expect(watched.see()).toEqual([RUN]);
    expect(watched.apply(differs)).toMatchObject([challenge()]);
    watched.now = WINDOW_ENDS;
    expect(watched.see()).toEqual([]);

    const late = new Watched('challenger');
    late.now = WINDOW_ENDS;
    expect(late.see()).toEqual([]);
  });

  test('challenges again, with another transaction, when a reorganisation has removed its challenge', () => {
    const watched = new Watched('challenger');
    watched.see();
    const first = watched.send(watched.apply(differs));
    expect(watched.see({ challenged: true })).toEqual([]);
    // The outbox knows this transaction as confirmed; when the chain still lacks it, another is made.
    const again = watched.see();
    expect(again).toMatchObject([challenge()]);
    const second = watched.send(again);
    const want = '0xc1:challenge';
    watched.now += STALE_MS - 1;
    watched.apply({ type: 'outcome', want, outcome: { status: 'confirmed' } });
    expect(watched.see()).toMatchObject([{ kind: 'check', jobId: second }]);
    watched.now += 1;
    watched.apply({ type: 'outcome', want, outcome: { status: 'confirmed' } });
    watched.now += 1_000;
    const third = watched.send(watched.see());
    expect(third).not.toBe(first);
    expect(third).not.toBe(second);
  });

  test('does not challenge again while its challenge is on its way', () => {
    const watched = new Watched('challenger');
    watched.see();
    const jobId = watched.send(watched.apply(differs));
    for (let i = 0; i < 20; i++) {
      watched.now += 60_000;
      expect(watched.see()).toMatchObject([{ kind: 'check', jobId }]);
      const outcome = { status: 'pending' } as const;
      watched.apply({ type: 'outcome', want: '0xc1:challenge', outcome });
    }
  });

  test('remembers its verdict about a claim that a reorganisation takes away and brings back', () => {
    const watched = new Watched('challenger');
    watched.see();
    watched.send(watched.apply(differs));
    watched.see({ challenged: true });
    // Back in a later block, with a later window; it isn't run a second time.
    expect(watched.see({ windowEnds: WINDOW_ENDS + 12_000 })).toMatchObject([challenge()]);
  });

  test('finds the one wrong run of a batch, those that it can’t check left out', () => {
    const watched = new Watched('challenger');
    expect(watched.see({ runs: 3, known: 2 })).toEqual([RUN]);
    expect(watched.apply({ type: 'unable', index: 0, reason: 'withheld' })).toEqual([
      { kind: 'run', index: 1 },
    ]);
    expect(watched.apply({ ...differs, index: 1, agrees: true })).toEqual([
      { kind: 'run', index: 2 },
    ]);
    expect(watched.apply({ ...differs, index: 2 })).toMatchObject([challenge(2)]);
  });

  test('does not call a batch right of which it couldn’t check a run', () => {
    const watched = new Watched('challenger');
    watched.see({ runs: 2, known: 1 });
    watched.apply({ type: 'unable', index: 0, reason: 'withheld' });
    watched.apply({ ...differs, index: 1, agrees: true });
    expect(watched.state.check).toEqual({ kind: 'unable', reason: 'withheld' });
  });

  test('fetches what it is owed once the claim is decided', () => {
    const watched = new Watched('challenger');
    const payable = { pinpoint: 5n, demands: 1n };
    const decided = { status: 'fallen', challenged: true } as const;
    expect(watched.see({ ...decided, payable })).toMatchObject([{ action: { kind: 'withdraw' } }]);
    expect(watched.see({ ...decided, payable: { ...payable, pinpoint: 0n } })).toMatchObject([
      { action: { kind: 'withdrawDemands' } },
    ]);
  });
});

const FACTS: fc.Arbitrary<Partial<ClaimFacts>> = fc.record({
  status: fc.constantFrom(
    'open' as const,
    'open' as const,
    'fallen' as const,
    'finalized' as const,
  ),
  runs: fc.constant(3),
  known: fc.nat(3),
  open: fc.nat(2),
  challenged: fc.boolean(),
  demands: fc.constantFrom([], ['0xd1'], ['0xd1', '0xd2']),
});
const WANT = fc.constantFrom('0xc1:challenge', '0xc1:finalize', '0xc1:withdraw', '0xc2:challenge');
const OUTCOME = fc.constantFrom(
  { status: 'pending' as const },
  { status: 'confirmed' as const },
  { status: 'failed' as const, error: 'reverted' },
);
/** All that can happen to a claim but a run that ends elsewhere. */
const HARMLESS: fc.Arbitrary<ClaimEvent | Partial<ClaimFacts>> = fc.oneof(
  FACTS,
  fc.constantFrom<ClaimEvent>(
    { type: 'tick' },
    { type: 'again' },
    { type: 'runFailed', error: 'out of memory' },
  ),
  fc.nat(3).map((index): ClaimEvent => ({ type: 'unable', index, reason: 'withheld' })),
  fc.nat(3).map((index): ClaimEvent => ({ type: 'ran', index, end: '0xe1', agrees: true })),
  WANT.map((want): ClaimEvent => ({ type: 'submitted', want })),
  WANT.map((want): ClaimEvent => ({ type: 'failed', want, error: 'timed out' })),
  fc
    .tuple(WANT, OUTCOME)
    .map(([want, outcome]): ClaimEvent => ({ type: 'outcome', want, outcome })),
);

test('whatever happens, an agent whose runs never ended elsewhere challenges nothing', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(HARMLESS, fc.nat(600_000)), { maxLength: 40 }), (events) => {
      const watched = new Watched('challenger');
      for (const [event, wait] of events) {
        watched.now += wait;
        const effects = 'type' in event ? watched.apply(event) : watched.see(event);
        for (const effect of effects) {
          expect(effect).not.toMatchObject({ action: { kind: 'challenge' } });
        }
      }
    }),
    { numRuns: 500 },
  ));

test('whatever happens, a claim that isn’t checked to its end is run again or can’t be, until its window is over', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(HARMLESS, fc.nat(30_000)), { maxLength: 40 }), (events) => {
      const watched = new Watched('challenger');
      for (const [event, wait] of events) {
        watched.now += wait;
        if ('type' in event) watched.apply(event);
        else watched.see(event);
      }
      watched.see({ runs: 3 });
      if (watched.state.check.kind !== 'pending') return;
      const next = watched.nextLook() as number;
      expect(next).toBeLessThanOrEqual(watched.now + 60_000);
      watched.now = next;
      const { index } = watched.state.check;
      expect(watched.see({ runs: 3 })).toEqual([{ kind: 'run', index }]);
    }),
    { numRuns: 500 },
  ));

describe('a submitter', () => {
  const finalize = { kind: 'submit', action: { kind: 'finalize' } };

  test('finalises after the window, and not while a game or a demand is open', () => {
    const watched = new Watched('submitter');
    watched.now = WINDOW_ENDS + FINALIZE_MARGIN_MS - 1;
    expect(watched.see()).toEqual([]);
    watched.now += 1;
    expect(watched.see({ open: 1 })).toEqual([]);
    expect(watched.see()).toMatchObject([finalize]);
  });

  test('is awake for the end of the window, also while a transaction is outstanding', () => {
    const watched = new Watched('submitter');
    const demands = ['0xd1'];
    watched.send(watched.see({ demands, open: 1 }));
    expect(watched.nextLook()).toBe(watched.now + POLL_MS);
    watched.see();
    expect(watched.nextLook()).toBe(WINDOW_ENDS + FINALIZE_MARGIN_MS);
    watched.now = WINDOW_ENDS + FINALIZE_MARGIN_MS;
    watched.send(watched.see());
    expect(watched.nextLook()).toBe(watched.now + POLL_MS);
  });

  test('finalises again when a reorganisation has removed that', () => {
    const watched = new Watched('submitter');
    watched.now = WINDOW_ENDS + FINALIZE_MARGIN_MS;
    watched.send(watched.see());
    expect(watched.see({ status: 'finalized' })).toEqual([]);
    expect(watched.see()).toMatchObject([finalize]);
  });

  test('answers every demand for its data, the most urgent first, and again after a reorganisation', () => {
    const watched = new Watched('submitter');
    const answer = (demandId: string) => ({
      kind: 'submit',
      action: { kind: 'answer', demandId },
    });
    const first = watched.see({ demands: ['0xd1', '0xd2'], open: 2 });
    expect(first).toMatchObject([answer('0xd1')]);
    watched.send(first);
    const second = watched.see({ demands: ['0xd2'], open: 1 });
    expect(second).toMatchObject([answer('0xd2')]);
    watched.send(second);
    expect(watched.see({ demands: ['0xd1'], open: 1 })).toMatchObject([answer('0xd1')]);
  });

  test('that can’t answer now tries again until it can', () => {
    const watched = new Watched('submitter');
    const facts = { demands: ['0xd1'], open: 1 };
    for (let attempt = 0; attempt < 10; attempt++) {
      const [effect] = watched.see(facts);
      expect(effect).toMatchObject({ kind: 'submit', action: { kind: 'answer' } });
      watched.apply({ type: 'failed', want: '0xc1:answer:0xd1', error: 'bucket' });
      const next = watched.nextLook() as number;
      expect(next).toBeLessThanOrEqual(watched.now + 60_000);
      watched.now = next;
    }
  });

  test('never challenges its own claim', () => {
    const watched = new Watched('submitter');
    expect(watched.see()).toEqual([]);
    expect(watched.apply(differs)).toEqual([]);
  });
});

test('an agent that only watches does nothing', () => {
  const watched = new Watched('watcher');
  watched.now = WINDOW_ENDS + FINALIZE_MARGIN_MS;
  expect(watched.see({ demands: ['0xd1'], payable: { pinpoint: 1n, demands: 0n } })).toEqual([]);
  expect(watched.nextLook()).toBeUndefined();
});
