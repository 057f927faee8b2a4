/** The result as a table per file and a list of what survived. */

import type { Outcome } from './engine.ts';
import { describes, type Equivalent } from './equivalents.ts';

export interface Line {
  readonly file: string;
  readonly mutants: number;
  readonly killed: number;
  readonly equivalent: number;
  readonly survived: number;
  readonly notReached: number;
}

export interface Report {
  readonly files: readonly Line[];
  readonly total: Line;
  /** Killed of those that aren't equivalent, in percent. */
  readonly share: number;
  readonly survivors: readonly Outcome[];
}

export function report(outcomes: readonly Outcome[], entries: readonly Equivalent[]): Report {
  const isEquivalent = ({ mutant }: Outcome): boolean =>
    entries.some((entry) => describes(entry, mutant));
  const line = (file: string, own: readonly Outcome[]): Line => {
    const left = own.filter(({ killedBy }) => killedBy === undefined);
    const unexplained = left.filter((outcome) => !isEquivalent(outcome));
    return {
      file,
      mutants: own.length,
      killed: own.length - left.length,
      equivalent: left.length - unexplained.length,
      survived: unexplained.filter(({ reached }) => reached).length,
      notReached: unexplained.filter(({ reached }) => !reached).length,
    };
  };
  const files = [...new Set(outcomes.map(({ mutant }) => mutant.file))].sort();
  const total = line('all', outcomes);
  return {
    files: files.map((file) =>
      line(
        file,
        outcomes.filter(({ mutant }) => mutant.file === file),
      ),
    ),
    total,
    share: (100 * total.killed) / Math.max(1, total.mutants - total.equivalent),
    survivors: outcomes.filter((one) => one.killedBy === undefined && !isEquivalent(one)),
  };
}

const COLUMNS = ['mutants', 'killed', 'equivalent', 'survived', 'notReached'] as const;

export function print({ files, total, share, survivors }: Report): string {
  const lines = survivors.map(({ mutant, reached }) => {
    const { file, line, where, original, mutated } = mutant;
    return `${file}:${line} ${where}: ${original}  ->  ${mutated || '(nothing)'}${reached ? '' : '  [not reached]'}`;
  });
  const width = Math.max(...files.map(({ file }) => file.length), 5);
  const head = ['mutants', 'killed', 'equivalent', 'survived', 'not reached'];
  const row = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(13)).join('');
  const table = [
    row('file', head),
    ...[...files, total].map((line) =>
      row(
        line.file,
        COLUMNS.map((column) => line[column]),
      ),
    ),
  ];
  const percent = `${share.toFixed(2)} % of the mutants that aren't equivalent are killed`;
  return [...lines, '', ...table, '', percent].join('\n');
}
