import { ACCOUNT_COUNT, ACTIONS, type Scenario } from './scenario.ts';

/** A scenario as integers that Solidity reads: actions of six numbers each, lies of five, amounts in wei. */
export const record = ({ actions, lies, seed, world }: Scenario) => ({
  seed,
  lies: lies.flatMap((lie) =>
    lie ? [1, lie.graph, lie.machine, lie.back, lie.garbage ? 1 : 0] : [0, 0, 0, 0, 0],
  ),
  actions: actions.flatMap(({ accepted, argument, at, by, index, kind }) => [
    at,
    ACTIONS.indexOf(kind),
    by,
    index,
    argument,
    accepted ? 1 : 0,
  ]),
  statuses: world.claims.map(({ status }) => ['', 'open', 'finalized', 'fallen'].indexOf(status)),
  games: world.games.map(({ status }) =>
    ['', 'open', 'submitter', 'challenger', 'settled'].indexOf(status),
  ),
  owed: Array.from({ length: ACCOUNT_COUNT }, (_, i) => String(world.owed.get(i) ?? 0n)),
  burned: String(world.burned),
});
