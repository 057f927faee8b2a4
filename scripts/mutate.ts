/**
 * Mutation testing of the arbiters: makes small faults in their code, one at a time, and tells which of them no test notices.
 * docs/mutation.md says how it works.
 *
 *   npm run mutate -- [--file NAME] [--json] [--seed N] [--limit N]
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { generator } from '../test/support/values.ts';
import { parse, root } from './mutation/ast.ts';
import { shuffle } from './mutation/cases.ts';
import { type Outcome, PHASES, runAll } from './mutation/engine.ts';
import { EQUIVALENTS, readEquivalents, staleEntries } from './mutation/equivalents.ts';
import { build } from './mutation/forge.ts';
import { isMutated, PROJECT, writeProject } from './mutation/project.ts';
import { print, report } from './mutation/report.ts';
import type { Mutant } from './mutation/sites.ts';

const TOOLS = 'contracts/test/tools';
const RESULTS = join(PROJECT, 'results.json');

interface Flags {
  readonly file?: readonly string[];
  readonly in?: readonly string[];
  readonly json?: true;
  readonly seed: string;
  readonly limit?: string;
  readonly without?: readonly string[];
  readonly again?: true;
  readonly only: readonly string[];
  readonly vectors: string;
  readonly steps: string;
}

const program = new Command('mutate')
  .description('Mutation testing of the arbiters.')
  .option('--file <name...>', 'only files whose path contains one of these')
  .option('--in <name...>', 'of the files compiled, run only the mutants of these')
  .option('--json', 'print the result as JSON; progress goes to the standard error output')
  .option('--seed <number>', 'seed of what is drawn: the order of cases, the sample', '1')
  .option('--limit <number>', 'run a random sample of this many mutants')
  .option('--without <name...>', 'leave out tests and vectors whose file contains one of these')
  .option(
    '--again',
    'only the mutants that survived the last run, which must be of the same sources',
  )
  .option('--only <phase...>', `of ${PHASES.join(', ')}`, PHASES)
  .option('--vectors <number>', 'vectors of the arithmetic units tried on one mutant', '2000')
  .option('--steps <number>', 'steps tried on one mutant', '800')
  .parse();

function count(name: string, given: string): number {
  if (!/^\d+$/.test(given)) program.error(`--${name} takes a number, not "${given}"`);
  return Number(given);
}

async function main(flags: Flags): Promise<number> {
  const begun = Date.now();
  const say = (line: string): void => {
    const seconds = ((Date.now() - begun) / 1000).toFixed(0);
    (flags.json ? console.error : console.log)(`[${seconds} s] ${line}`);
  };
  const seed = count('seed', flags.seed);
  say('writing vectors');
  for (const name of readdirSync(join(root, TOOLS)).filter((name) =>
    name.endsWith('-vectors.ts'),
  )) {
    const { status, stderr } = spawnSync(process.execPath, [join(TOOLS, name)], { cwd: root });
    if (status !== 0) throw new Error(`${TOOLS}/${name} failed: ${stderr}`);
  }
  say('reading the contracts');
  const sources = parse();
  const files = [...sources.text.keys()].filter(
    (path) => isMutated(path) && (!flags.file || flags.file.some((name) => path.includes(name))),
  );
  if (files.length === 0)
    throw new Error(`no file under test is called ${flags.file?.join(' or ')}`);
  const project = writeProject(sources, (path) => files.includes(path));
  say(`${project.mutants.length} mutants in ${files.length} files, ${project.sites} places`);
  await build(say);
  let chosen = project.mutants;
  if (flags.in) chosen = chosen.filter(({ file }) => flags.in?.some((name) => file.includes(name)));
  if (flags.limit !== undefined)
    chosen = shuffle([...chosen], generator(seed)).slice(0, count('limit', flags.limit));
  const before = flags.again ? outcomesBefore(project.mutants) : [];
  const killed = before.filter(({ killedBy }) => killedBy !== undefined);
  const reached = new Set(before.filter((one) => one.reached).map(({ mutant }) => mutant.id));
  const skip = new Set(killed.map(({ mutant }) => mutant.id));
  const outcomes = await runAll(
    project,
    chosen.filter(({ id }) => !skip.has(id)),
    {
      seed,
      vectors: count('vectors', flags.vectors),
      steps: count('steps', flags.steps),
      without: flags.without ?? [],
      only: flags.only,
    },
    say,
    (found) => save(found, []),
  );
  const ran = new Set(outcomes.map(({ mutant }) => mutant.id));
  for (const outcome of outcomes) outcome.reached ||= reached.has(outcome.mutant.id);
  return finish(
    [...before.filter(({ mutant }) => !ran.has(mutant.id)), ...outcomes],
    flags.limit === undefined && !flags.in && flags.only.length === PHASES.length ? files : [],
    flags.json === true,
  );
}

/** Outcomes of the last run, if it was of these mutants. */
function outcomesBefore(mutants: readonly Mutant[]): Outcome[] {
  const { outcomes } = JSON.parse(readFileSync(RESULTS, 'utf8')) as {
    readonly outcomes: readonly Outcome[];
  };
  const key = (mutant: Mutant): string =>
    `${mutant.id} ${mutant.site} ${mutant.file} ${mutant.where}`;
  const same = new Map(mutants.map((mutant) => [key(mutant), mutant]));
  return outcomes.map((outcome) => {
    const mutant = same.get(key(outcome.mutant));
    if (!mutant) throw new Error(`${RESULTS} is of other mutants: run without --again`);
    return { ...outcome, mutant };
  });
}

function save(outcomes: readonly Outcome[], stale: readonly string[]): void {
  const result = report(outcomes, readEquivalents());
  writeFileSync(RESULTS, `${JSON.stringify({ ...result, stale, outcomes }, null, 1)}\n`);
}

function finish(found: readonly Outcome[], complete: readonly string[], json: boolean): number {
  const outcomes = [...found].sort((x, y) => x.mutant.id - y.mutant.id);
  const entries = readEquivalents();
  const result = report(outcomes, entries);
  const stale = staleEntries(entries, outcomes, new Set(complete));
  save(outcomes, stale);
  console.log(json ? JSON.stringify({ ...result, stale }) : print(result));
  for (const entry of stale) console.error(`${EQUIVALENTS} is stale: ${entry}`);
  return result.survivors.length > 0 || stale.length > 0 ? 1 : 0;
}

process.exitCode = await main(program.opts<Flags>());
