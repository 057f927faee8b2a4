/** Writes build/vectors/simulation.json: scenarios and what they come to by simulation/rules.ts, for contracts/test/Simulation.t.sol. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { record } from '../../../simulation/record.ts';
import { checkScenario, playScenario } from '../../../simulation/scenario.ts';

const COUNT = 200;
const FIRST_SEED = 1;

const scenarios: unknown[] = [];
for (let i = 0; i < COUNT; i++) {
  const scenario = await playScenario(FIRST_SEED + i);
  checkScenario(scenario);
  scenarios.push(record(scenario));
}
const path = join(import.meta.dirname, '../../../build/vectors/simulation.json');
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, `${JSON.stringify({ count: scenarios.length, scenarios })}\n`);
