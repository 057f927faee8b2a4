import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  BUMP_AFTER_MS,
  type Fees,
  hasWork,
  INITIAL,
  type Job,
  nextFees,
  reduceSigner,
  type SignerEffect,
  type SignerEvent,
  type SignerLimits,
  type SignerState,
} from '../../durable-objects/signer.reducer.ts';
import { Account, hashOf, rawOf } from './account.ts';
import { Restarting } from './restart.ts';

const GWEI = 1_000_000_000n;
const SUGGESTED: Fees = { maxFeePerGas: 20n * GWEI, maxPriorityFeePerGas: GWEI };
const LIMITS: SignerLimits = { confirmations: 3, maxFeePerGas: 10_000n * GWEI };
const TO = '0x00000000000000000000000000000000000000aa';

type Fault =
  | { readonly kind: 'answerLost' | 'notArrived' | 'receiptsHidden' | 'noEstimate' }
  | { readonly kind: 'reverts'; readonly job: string }
  /** The outbox is stopped after so many events; what it was still to do is lost. */
  | { readonly kind: 'stopped'; readonly after: number }
  | { readonly kind: 'lag'; readonly blocks: number };

/** An outbox and the chain that it sends to. Restarts between every two events. */
class Outbox {
  readonly account = new Account();
  readonly limits: SignerLimits;
  readonly #signer: Restarting<SignerState, SignerEvent, SignerEffect>;
  now = 0;

  constructor(limits = LIMITS) {
    this.limits = limits;
    this.#signer = new Restarting(INITIAL, (state, event, now) =>
      reduceSigner(state, event, now, limits),
    );
    this.account.mine();
  }

  get state(): SignerState {
    return this.#signer.state;
  }

  job(id: string): Job {
    return this.state.jobs[id] as Job;
  }

  submit(id: string, after?: string): void {
    this.#signer.apply({ type: 'submit', id, to: TO, data: '0x', value: 0n, after }, this.now);
  }

  apply(event: SignerEvent): readonly SignerEffect[] {
    return this.#signer.apply(event, this.now);
  }

  /** One look, as the shell makes it. Returns what was sent. */
  look(fault?: Fault): string[] {
    const sent: string[] = [];
    const seen = this.account.seen(fault?.kind === 'lag' ? fault.blocks : 0);
    const receipts = fault?.kind === 'receiptsHidden' ? {} : seen.receipts;
    const observed = { type: 'observed', ...seen, receipts, fees: SUGGESTED } as const;
    const queue = [...this.apply(observed)];
    let events = 1;
    for (let effect = queue.shift(); effect; effect = queue.shift()) {
      if (fault?.kind === 'stopped' && events > fault.after) break;
      if (effect.kind === 'send') sent.push(effect.raw);
      const event = this.#perform(effect, fault);
      if (event) queue.push(...this.apply(event));
      events++;
    }
    return sent;
  }

  #perform(effect: SignerEffect, fault: Fault | undefined): SignerEvent | undefined {
    if (effect.kind === 'estimate') {
      const { id } = effect.job;
      if (fault?.kind === 'noEstimate') return { type: 'unavailable', id, reason: 'rate limit' };
      if (fault?.kind === 'reverts' && fault.job === id)
        return { type: 'reverted', id, reason: '' };
      return { type: 'estimated', id, gas: 21_000n };
    }
    if (effect.kind === 'sign') {
      const { fees, job, nonce } = effect;
      const raw = rawOf({ job: job.id, nonce, ...fees });
      const attempt: Attempt = { hash: hashOf(raw), raw, ...fees, at: this.now };
      return { type: 'signed', id: job.id, nonce, attempt };
    }
    const { id, raw } = effect;
    if (fault?.kind === 'notArrived') return { type: 'refused', id, reason: 'timed out' };
    const attempt = this.job(id).attempts.find((one) => one.raw === raw) as Attempt;
    const nonce = this.job(id).nonce as number;
    const refusal = this.account.send({ job: id, nonce, ...attempt });
    const reason = fault?.kind === 'answerLost' ? 'timed out' : refusal;
    return reason === undefined ? undefined : { type: 'refused', id, reason };
  }

  /** Nothing goes wrong any more. */
  calm(looks = 40): void {
    for (let i = 0; i < looks && hasWork(this.state); i++) {
      this.look();
      this.account.mine();
      this.now += BUMP_AFTER_MS;
    }
  }
}

