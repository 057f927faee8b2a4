/**
 * Mutants that no test can tell from the original, with the reason why. An entry names its mutants by what stays when lines move:
 * file, function, the text around the change, what it becomes. An entry that fits no surviving mutant is stale, which is an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ast.ts';
import type { Outcome } from './engine.ts';
import type { Mutant } from './sites.ts';

export const EQUIVALENTS = 'scripts/mutation/equivalents.json';

export interface Equivalent {
  readonly file: string;
  readonly where: string;
  /** The text around the change: one, or several of which each becomes the same for the same reason. */
  readonly original: string | readonly string[];
  /** What it becomes: one text, or several that have the same reason. */
  readonly mutated: string | readonly string[];
  readonly reason: string;
}

export const readEquivalents = (): readonly Equivalent[] =>
  JSON.parse(readFileSync(join(root, EQUIVALENTS), 'utf8')) as Equivalent[];

const texts = (given: string | readonly string[]): readonly string[] =>
  typeof given === 'string' ? [given] : given;

export const describes = (entry: Equivalent, mutant: Mutant): boolean =>
  entry.file === mutant.file &&
  entry.where === mutant.where &&
  texts(entry.original).includes(mutant.original) &&
  texts(entry.mutated).includes(mutant.mutated);

/** Entries of the files that were run that no mutant fits, and those whose mutants were all killed. */
export function staleEntries(
  entries: readonly Equivalent[],
  outcomes: readonly Outcome[],
  complete: ReadonlySet<string>,
): string[] {
  return entries
    .filter(({ file }) => complete.has(file))
    .flatMap((entry) =>
      texts(entry.original).flatMap((original) =>
        texts(entry.mutated).map((mutated) => ({ ...entry, original, mutated })),
      ),
    )
    .flatMap((one) => {
      const fitting = outcomes.filter(({ mutant }) => describes(one, mutant));
      const name = `${one.file}, ${one.where}: ${one.original} -> ${one.mutated}`;
      if (fitting.length === 0) return [`${name}: there is no such mutant`];
      return fitting.every(({ killedBy }) => killedBy !== undefined) ? [`${name}: is killed`] : [];
    });
}
