/** The tables of docs/economics.md. */
import {
  attacks,
  delayCost,
  griefing,
  honestNet,
  longestDelay,
  securedPerBond,
} from './attacks.ts';
import {
  type Attention,
  dearestRun,
  leastPenalty,
  leastReward,
  settled,
  type Temptation,
} from './equilibrium.ts';
import { dearestProve, type GasFigures, type MoveGas, movesAt } from './gas.ts';
import { type Setting, simulate } from './simulate.ts';
import { figure, percent, type Table } from './table.ts';
import {
  CHALLENGE_MOVES,
  covered,
  DEFAULT_OFFER,
  ether,
  leastOffer,
  longestGame,
  mostSelections,
  places,
} from './terms.ts';

/** What docs/economics.md is written with. */
export const DOCUMENTED = { seed: 1, rounds: 20_000 } as const;

/** Gwei. */
export const PRICES = [1, 5, 10, 25, 50, 100] as const;
/** That the attacks' table is for. */
export const PRICE = 25;
const HOUR = 3600;
const gwei = (price: number): string => `${price} gwei`;
const MOVES: readonly (keyof MoveGas)[] = [
  'claim',
  'challenge',
  'dissect',
  'select',
  'descend',
  'concede',
  'timeout',
  'settle',
  'finalize',
  'demandInput',
  'showInput',
  'gameOfChallenger',
  'gameOfSubmitter',
];

function moveTable(gas: GasFigures): Table {
  const ks = Object.keys(gas.moves).map(Number);
  const each = (of: (moves: MoveGas) => number): number[] => ks.map((k) => of(movesAt(gas, k)));
  return {
    name: 'moves',
    title: 'Gas of a transaction with each move',
    head: ['move', ...ks.map((k) => `k = ${k}`)],
    rows: [
      ...MOVES.map((name) => [name, ...each((moves) => moves[name])]),
      ['prove, dearest step', ...each((moves) => dearestProve(gas, moves))],
      ['selections in the longest game', ...ks.map(mostSelections)],
      ['longest game, challenger', ...ks.map((k) => longestGame(gas, k).challenger)],
      ['longest game, submitter', ...ks.map((k) => longestGame(gas, k).submitter)],
    ],
  };
}

const attentionTable = ({ attention }: GasFigures): Table => ({
  name: 'attention',
  title: 'Gas of a transaction with each move of an attention round',
  head: ['move', 'gas'],
  rows: Object.entries(attention),
});

function coveredTable(gas: GasFigures): Table {
  const prices = covered(gas, DEFAULT_OFFER);
  const { repayment, challengeBond, claimBond } = DEFAULT_OFFER;
  return {
    name: 'covered',
    title: 'The price of gas up to which the default terms do what they are for',
    head: ['amount', 'ether', 'pays for', 'up to, gwei'],
    rows: [
      [
        `repayment x ${CHALLENGE_MOVES}`,
        CHALLENGE_MOVES * repayment,
        'a challenge and `settle`',
        prices.challenge,
      ],
      ['repayment', repayment, 'a selection', prices.selection],
      [
        'challenge bond / 2',
        challengeBond / 2,
        "a submitter's game about 10^9 steps",
        prices.usualGame,
      ],
      ['challenge bond / 2', challengeBond / 2, "a submitter's longest game", prices.longestGame],
      ['claim bond / 4', claimBond / 4, "the winner's longest game", prices.winner],
    ],
  };
}

function leastTable(gas: GasFigures): Table {
  return {
    name: 'least',
    title: `The least terms, in ether, by which honest play costs nothing (k = ${DEFAULT_OFFER.k})`,
    head: ['price of gas', 'repayment', 'challenge bond', 'claim bond', 'repaid places'],
    rows: PRICES.map((price) => {
      const offer = leastOffer(gas, price, DEFAULT_OFFER.k);
      return [gwei(price), offer.repayment, offer.challengeBond, offer.claimBond, places(offer)];
    }),
  };
}

const attackTable = (gas: GasFigures): Table => ({
  name: 'attacks',
  title: `What attacks cost, in ether, under the default terms at ${PRICE} gwei`,
  head: ['attack', 'attacker loses', 'honest pays', 'honest gets', 'honest net', 'griefing factor'],
  rows: attacks(gas, DEFAULT_OFFER, PRICE).map((attack) => [
    attack.name,
    attack.attackerLoses,
    attack.honestPays,
    attack.honestGets,
    honestNet(attack),
    griefing(attack),
  ]),
});

function griefingTable(gas: GasFigures): Table {
  const at = PRICES.map((price) => attacks(gas, DEFAULT_OFFER, price));
  return {
    name: 'griefing',
    title: 'Ether that the honest party loses for each that the attacker does, by the price of gas',
    head: ['attack', ...PRICES.map(gwei)],
    rows: at[0]!.map(({ name }, i) => [name, ...at.map((list) => griefing(list[i]!))]),
  };
}

function delayTable(gas: GasFigures): Table {
  const hours = longestDelay(DEFAULT_OFFER) / HOUR;
  return {
    name: 'delay',
    title: `Delaying claims by up to ${figure(hours)} hours beyond their windows, in ether`,
    head: ['price of gas', 'a claim', 'a run, 100 a claim', 'a run, 4096 a claim', 'an hour'],
    rows: PRICES.map((price) => {
      const cost = delayCost(gas, DEFAULT_OFFER, price);
      return [gwei(price), cost, cost / 100, cost / 4096, cost / hours];
    }),
  };
}

