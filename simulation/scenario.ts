/**
 * One scenario: several claims, true and false, with several challengers each, at once. What everybody does, and when, comes out of a seed; what is
 * tried and refused is in the record too. The contracts replay it (contracts/test/Simulation.t.sol).
 */
import { isLastStep, type Move } from '../strategy/types.ts';
import { delay, honestChecking, honestSubmitting, lying, type Party, shamming } from './parties.ts';
import { Random } from './random.ts';
import { type Account, type Game, Refused, type Terms, World } from './rules.ts';
import { type Lie, type Size, traceOf } from './trace.ts';

export const TERMS: Terms = {
  k: 16,
  window: 86_400,
  clock: 7_200,
  increment: 60,
  descentIncrement: 600,
  claimBond: 10n ** 18n,
  challengeBond: 2n * 10n ** 17n,
  repayment: 25n * 10n ** 14n,
};

export const SIZE: Size = { calls: 24, run: 300 };

/** Accounts: submitters and checkers are honest, the liar has other identities. */
export const ACCOUNTS = {
  submitter: 0,
  liar: 1,
  checkers: [2, 3],
  shams: [4, 5, 6],
  stranger: 7,
} as const;
export const ACCOUNT_COUNT = 8;

export const ACTIONS = [
  'claim',
  'challenge',
  'dissect',
  'select',
  'descend',
  'repeat',
  'prove',
  'concede',
  'timeout',
  'settle',
  'finalize',
] as const;
export type ActionKind = (typeof ACTIONS)[number];

/** What was tried. `index`: the claim (claim, challenge, finalize) or the game. */
export interface Action {
  /** Seconds since the scenario began. */
  readonly at: number;
  readonly kind: ActionKind;
  readonly by: Account;
  readonly index: number;
  /** select: the part; dissect, descend: 1 to keep the answer. */
  readonly argument: number;
  readonly accepted: boolean;
}

export interface Scenario {
  readonly seed: number;
  readonly lies: readonly (Lie | undefined)[];
  readonly actions: readonly Action[];
  readonly world: World;
}

interface Event {
  readonly at: number;
  readonly run: () => Promise<void>;
}

interface Playing {
  readonly game: number;
  readonly submitter: Party;
  readonly challenger: Party;
}

