/** Kept cases: a module as the machine runs it (.wasm) beside its runs (.json), replayed by test/fuzz/cases.test.ts. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Built } from './compare.ts';
import type { Run } from './engine.ts';

export const CASES = 'test/fuzz/cases';

interface Description {
  readonly about: string;
  /** Indices of the globals r0, r1, ... */
  readonly observed: readonly number[];
  readonly runs: readonly Run[];
}

export interface Case extends Built {
  readonly name: string;
  readonly about: string;
}

/** Writes a case and returns its path without an ending. */
export function keepCase({ bytes, observed, runs }: Built, about: string, folder = CASES): string {
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha1').update(bytes).digest('hex').slice(0, 10);
  const path = join(folder, name);
  writeFileSync(`${path}.wasm`, bytes);
  const description: Description = { about, observed, runs };
  writeFileSync(`${path}.json`, `${JSON.stringify(description, null, 2)}\n`);
  return path;
}

export function readCases(folder = CASES): Case[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.wasm'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.wasm'.length);
      const text = readFileSync(join(folder, `${name}.json`), 'utf8');
      const bytes = new Uint8Array(readFileSync(join(folder, file)));
      return { name, bytes, ...(JSON.parse(text) as Description) };
    });
}