describe('a transaction', () => {
  test('that was dropped is sent again with a higher fee and executed once', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.look();
    outbox.account.drop();
    outbox.now += BUMP_AFTER_MS;
    outbox.look();
    expect(outbox.job('move').attempts).toHaveLength(2);
    outbox.calm();
    expect(outbox.job('move').status).toBe('confirmed');
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });

  test('that was mined while its answer was lost is found by its receipt, not sent anew', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.look({ kind: 'answerLost' });
    expect(outbox.job('move')).toMatchObject({ status: 'sent', error: 'timed out' });
    for (let i = 0; i < LIMITS.confirmations; i++) outbox.account.mine();
    expect(outbox.look()).toEqual([]);
    expect(outbox.job('move').status).toBe('confirmed');
  });

  test('is stored before it is sent: a stop in between loses neither it nor its nonce', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    // Observed, estimated, signed; then nothing more.
    expect(outbox.look({ kind: 'stopped', after: 2 })).toEqual([]);
    const { attempts, nonce } = outbox.job('move');
    expect(attempts).toHaveLength(1);
    outbox.now += BUMP_AFTER_MS;
    outbox.look();
    expect(outbox.job('move').nonce).toBe(nonce);
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });

  test('whose older, cheaper form is the one that was mined counts as executed', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.look();
    outbox.now += BUMP_AFTER_MS;
    outbox.look({ kind: 'notArrived' });
    expect(outbox.job('move').attempts).toHaveLength(2);
    for (let i = 0; i < LIMITS.confirmations; i++) outbox.account.mine();
    outbox.look();
    expect(outbox.job('move').status).toBe('confirmed');
  });

  test('whose nonce another holder of the key has used gets another nonce, but not before the receipt has had time to show', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.look();
    outbox.account.mineForeign();
    outbox.look();
    expect(outbox.job('move')).toMatchObject({ status: 'sent', nonce: 0 });
    outbox.calm();
    expect(outbox.job('move')).toMatchObject({ status: 'confirmed', nonce: 1 });
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });

  test('that a reorganisation removed before it was settled is sent again', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.look();
    outbox.account.mine();
    outbox.look();
    expect(outbox.job('move').status).toBe('sent');
    outbox.account.reorganise(1, false);
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });

  test.each(['already known', 'nonce too low', 'replacement transaction underpriced'])(
    'that is refused with "%s" stays in the outbox under its nonce until the chain decides',
    (reason) => {
      const outbox = new Outbox();
      outbox.submit('move');
      outbox.look();
      const before = outbox.job('move');
      expect(outbox.apply({ type: 'refused', id: 'move', reason })).toEqual([]);
      const { attempts, nonce, status } = outbox.job('move');
      expect({ attempts, nonce, status }).toEqual({
        attempts: before.attempts,
        nonce: before.nonce,
        status: 'sent',
      });
      outbox.calm();
      expect(outbox.account.executions()).toEqual({ move: 1 });
    },
  );

  test('that the contract would refuse is never sent', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    expect(outbox.look({ kind: 'reverts', job: 'move' })).toEqual([]);
    expect(outbox.job('move').status).toBe('failed');
  });
});

describe('nonces', () => {
  test('of two jobs in one look differ and follow each other', () => {
    const outbox = new Outbox();
    for (const id of ['a', 'b', 'c']) outbox.submit(id);
    outbox.look();
    expect(['a', 'b', 'c'].map((id) => outbox.job(id).nonce)).toEqual([0, 1, 2]);
  });

  test('leave no gap when a job fails whose nonce was reserved before a stop', () => {
    const outbox = new Outbox();
    outbox.submit('a');
    outbox.submit('b');
    // Both are estimated, neither is signed.
    outbox.look({ kind: 'stopped', after: 2 });
    expect([outbox.job('a').nonce, outbox.job('b').nonce]).toEqual([0, 1]);
    outbox.look({ kind: 'reverts', job: 'a' });
    outbox.calm();
    expect(outbox.job('b').status).toBe('confirmed');
  });

  test('that a lagging endpoint makes too low are given anew', () => {
    const outbox = new Outbox();
    outbox.submit('a');
    outbox.calm();
    outbox.submit('b');
    outbox.look({ kind: 'lag', blocks: 4 });
    expect(outbox.job('b').nonce).toBe(0);
    outbox.calm();
    expect(outbox.job('b')).toMatchObject({ status: 'confirmed', nonce: 1 });
    expect(outbox.account.executions()).toEqual({ a: 1, b: 1 });
  });

  test('that a reorganisation frees below a waiting transaction are filled with the transaction that had them', () => {
    const outbox = new Outbox({ ...LIMITS, confirmations: 1 });
    outbox.submit('a');
    outbox.look();
    outbox.account.mine();
    outbox.look();
    expect(outbox.job('a').status).toBe('confirmed');
    outbox.submit('b');
    outbox.look();
    outbox.account.reorganise(1, false);
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ a: 1, b: 1 });
  });
});

describe('jobs', () => {
  test('of one id are one job, also after it is finished', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    outbox.submit('move');
    outbox.look();
    outbox.submit('move');
    outbox.calm();
    outbox.submit('move');
    outbox.calm();
    expect(Object.keys(outbox.state.jobs)).toEqual(['move']);
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });

  test('that must come after another wait until it is finished, whatever becomes of it', () => {
    const outbox = new Outbox();
    outbox.submit('offer');
    outbox.submit('claim', 'offer');
    expect(outbox.look()).toHaveLength(1);
    expect(outbox.job('claim').nonce).toBeUndefined();
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ offer: 1, claim: 1 });
  });

  test('that can’t be estimated are tried again and not given up', () => {
    const outbox = new Outbox();
    outbox.submit('move');
    for (let i = 0; i < 20; i++) {
      outbox.look({ kind: 'noEstimate' });
      outbox.now += 60_000;
    }
    expect(outbox.job('move').status).toBe('queued');
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });
});

