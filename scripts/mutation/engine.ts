/**
 * Runs all mutants. First each case without a mutant, recording which places it passes; then each mutant on the cases that pass
 * its place, until one tells it from the original; what is left, on the tests.
 */
import { keccak256 } from '../../models/hash.ts';
import { generator } from '../../test/support/values.ts';
import { plan, shuffle, writeCalls, writeSteps, writeVectors } from './cases.ts';
import { run, type Say } from './forge.ts';
import type { Project } from './project.ts';
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

const NO_PLAN = plan(0, []);

export async function runAll(
  project: Project,
  mutants: readonly Mutant[],
  options: Options,
  say: Say,
  checkpoint: (outcomes: readonly Outcome[]) => void,
): Promise<Outcome[]> {
  const { folder } = project.target;
  const random = generator(options.seed);
  const used = (name: string): boolean => !options.without.some((part) => name.includes(part));
  const outcomes = new Map(
    mutants.map((mutant): [number, Outcome] => [mutant.id, { mutant, reached: false }]),
  );
  const alive = (): Outcome[] => [...outcomes.values()].filter(({ killedBy }) => !killedBy);

  const arithmetic = options.only.includes('vectors') || options.only.includes('steps');
  const none = (): boolean => false;
  const vectors = writeVectors(folder, random, arithmetic ? used : none);
  const steps = writeSteps(folder, random, arithmetic ? used : none);

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
      folder,
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
      folder,
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
    await runTests(project, used, alive(), random, say, () => checkpoint([...outcomes.values()]));
  return [...outcomes.values()];
}

async function runTests(
  { target, tests: all }: Project,
  used: (name: string) => boolean,
  alive: readonly Outcome[],
  random: () => number,
  say: Say,
  checkpoint: () => void,
): Promise<void> {
  if (alive.length === 0) return;
  const { folder } = target;
  const tests = all.filter(({ file }) => used(file));
  const calls = writeCalls(folder, tests, selector, random);
  const gas = new Map<number, number>();
  const unused: string[] = [];
  await run(
    folder,
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
  const passing = target.recorded ? await placesOf(folder, quickFirst, say) : undefined;
  const casesOf = ({ file, site }: Mutant): number[] =>
    quickFirst.filter((i) => {
      const contract = calls[i]?.contract;
      if (!contract?.uses.has(file)) return false;
      return !passing || contract.etches || passing.get(site)?.has(i) === true;
    });
  const byId = new Map(alive.map((outcome) => [outcome.mutant.id, outcome]));
  let killed = 0;
  await onTests(
    folder,
    alive.map(({ mutant }) => ({ id: mutant.id, cases: casesOf(mutant) })),
    (id, found) => {
      if (found === 0) return;
      killed++;
      const outcome = byId.get(id) as Outcome;
      outcome.reached = true;
      outcome.killedBy = calls[found - 1]?.name ?? '';
    },
    (done) => {
      checkpoint();
      say(`tests: ${done} of ${alive.length} mutants, ${killed} killed`);
    },
  );
  // Which places of the others does any test come to?
  const unknown = new Map<number, Outcome[]>();
  for (const outcome of alive) {
    if (outcome.killedBy || outcome.reached) continue;
    const site = outcome.mutant.site;
    if (passing?.has(site)) outcome.reached = true;
    else unknown.set(site, [...(unknown.get(site) ?? []), outcome]);
  }
  if (unknown.size === 0) return;
  await onTests(
    folder,
    [...unknown].map(([site, [first]]) => ({
      id: PROBE + site,
      cases: casesOf((first as Outcome).mutant),
    })),
    (id, found) => {
      if (found > 0) for (const outcome of unknown.get(id - PROBE) ?? []) outcome.reached = true;
    },
    () => say(`tests: looking for places that nothing reaches, ${unknown.size} left`),
  );
}

/** The cases that pass each place. */
async function placesOf(
  folder: string,
  cases: readonly number[],
  say: Say,
): Promise<Map<number, Set<number>>> {
  const passing = new Map<number, Set<number>>();
  let pairs = 0;
  await run(
    folder,
    'TestRun',
    'testCoverage',
    plan(0, [{ id: 0, cases }]),
    (one, site) => {
      pairs++;
      const own = passing.get(site);
      if (own) own.add(one);
      else passing.set(site, new Set([one]));
    },
    () => say(`tests: without mutants, ${pairs} places passed`),
  );
  return passing;
}

/**
 * Runs mutants on tests. A test that fails may leave something behind, in what forge keeps apart from the chain, that makes the
 * next one fail without a mutant: then forge is started anew for the rest.
 */
async function onTests(
  folder: string,
  entries: readonly { readonly id: number; readonly cases: readonly number[] }[],
  answer: (id: number, found: number) => void,
  say: (done: number) => void,
): Promise<void> {
  const done = new Set<number>();
  for (;;) {
    const before = done.size;
    try {
      await run(
        folder,
        'TestRun',
        'testMutants',
        plan(
          0,
          entries.filter(({ id }) => !done.has(id)),
        ),
        (id, found) => {
          done.add(id);
          answer(id, found);
        },
        () => say(done.size),
      );
    } catch (error) {
      if (done.size === before) throw error;
    }
    if (done.size === entries.length) return;
    if (done.size === before) throw new Error(`${entries.length - before} mutants got no answer`);
  }
}

const selector = (signature: string): Buffer =>
  Buffer.from(keccak256(new TextEncoder().encode(signature)).slice(0, 4));
