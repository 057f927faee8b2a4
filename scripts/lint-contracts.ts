/**
 * Checks the contracts with forge: that they and their tests are formatted as `npm run format` makes them, and its lints. Ends with
 * status 1 at the first that isn't met.
 *
 *   node scripts/run.mjs scripts/lint-contracts.ts [--fix]    --fix formats instead
 */
import { spawnSync } from 'node:child_process';
import { forgePath } from './lib/forge.ts';

function forge(...options: readonly string[]): void {
  const { status } = spawnSync(forgePath(), options, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (process.argv.includes('--fix')) {
  forge('fmt');
} else {
  forge('fmt', '--check');
  forge('lint', 'contracts', '--deny', 'notes');
}
