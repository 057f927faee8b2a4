/** Thousands of games by the rules of docs/protocol.md, without a chain. `npm run simulate -- --help` */
import { Command, InvalidArgumentError } from 'commander';
import { checkScenario, playScenario } from './scenario.ts';

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

const flags = new Command('simulate')
  .description(
    'Plays claims and games of honest and dishonest parties by the rules of docs/protocol.md, and checks what must hold.',
  )
  .option('--scenarios <number>', 'how many', count, 2000)
  .option('--seed <number>', 'of the first scenario; the others follow', count, 1)
  .option('--json', 'print the sums as JSON')
  .parse()
  .opts<{ scenarios: number; seed: number; json?: true }>();

const sums: Record<string, number> = { scenarios: 0, claims: 0, 'true claims': 0, games: 0 };
const add = (name: string, amount = 1): void => {
  sums[name] = (sums[name] ?? 0) + amount;
};
let shown = performance.now();
for (let i = 0; i < flags.scenarios; i++) {
  const scenario = await playScenario(flags.seed + i);
  checkScenario(scenario);
  add('scenarios');
  add('claims', scenario.lies.length);
  add('true claims', scenario.lies.filter((lie) => !lie).length);
  add('games', scenario.world.games.length);
  for (const { accepted, kind } of scenario.actions) add(accepted ? kind : `${kind} refused`);
  for (const { status } of scenario.world.games) add(`games: ${status}`);
  if (!flags.json && performance.now() - shown > 2000) {
    shown = performance.now();
    console.error(`${i + 1} of ${flags.scenarios} scenarios`);
  }
}
if (flags.json) console.log(JSON.stringify(sums));
else {
  for (const [name, value] of Object.entries(sums)) console.log(`${name.padEnd(24)}${value}`);
  console.log(
    'No true claim fell, no false one became final, nobody honest lost money, no wei was made or lost.',
  );
}