const WEI = fc.bigInt({ min: 0n, max: 10n ** 13n });
const FEES = fc.tuple(WEI, WEI).map(([tip, above]) => ({
  maxFeePerGas: tip + above,
  maxPriorityFeePerGas: tip,
}));

describe('fees', () => {
  test('of a replacement are at least 10 % higher, both of them, and never above the cap', () =>
    fc.assert(
      fc.property(FEES, FEES, WEI, (last, suggested, cap) => {
        const next = nextFees(last, suggested, cap);
        if (!next) return;
        expect(next.maxFeePerGas * 10n).toBeGreaterThanOrEqual(last.maxFeePerGas * 11n);
        expect(next.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(
          last.maxPriorityFeePerGas * 11n,
        );
        expect(next.maxFeePerGas).toBeLessThanOrEqual(cap);
        expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas);
      }),
    ));

  test('are raised as far as the cap allows when the chain asks for more than that', () => {
    const dear = { maxFeePerGas: 300n, maxPriorityFeePerGas: 1n };
    const last = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n };
    expect(nextFees(last, dear, 200n)).toMatchObject({ maxFeePerGas: 200n });
    expect(nextFees(undefined, dear, 200n)).toMatchObject({ maxFeePerGas: 200n });
  });

  test('at the cap stay, and the same transaction is handed in again', () => {
    const outbox = new Outbox({ ...LIMITS, maxFeePerGas: SUGGESTED.maxFeePerGas });
    outbox.submit('move');
    const first = outbox.look();
    outbox.account.drop();
    outbox.now += BUMP_AFTER_MS;
    expect(outbox.look()).toEqual(first);
    outbox.calm();
    expect(outbox.account.executions()).toEqual({ move: 1 });
  });
});

type Happening =
  | { readonly kind: 'look'; readonly fault?: Fault }
  | { readonly kind: 'submit' | 'mine' | 'foreign' | 'drop' }
  | { readonly kind: 'reorganise'; readonly depth: number; readonly areKept: boolean }
  | { readonly kind: 'wait'; readonly ms: number };

const FAULT: fc.Arbitrary<Fault> = fc.oneof(
  fc.constantFrom<Fault>(
    { kind: 'answerLost' },
    { kind: 'notArrived' },
    { kind: 'noEstimate' },
    { kind: 'receiptsHidden' },
  ),
  fc.nat(8).map((after): Fault => ({ kind: 'stopped', after })),
  fc.integer({ min: 1, max: 3 }).map((blocks): Fault => ({ kind: 'lag', blocks })),
);
const HAPPENING: fc.Arbitrary<Happening> = fc.oneof(
  fc.constant<Happening>({ kind: 'look' }),
  FAULT.map((fault): Happening => ({ kind: 'look', fault })),
  fc.constantFrom<Happening>(
    { kind: 'submit' },
    { kind: 'mine' },
    { kind: 'foreign' },
    { kind: 'drop' },
  ),
  fc.record({
    kind: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: LIMITS.confirmations - 1 }),
    areKept: fc.boolean(),
  }),
  fc.integer({ min: 1, max: 2 * BUMP_AFTER_MS }).map((ms): Happening => ({ kind: 'wait', ms })),
);

function happen(outbox: Outbox, happening: Happening): void {
  const { account } = outbox;
  switch (happening.kind) {
    case 'look':
      outbox.look(happening.fault);
      break;
    case 'submit':
      outbox.submit(`job${outbox.state.order}`);
      break;
    case 'mine':
      account.mine();
      break;
    case 'foreign':
      account.mineForeign();
      break;
    case 'drop':
      account.drop();
      break;
    case 'wait':
      outbox.now += happening.ms;
      break;
    case 'reorganise':
      account.reorganise(happening.depth, happening.areKept);
  }
}

test('whatever is lost, replaced, reorganised or restarted, every job is executed exactly once in the end', () =>
  fc.assert(
    fc.property(fc.array(HAPPENING, { minLength: 5, maxLength: 40 }), (happenings) => {
      const outbox = new Outbox();
      outbox.submit('job0');
      for (const happening of happenings) {
        happen(outbox, happening);
        // Receipts that stay hidden for three looks are given up, so they don't here.
        if (happening.kind === 'look') outbox.look();
      }
      outbox.calm();
      const jobs = Object.keys(outbox.state.jobs);
      expect(hasWork(outbox.state)).toBe(false);
      expect(outbox.account.executions()).toEqual(Object.fromEntries(jobs.map((id) => [id, 1])));
    }),
    { numRuns: 500 },
  ));
