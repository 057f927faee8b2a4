/** What is mutated, on what it is run, and where: the arbiters, or the game about them. */
import { join } from 'node:path';
import { root } from './ast.ts';

export const PHASES = ['vectors', 'steps', 'tests'];

export interface Target {
  readonly name: string;
  /** Forge's project: the contracts with all mutants in them, their tests, and the runs. */
  readonly folder: string;
  isMutated(path: string): boolean;
  /** Whether a test contract in a file that needs `uses` is run. */
  isTest(file: string, uses: ReadonlySet<string>): boolean;
  readonly phases: readonly string[];
  /** Files of the harness. */
  readonly harness: readonly string[];
  /** Contracts that the harness or the tests make from their artifacts. */
  readonly contracts: readonly string[];
  /** Whether a mutant is run only on the tests that pass its place, for which each of them is recorded once. */
  readonly recorded: boolean;
  /** Of the vectors, and of the tools that write them, those that a run needs. */
  readonly vectors: RegExp;
  readonly tools: RegExp;
}

/** What a step is decided by, and what leads into one. */
const arbiters: Target = {
  name: 'arbiters',
  folder: join(root, 'build/mutation'),
  isMutated: (path) =>
    path.startsWith('contracts/src/arbiter/') || path === 'contracts/src/GraphArbiter.sol',
  // Games and money have their own tests, which say little of the arbiters and take long.
  isTest: (_, uses) =>
    !uses.has('contracts/src/Pinpoint.sol') && [...uses].some(arbiters.isMutated),
  phases: PHASES,
  harness: ['AluRun.t.sol', 'Harness.sol', 'Mutants.sol', 'StepRun.t.sol', 'TestRun.t.sol'],
  contracts: ['arbiter/ScalarAlu', 'arbiter/VectorAlu', 'arbiter/Arbiter', 'GraphArbiter'],
  recorded: false,
  vectors: /./,
  tools: /-vectors\.ts$/,
};

/** The contracts of the game. */
export const GAME_SOURCES =
  /^contracts\/src\/(Pinpoint|Games|Claims|Money|Registry|Demands|Commit|WellFormed)\.sol$/;
/** Their tests. */
export const GAME_TESTS =
  /\/(Claims|Clocks|Game|GameRules|Money|Registry|Offers|Batches|Sources|Answers|Demands|DemandAnswers|Repayment|Commit|Simulation|KillGame\w*)\.t\.sol$/;

/** What claims, games and demands are made and paid by. The constants of Limits.sol are mutated where they are used. */
const game: Target = {
  name: 'game',
  folder: join(root, 'build/mutation-game'),
  isMutated: (path) => GAME_SOURCES.test(path),
  isTest: (file) => GAME_TESTS.test(file),
  phases: ['tests'],
  harness: ['Harness.sol', 'Mutants.sol', 'TestRun.t.sol'],
  contracts: ['Registry', 'Pinpoint', 'Demands', 'GraphArbiter'],
  recorded: true,
  vectors: /\.json$/,
  tools: /^(simulation|commitment)-vectors\.ts$/,
};

export const TARGETS: readonly Target[] = [arbiters, game];