const securedTable = (): Table => ({
  name: 'secured',
  title: 'Value that a claim may secure',
  head: ['false claims unchallenged', 'in claim bonds', 'ether, default terms'],
  rows: [0.5, 0.1, 0.01, 0.001, 0.0001].map((part) => [
    percent(part),
    securedPerBond(part),
    securedPerBond(part) * DEFAULT_OFFER.claimBond,
  ]),
});

/** Tickets of the pool that the page's numbers are for. */
const ODDS = 1 / 4;
const VERIFIERS = 8;

function poolTable(gas: GasFigures): Table {
  const { announce, draw, respond, reveal, judgeRight, judgeSilent, close } = gas.attention;
  const cost = 0.002;
  return {
    name: 'pool',
    title: `Least terms, in ether, of a pool with ${VERIFIERS} verifiers, tickets that win once in ${1 / ODDS}, and runs that cost ${cost}`,
    head: ['price of gas', 'answer', 'reward', 'penalty', "a round's rewards", "a round's gas"],
    rows: PRICES.map((price) => {
      const answer = ether(respond + judgeRight, price);
      const reward = leastReward({ odds: ODDS, reward: 0, penalty: 0, answer }, cost);
      // Pays whoever shows a silent winner by a sixteenth, and makes drawing anew dearer than the rewards it might save.
      const penalty = Math.max(16 * ether(judgeSilent, price), VERIFIERS * reward);
      return [
        gwei(price),
        answer,
        reward,
        penalty,
        VERIFIERS * ODDS * reward,
        ether(announce + draw + reveal + close, price),
      ];
    }),
  };
}

/** Amounts of the simulation are in runs of the model. */
const COSTS = Array.from({ length: 10 }, (_, i) => 0.5 + 0.1 * i);
const TEMPTATION: Temptation = { gain: 100, loss: 50 };
const PRIZE = 10;
const BASE: Attention = { odds: ODDS, reward: 1, penalty: 4, answer: 0.1 };
const PENALTIES = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6];
const REWARDS = [0, 1, 2, 2.5, 3, 4, 5, 6, 8];

export interface Options {
  readonly seed: number;
  readonly rounds: number;
  readonly progress?: (done: number, of: number) => void;
}

function simulated(
  name: string,
  title: string,
  of: string,
  values: readonly number[],
  setting: (value: number) => Pick<Setting, 'attention' | 'mayLeave'>,
  { seed, rounds }: Options,
  done: () => void,
): Table {
  return {
    name,
    title: `${title} (seed ${seed}, ${rounds} rounds)`,
    head: [
      of,
      'dearest run that pays',
      'run: theory',
      'run: simulated',
      'away',
      'false: theory',
      'false: simulated',
      'stand: theory',
      'stand: simulated',
      'rewards a round',
    ],
    rows: values.map((value) => {
      const { attention, mayLeave } = setting(value);
      const theory = settled(attention, COSTS, PRIZE, TEMPTATION, mayLeave);
      const seen = simulate({
        attention,
        mayLeave,
        costs: COSTS,
        prize: PRIZE,
        temptation: TEMPTATION,
        rounds,
        seed,
      });
      done();
      return [
        value,
        Math.max(0, dearestRun(attention, mayLeave)),
        percent(theory.run),
        percent(seen.run),
        percent(seen.away),
        percent(theory.lies),
        percent(seen.lies),
        percent(theory.stand),
        percent(seen.stand),
        seen.rewards,
      ];
    }),
  };
}

const breakTable = (): Table => ({
  name: 'break',
  title: 'Where the lazy equilibrium breaks: ten verifiers whose runs cost 0.5 to 1.4',
  head: ['', 'first verifier runs', 'all run'],
  rows: [
    [
      'penalty, nobody may leave (reward 1)',
      ...[COSTS[0]!, COSTS.at(-1)!].map((cost) => leastPenalty(BASE, cost)),
    ],
    [
      'reward, everybody may leave (penalty 4)',
      ...[COSTS[0]!, COSTS.at(-1)!].map((cost) => leastReward(BASE, cost)),
    ],
  ],
});

/** All tables in the page's order. */
export function report(gas: GasFigures, options: Options): Table[] {
  let count = 0;
  const done = (): void => options.progress?.(++count, PENALTIES.length + REWARDS.length);
  return [
    moveTable(gas),
    attentionTable(gas),
    coveredTable(gas),
    leastTable(gas),
    attackTable(gas),
    griefingTable(gas),
    delayTable(gas),
    securedTable(),
    poolTable(gas),
    breakTable(),
    simulated(
      'penalties',
      'Verifiers that are bound, by the penalty',
      'penalty',
      PENALTIES,
      (penalty) => ({ attention: { ...BASE, penalty }, mayLeave: false }),
      options,
      done,
    ),
    simulated(
      'rewards',
      'Verifiers that may leave, by the reward',
      'reward',
      REWARDS,
      (reward) => ({ attention: { ...BASE, reward }, mayLeave: true }),
      options,
      done,
    ),
  ];
}
