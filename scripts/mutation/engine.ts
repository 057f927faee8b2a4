/**
 * Runs all mutants. First each case without a mutant, recording which places it passes; then each mutant on the cases that pass
 * its place, until one tells it from the original; what is left, on the tests.
 */
import { keccak256 } from '../../models/hash.ts';
import { generator } from '../../test/support/values.ts';
import { plan, shuffle, writeCalls, writeSteps, writeVectors } from './cases.ts';
import { run, type Say } from './forge.ts';
import type { Project, TestContract } from './project.ts';
import { type Mutant, PROBE } from './sites.ts';

export interface Outcome {
  readonly mutant: Mutant;
  /** What told it from the original. */
  killedBy?: string;
  reached: boolean;
}

export interface Options {
  readonly seed: number;
  /** Vectors of the arithmetic units that a mutant is tried on. */
  readonly vectors: number;
  /** Steps that a mutant is tried on. */
  readonly steps: number;
  /** Parts of names of files with tests or vectors that aren't used. */
  readonly without: readonly string[];
  /** Which of PHASES are run. */
  readonly only: readonly string[];
}

export const PHASES = ['vectors', 'steps', 'tests'];

const NO_PLAN = plan(0, []);

export async function runAll(
  project: Project,
  mutants: readonly Mutant[],
  options: Options,
  say: Say,
  checkpoint: (outcomes: readonly Outcome[]) => void,
): Promise<Outcome[]> {
  const random = generator(options.seed);
  const used = (name: string): boolean => !options.without.some((part) => name.includes(part));
  const outcomes = new Map(
    mutants.map((mutant): [number, Outcome] => [mutant.id, { mutant, reached: false }]),
  );
  const alive = (): Outcome[] => [...outcomes.values()].filter(({ killedBy }) => !killedBy);

  const vectors = writeVectors(random, used);
  const steps = writeSteps(random, used);

  /** Runs a kind of cases: first where they lead, then the mutants. */
  async function cases(
    contract: string,
    budget: number,
    cut: number,
    name: string,
    describe: (found: number) => string,
    recorded = 0,
    withCase: (one: number) => readonly number[] = () => [],
  ): Promise<void> {
    const passing = new Map<number, number[]>();
    let pairs = 0;
    await run(
      contract,
      'testCoverage',
      plan(recorded, []),
      (one, site) => {
        pairs++;
        const list = passing.get(site);
        if (list) list.push(one);
        else passing.set(site, [one]);
      },
      () => say(`${name}: without mutants, ${pairs} places passed`),
    );
    const entries = alive().flatMap((outcome) => {
      const list = passing.get(outcome.mutant.site);
      if (!list) return [];
      outcome.reached = true;
      return [
        {
          id: outcome.mutant.id,
          cases: shuffle(
            list.flatMap((one) => [one, ...withCase(one)]),
            random,
          ).slice(0, cut),
        },
      ];
    });
    if (entries.length === 0) return;
    let done = 0;
    let killed = 0;
    await run(
      contract,
      'testMutants',
      plan(budget, entries),
      (id, found) => {
        done++;
        if (found === 0) return;
        killed++;
        (outcomes.get(id) as Outcome).killedBy = describe(found - 1);
      },
      () => say(`${name}: ${done} of ${entries.length} mutants, ${killed} killed`),
    );
    if (done !== entries.length)
      throw new Error(`${contract} answered for ${done} of ${entries.length} mutants`);
  }

  if (options.only.includes('vectors'))
    await cases('AluRun', options.vectors, Number.POSITIVE_INFINITY, 'vectors', (i) =>
      vectors.describe(i),
    );
  checkpoint([...outcomes.values()]);
  if (options.only.includes('steps'))
    await cases(
      'StepRun',
      0,
      options.steps,
      'steps',
      (i) => `step ${steps.names[i]}`,
      steps.original,
      (one) => steps.changedOf.get(one) ?? [],
    );
  checkpoint([...outcomes.values()]);
  if (options.only.includes('tests'))
    await runTests(
      project.tests.filter(({ file }) => used(file)),
      alive(),
      random,
      say,
    );
  return [...outcomes.values()];
}

async function runTests(
  tests: readonly TestContract[],
  alive: readonly Outcome[],
  random: () => number,
  say: Say,
): Promise<void> {
  if (alive.length === 0) return;
  const calls = writeCalls(tests, selector, random);
  const gas = new Map<number, number>();
  const unused: string[] = [];
  await run(
    'TestRun',
    'testOriginal',
    NO_PLAN,
    (i, used) => {
      if (used > 0) gas.set(i, used);
      else unused.push(calls[i]?.name ?? '');
    },
    () => say(`tests: ${gas.size} of ${calls.length} usable`),
  );
  if (unused.length > 0) say(`tests not used, slow or about gas: ${unused.join(', ')}`);
  const quickFirst = [...gas].sort(([, x], [, y]) => x - y).map(([i]) => i);
  const casesOf = (file: string): number[] =>
    quickFirst.filter((i) => calls[i]?.contract.uses.has(file));
  let done = 0;
  let killed = 0;
  const byId = new Map(alive.map((outcome) => [outcome.mutant.id, outcome]));
  await run(
    'TestRun',
    'testMutants',
    plan(
      0,
      alive.map(({ mutant }) => ({ id: mutant.id, cases: casesOf(mutant.file) })),
    ),
    (id, found) => {
      done++;
      if (found === 0) return;
      killed++;
      const outcome = byId.get(id) as Outcome;
      outcome.reached = true;
      outcome.killedBy = calls[found - 1]?.name ?? '';
    },
    () => say(`tests: ${done} of ${alive.length} mutants, ${killed} killed`),
  );
  // Which places of the others does any test come to?
  const unknown = new Map<number, Outcome[]>();
  for (const outcome of alive) {
    if (outcome.killedBy || outcome.reached) continue;
    const site = outcome.mutant.site;
    unknown.set(site, [...(unknown.get(site) ?? []), outcome]);
  }
  if (unknown.size === 0) return;
  await run(
    'TestRun',
    'testMutants',
    plan(
      0,
      [...unknown].map(([site, [first]]) => ({
        id: PROBE + site,
        cases: casesOf((first as Outcome).mutant.file),
      })),
    ),
    (id, found) => {
      if (found > 0) for (const outcome of unknown.get(id - PROBE) ?? []) outcome.reached = true;
    },
    () => say(`tests: looking for places that nothing reaches, ${unknown.size} left`),
  );
}

const selector = (signature: string): Buffer =>
  Buffer.from(keccak256(new TextEncoder().encode(signature)).slice(0, 4));
