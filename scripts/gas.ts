/**
 * Measures what the contracts cost, and holds it against the aims.
 *
 *   npm run gas
 *   npm run gas -- --docs      writes docs/gas.md and test/vectors/gas.json
 *   npm run gas -- --check     exits 1 if they are stale or an aim is missed
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { toText } from '../economics/table.ts';
import { drift } from './gas/compare.ts';
import { keep, keptFigures, measure } from './gas/measure.ts';
import { aims, aimTable, page } from './gas/page.ts';

const PAGE = join(import.meta.dirname, '../docs/gas.md');
/** How far a figure may be from the page's. */
const TOLERANCE = 0.01;

const options = new Command('gas')
  .description('measures the gas of disputes, moves and claims, and the sizes of contracts')
  .option('--docs', 'writes docs/gas.md and test/vectors/gas.json')
  .option(
    '--check',
    `exits 1 if a figure moved by more than ${100 * TOLERANCE} % or an aim is missed`,
  )
  .option('--from <file>', 'reads what `forge test -vv` printed before instead of running it')
  .option('--json', 'figures and aims as JSON')
  .parse()
  .opts<{ docs?: boolean; check?: boolean; from?: string; json?: boolean }>();

function stale(): string[] {
  const kept = keptFigures();
  const lines = drift(kept, figures, TOLERANCE);
  if (readFileSync(PAGE, 'utf8') !== page(kept)) lines.push("docs/gas.md isn't what is written");
  return lines;
}

const figures = await measure(
  options.from === undefined ? undefined : readFileSync(options.from, 'utf8'),
);
if (options.docs) {
  keep(figures);
  writeFileSync(PAGE, page(figures));
}
const problems = options.check
  ? [
      ...stale().map((line) => `stale: ${line}; run \`npm run gas -- --docs\``),
      ...aims(figures)
        .filter(({ value, most }) => value > most)
        .map(({ name, value, most }) => `aim missed: ${name} is ${value}, to be ${most} at most`),
    ]
  : [];
if (options.json) console.log(JSON.stringify({ figures, aims: aims(figures), problems }, null, 2));
else console.log(toText(aimTable(figures)));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
