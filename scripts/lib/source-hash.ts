import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * sha256 of all files below a folder whose name ends with `ending`, by their paths, and of what else their product depends on (versions,
 * options): the same hash, the same product.
 */
export function sourceHash(folder: string, ending: string, ...others: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith(ending)) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}