/** Plays the scenario of a seed to the end of all its games. */
export async function playScenario(seed: number): Promise<Scenario> {
  const random = new Random(seed);
  const world = new World(SIZE, TERMS);
  const actions: Action[] = [];
  const lies: (Lie | undefined)[] = [];
  const events: Event[] = [];
  const truth = traceOf(SIZE);
  const { k } = TERMS;

  const plan = (at: number, run: () => Promise<void>): void => {
    let place = events.length;
    while (place > 0 && (events[place - 1] as Event).at > at) place--;
    events.splice(place, 0, { at: Math.max(at, world.now), run });
  };

  /** Tries something and notes what came of it. */
  const attempt = (
    kind: ActionKind,
    by: Account,
    index: number,
    argument: number,
    act: () => void,
  ): boolean => {
    let accepted = true;
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      accepted = false;
    }
    actions.push({ at: world.now, kind, by, index, argument, accepted });
    return accepted;
  };

  const perform = (playing: Playing, by: Account, move: Move): boolean => {
    const { game } = playing;
    switch (move.kind) {
      case 'dissect': {
        const keep = random.below(2);
        return attempt('dissect', by, game, keep, () =>
          world.dissect(game, move.hashes, keep === 1),
        );
      }
      case 'select':
        return attempt('select', by, game, move.part, () => world.select(game, move.part));
      case 'descend': {
        const keep = random.below(2);
        return attempt('descend', by, game, keep, () =>
          world.descend(game, move.hashes, keep === 1),
        );
      }
      case 'prove':
        return attempt('prove', by, game, 0, () => world.prove(game));
      case 'concede':
        return attempt('concede', by, game, 0, () => world.concede(game, by));
      case 'wait':
        return false;
    }
  };

  const gameOf = ({ game }: Playing): Game => world.games[game] as Game;
  const isLive = (playing: Playing): boolean =>
    gameOf(playing).status === 'open' && world.claims[gameOf(playing).claim]?.status === 'open';
  const viewOf = ({ game }: Playing) => ({
    ...(world.games[game] as Game).at,
    gameId: '0x00' as const,
    claimId: '0x00' as const,
  });

  /** Whoever's turn it is moves when its temper says; whoever may end it does; and the other side brings the last step's witness. */
  const follow = (playing: Playing): void => {
    const game = gameOf(playing);
    if (!isLive(playing)) return;
    const { turn } = game.at;
    const begun = game.lastMove;
    const clock = game.clocks[turn];
    const mover = turn === 0 ? playing.submitter : playing.challenger;
    const account = turn === 0 ? (world.claims[game.claim]?.submitter ?? 0) : game.challenger;
    const stale = (): boolean =>
      !isLive(playing) || game.lastMove !== begun || game.at.turn !== turn;
    const after = delay(mover.temper, clock, random);
    if (after !== undefined) {
      plan(begun + after, async () => {
        if (stale()) return;
        const move = await mover.player.next(viewOf(playing));
        if (perform(playing, account, move)) follow(playing);
      });
    }
    if (turn === 0) {
      // An answer given elsewhere may be used by anyone.
      if (random.below(2) === 0) {
        plan(begun + random.below(clock), async () => {
          if (stale()) return;
          const { stranger } = ACCOUNTS;
          const { game: index } = playing;
          if (attempt('repeat', stranger, index, 0, () => world.repeat(index))) follow(playing);
        });
      }
      if (isLastStep(viewOf(playing))) {
        plan(begun + random.below(clock), async () => {
          if (stale()) return;
          perform(playing, game.challenger, await playing.challenger.player.next(viewOf(playing)));
        });
      }
    }
    for (const when of [clock - 1, clock + random.below(3)]) {
      plan(begun + when, async () => {
        if (stale()) return;
        const { stranger } = ACCOUNTS;
        attempt('timeout', stranger, playing.game, 0, () => world.timeout(playing.game, stranger));
      });
    }
  };

  const open = (claim: number, by: Account, submitter: Party, challenger: Party): void => {
    let game = -1;
    const done = attempt('challenge', by, claim, 0, () => {
      game = world.challenge(claim, by);
    });
    if (done) follow({ game, submitter, challenger });
  };

  const makeClaim = (at: number): void =>
    plan(at, async () => {
      const isTrue = random.below(2) === 0;
      const lie: Lie | undefined = isTrue
        ? undefined
        : {
            graph: random.below(SIZE.calls + 1),
            machine: random.below(SIZE.run),
            back: random.of([0, random.below(256)]),
            garbage: random.below(8) === 0,
          };
      const account = isTrue ? ACCOUNTS.submitter : ACCOUNTS.liar;
      let claim = -1;
      attempt('claim', account, lies.length, 0, () => {
        claim = world.claim(account, lie);
      });
      lies.push(lie);
      const trace = lie ? traceOf(SIZE, lie) : truth;
      const submitting = () =>
        isTrue ? honestSubmitting(trace, k, random) : lying(trace, k, random);
      const { window } = TERMS;
      // Honest checkers challenge what is false, within the window; others challenge anything, also too late.
      if (!isTrue) {
        for (const checker of ACCOUNTS.checkers.slice(random.below(2))) {
          const when = random.of([0, random.below(window), window - 1]);
          plan(at + when, async () =>
            open(claim, checker, submitting(), honestChecking(truth, k, random)),
          );
        }
      }
      for (let i = random.below(5); i > 0; i--) {
        const sham = random.of(ACCOUNTS.shams);
        const when = random.of([random.below(1000), random.below(window), window]);
        plan(at + when, async () => open(claim, sham, submitting(), shamming(random)));
      }
      if (random.below(4) === 0) {
        plan(at, async () => open(claim, account, submitting(), shamming(random)));
      }
      plan(at + window - 1, async () => {
        attempt('finalize', account, claim, 0, () => world.finalize(claim));
      });
    });

  const claimCount = 1 + random.below(3);
  for (let i = 0; i < claimCount; i++) makeClaim(random.below(3_600));
  for (let event = events.shift(); event; event = events.shift()) {
    world.now = event.at;
    await event.run();
  }
  // What is left to do once everything is decided: twice, since the second time must be refused.
  world.now += TERMS.window;
  for (let twice = 0; twice < 2; twice++) {
    world.games.forEach((game, i) => {
      if (twice === 0 || game.status === 'settled') {
        attempt('settle', ACCOUNTS.stranger, i, 0, () => world.settle(i));
      }
    });
    world.claims.forEach((_, i) => {
      attempt('finalize', ACCOUNTS.stranger, i, 0, () => world.finalize(i));
    });
  }
  return { seed, lies, actions, world };
}

/** What must hold at the end of every scenario; throws with what doesn't. */
export function checkScenario({ lies, seed, world }: Scenario): void {
  const must = (condition: boolean, what: string): void => {
    if (!condition) throw new Error(`scenario ${seed}: ${what}`);
  };
  world.claims.forEach(({ status }, i) => {
    must(status !== 'open', `claim ${i} is undecided`);
    must(!(lies[i] === undefined && status === 'fallen'), `true claim ${i} fell`);
    must(!(lies[i] !== undefined && status === 'finalized'), `false claim ${i} is final`);
  });
  const sum = (map: ReadonlyMap<Account, bigint>) => [...map.values()].reduce((a, b) => a + b, 0n);
  must(sum(world.paid) === sum(world.owed) + world.burned, 'money was made or lost');
  const net = (account: Account) =>
    (world.owed.get(account) ?? 0n) - (world.paid.get(account) ?? 0n);
  must(net(ACCOUNTS.submitter) >= 0n, 'the honest submitter lost money');
  for (const checker of ACCOUNTS.checkers) {
    const games = world.games.filter(({ challenger }) => challenger === checker);
    // Won, or moot with a repaid place: its moves are paid.
    const due = games
      .filter(({ repaid, status }) => status === 'challenger' || (status === 'settled' && repaid))
      .reduce((total, { moves }) => total + BigInt(moves) * TERMS.repayment, 0n);
    must(net(checker) >= due, `checker ${checker} has ${net(checker)} of ${due} wei due to it`);
    must(!games.some(({ status }) => status === 'submitter'), `checker ${checker} lost a game`);
  }
}
