/**
 * Mutation testing of the arbiters and of the game: makes small faults in their code, one at a time, and tells which of them no test notices.
 * docs/mutation.md says how it works.
 *
 *   npm run mutate -- [--target game] [--file NAME] [--json] [--seed N] [--limit N]
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { generator } from '../test/support/values.ts';
import { parse, root } from './mutation/ast.ts';
import { shuffle } from './mutation/cases.ts';
import { type Outcome, runAll } from './mutation/engine.ts';
import { EQUIVALENTS, readEquivalents, staleEntries } from './mutation/equivalents.ts';
import { build } from './mutation/forge.ts';
import { writeProject } from './mutation/project.ts';
import { print, report } from './mutation/report.ts';
import type { Mutant } from './mutation/sites.ts';
import { PHASES, TARGETS, type Target } from './mutation/target.ts';

const TOOLS = 'contracts/test/tools';
const resultsOf = (target: Target): string => join(target.folder, 'results.json');

interface Flags {
  readonly target: string;
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
  .description('Mutation testing of the arbiters and of the game.')
  .addOption(
    new Option('--target <name>', 'what is mutated')
      .choices(TARGETS.map(({ name }) => name))
      .default('arbiters'),
  )
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
  const target = TARGETS.find(({ name }) => name === flags.target) as Target;
  const only = flags.only.filter((phase) => target.phases.includes(phase));
  say('writing vectors');
  for (const name of readdirSync(join(root, TOOLS)).filter((name) => target.tools.test(name))) {
    const { status, stderr } = spawnSync(process.execPath, [join(TOOLS, name)], { cwd: root });
    if (status !== 0) throw new Error(`${TOOLS}/${name} failed: ${stderr}`);
  }
  say('reading the contracts');
  const sources = parse();
  const files = [...sources.text.keys()].filter(
    (path) =>
      target.isMutated(path) && (!flags.file || flags.file.some((name) => path.includes(name))),
  );
  if (files.length === 0)
    throw new Error(`no file under test is called ${flags.file?.join(' or ')}`);
  const project = writeProject(target, sources, (path) => files.includes(path));
  say(`${project.mutants.length} mutants in ${files.length} files, ${project.sites} places`);
  await build(target.folder, say);
  let chosen = project.mutants;
  if (flags.in) chosen = chosen.filter(({ file }) => flags.in?.some((name) => file.includes(name)));
  if (flags.limit !== undefined)
    chosen = shuffle([...chosen], generator(seed)).slice(0, count('limit', flags.limit));
  const before = flags.again ? outcomesBefore(target, project.mutants) : [];
  const killed = before.filter(({ killedBy }) => killedBy !== undefined);
  const reached = new Set(before.filter((one) => one.reached).map(({ mutant }) => mutant.id));
  const skip = new Set(killed.map(({ mutant }) => mutant.id));
  const withBefore = (found: readonly Outcome[]): Outcome[] => {
    const ran = new Set(found.map(({ mutant }) => mutant.id));
    return [...before.filter(({ mutant }) => !ran.has(mutant.id)), ...found];
  };
  const outcomes = await runAll(
    project,
    chosen.filter(({ id }) => !skip.has(id)),
    {
      seed,
      vectors: count('vectors', flags.vectors),
      steps: count('steps', flags.steps),
      without: flags.without ?? [],
      only,
    },
    say,
    (found) => save(target, withBefore(found), []),
  );
  for (const outcome of outcomes) outcome.reached ||= reached.has(outcome.mutant.id);
  return finish(
    target,
    withBefore(outcomes),
    flags.limit === undefined && !flags.in && only.length === target.phases.length ? files : [],
    flags.json === true,
  );
}

/** Outcomes of the last run, if it was of these mutants. */
function outcomesBefore(target: Target, mutants: readonly Mutant[]): Outcome[] {
  const results = resultsOf(target);
  const { outcomes } = JSON.parse(readFileSync(results, 'utf8')) as {
    readonly outcomes: readonly Outcome[];
  };
  const key = (mutant: Mutant): string =>
    `${mutant.id} ${mutant.site} ${mutant.file} ${mutant.where}`;
  const same = new Map(mutants.map((mutant) => [key(mutant), mutant]));
  return outcomes.map((outcome) => {
    const mutant = same.get(key(outcome.mutant));
    if (!mutant) throw new Error(`${results} is of other mutants: run without --again`);
    return { ...outcome, mutant };
  });
}

function save(target: Target, outcomes: readonly Outcome[], stale: readonly string[]): void {
  const result = report(outcomes, readEquivalents());
  writeFileSync(resultsOf(target), `${JSON.stringify({ ...result, stale, outcomes }, null, 1)}\n`);
}

function finish(
  target: Target,
  found: readonly Outcome[],
  complete: readonly string[],
  json: boolean,
): number {
  const outcomes = [...found].sort((x, y) => x.mutant.id - y.mutant.id);
  const entries = readEquivalents();
  const result = report(outcomes, entries);
  const stale = staleEntries(entries, outcomes, new Set(complete));
  save(target, outcomes, stale);
  console.log(json ? JSON.stringify({ ...result, stale }) : print(result));
  for (const entry of stale) console.error(`${EQUIVALENTS} is stale: ${entry}`);
  return result.survivors.length > 0 || stale.length > 0 ? 1 : 0;
}

process.exitCode = await main(program.opts<Flags>());
