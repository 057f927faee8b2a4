/**
 * Prints what bonds, repayments and attention challenges must be and what attacks cost, from measured gas.
 *
 *   npm run economics
 *   npm run economics -- --measure --docs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { keep, measure } from '../scripts/gas/measure.ts';
import { type GasFigures, readGas } from './gas.ts';
import { DOCUMENTED, report } from './report.ts';
import { fill, toText } from './table.ts';

const PAGE = join(import.meta.dirname, '../docs/economics.md');

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(`"${text}" isn't an integer above 0`);
  }
  return value;
};

const options = new Command('economics')
  .description('prints what bonds must be, what attacks cost, and how verifiers come to behave')
  .option('--seed <n>', 'of the simulation', positive, DOCUMENTED.seed)
  .option('--rounds <n>', 'of each simulation', positive, DOCUMENTED.rounds)
  .option('--json', 'the tables as JSON')
  .option(
    '--measure',
    'measures gas again with forge (minutes) and keeps it in test/vectors/gas.json',
  )
  .option('--docs', 'writes the tables to docs/economics.md')
  .parse()
  .opts<{ seed: number; rounds: number; json?: boolean; measure?: boolean; docs?: boolean }>();

async function measured(): Promise<GasFigures> {
  const figures = await measure();
  keep(figures);
  return figures;
}

const gas = options.measure ? await measured() : readGas();
const started = performance.now();
const tables = report(gas, {
  ...options,
  progress(done, of) {
    if (performance.now() - started > 2000) console.error(`simulated ${done} of ${of} populations`);
  },
});
if (options.docs) writeFileSync(PAGE, fill(readFileSync(PAGE, 'utf8'), tables));
if (options.json) console.log(JSON.stringify({ seed: options.seed, gas, tables }, null, 2));
else console.log(tables.map(toText).join('\n'));
