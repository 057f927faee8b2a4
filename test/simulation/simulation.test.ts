import { expect, test } from 'vitest';
import { checkScenario, playScenario } from '../../simulation/scenario.ts';

test('no true claim falls, no false one becomes final, nobody honest loses money, whoever else plays', async () => {
  const endings = new Set<string>();
  for (let seed = 1_000_000; seed < 1_000_300; seed++) {
    const scenario = await playScenario(seed);
    checkScenario(scenario);
    for (const { status } of scenario.world.games) endings.add(status);
    for (const { accepted, kind } of scenario.actions) if (accepted) endings.add(kind);
  }
  // Chance has led everywhere.
  expect([...endings].sort()).toEqual(
    [
      ...['challenge', 'challenger', 'claim', 'concede', 'descend', 'dissect', 'finalize', 'prove'],
      ...['repeat', 'select', 'settle', 'settled', 'submitter', 'timeout'],
    ].sort(),
  );
});

test('a scenario is decided by its seed', async () => {
  const [one, two] = [await playScenario(7), await playScenario(7)];
  expect(one.actions).toEqual(two.actions);
});
