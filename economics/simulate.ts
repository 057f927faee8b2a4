/**
 * Verifiers and a submitter that learn what pays, round by round. Everybody sees afterwards what each of its choices would have brought,
 * remembers it with a discount, and now and then changes to the best; a few choices are made at random. Nobody is told the theory of
 * equilibrium.ts, which the outcome is held against.
 */
import { type Attention, type Temptation, UNJUDGED_PART } from './equilibrium.ts';

export type Strategy = 'run' | 'half' | 'silent' | 'away';

export interface Setting {
  readonly attention: Attention;
  /** What a run costs each verifier. */
  readonly costs: readonly number[];
  /** Shared by those who catch a false claim. */
  readonly prize: number;
  readonly temptation: Temptation;
  /** Whether a verifier may decline or leave. */
  readonly mayLeave: boolean;
  readonly rounds: number;
  readonly seed: number;
}

export interface Observed {
  /** Parts of the verifiers, on average. */
  readonly run: number;
  readonly silent: number;
  readonly away: number;
  /** Parts of the claims. */
  readonly lies: number;
  readonly stand: number;
  /** What a round costs the submitter in rewards. */
  readonly rewards: number;
}

/** Weight of the last round among those remembered. */
const MEMORY = 0.01;
/** How often somebody thinks again, and how often it then tries anything. */
const REVISION = 0.1;
const TREMBLE = 0.02;
/** Of the rounds: not counted, while everybody learns. */
const LEARNING = 0.25;

/** Deterministic numbers in [0, 1) (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Player<T extends string> {
  choice: T;
  readonly worth: Map<T, number>;
}

const player = <T extends string>(choices: readonly T[], random: () => number): Player<T> => ({
  choice: choices[Math.floor(random() * choices.length)]!,
  worth: new Map(choices.map((choice) => [choice, 0])),
});

function learn<T extends string>(one: Player<T>, payoffs: Readonly<Record<T, number>>): void {
  for (const [choice, worth] of one.worth) {
    one.worth.set(choice, worth + MEMORY * (payoffs[choice] - worth));
  }
}

function revise<T extends string>(one: Player<T>, random: () => number): void {
  if (random() >= REVISION) return;
  const choices = [...one.worth.keys()];
  one.choice =
    random() < TREMBLE
      ? choices[Math.floor(random() * choices.length)]!
      : choices.reduce((best, choice) =>
          one.worth.get(choice)! > one.worth.get(best)! ? choice : best,
        );
}

export function simulate(setting: Setting): Observed {
  const { attention, costs, prize, temptation, mayLeave, rounds } = setting;
  const { odds, reward, penalty, answer } = attention;
  const random = uniform(setting.seed);
  const strategies: Strategy[] = [
    'run',
    'half',
    'silent',
    ...(mayLeave ? (['away'] as const) : []),
  ];
  const verifiers = costs.map(() => player(strategies, random));
  const submitter = player(['true', 'false'], random);
  const from = Math.floor(rounds * LEARNING);
  const sum = { run: 0, silent: 0, away: 0, lies: 0, stand: 0, rewards: 0 };

  for (let round = 0; round < rounds; round++) {
    const runs = verifiers.map(
      ({ choice }) => choice === 'run' || (choice === 'half' && random() < 0.5),
    );
    const hits = verifiers.map(() => random() < odds);
    const runners = runs.filter(Boolean).length;
    const lie = submitter.choice === 'false';
    const answers = runs.filter((ran, i) => ran && hits[i]).length;
    if (round >= from) {
      sum.run += runners;
      sum.away += verifiers.filter(({ choice }) => choice === 'away').length;
      sum.silent += verifiers.filter(({ choice }, i) => choice !== 'away' && !runs[i]).length;
      sum.lies += lie ? 1 : 0;
      sum.stand += lie && runners === 0 ? 1 : 0;
      sum.rewards += answers * reward;
    }
    for (const [i, verifier] of verifiers.entries()) {
      const others = runners - (runs[i] ? 1 : 0);
      // Who runs the model fells a false claim.
      const asked = hits[i] ? reward * (lie ? UNJUDGED_PART : 1) - answer : 0;
      const run = asked - costs[i]! + (lie ? prize / (others + 1) : 0);
      const silent = hits[i] && !(lie && others > 0) ? -penalty : 0;
      learn(verifier, { run, silent, half: (run + silent) / 2, away: 0 });
    }
    learn(submitter, {
      true: 0,
      // The rewards are the same either way.
      false: runners > 0 ? -temptation.loss : temptation.gain,
    });
    for (const verifier of verifiers) revise(verifier, random);
    revise(submitter, random);
  }
  const counted = rounds - from;
  const perVerifier = counted * costs.length;
  return {
    run: sum.run / perVerifier,
    silent: sum.silent / perVerifier,
    away: sum.away / perVerifier,
    lies: sum.lies / counted,
    stand: sum.stand / counted,
    rewards: sum.rewards / counted,
  };
}
