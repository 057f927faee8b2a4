/**
 * Tests of the contracts: writes the vectors that they read, then runs `forge test` with the arguments given.
 *
 *   node scripts/run.mjs scripts/test-contracts.ts [ARGUMENTS OF FORGE TEST...]
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgePath } from './lib/forge.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TOOLS = 'contracts/test/tools';

/** Runs a command in the repository's root; a failure ends this process with the command's own status. */
function run(command: string, args: readonly string[]): void {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) throw new Error(`could not run ${command}: ${error.message}; run \`npm ci\` first`);
  if (signal) console.error(`${command} ${args.join(' ')} was ended by ${signal}`);
  if (status !== 0) process.exit(status ?? 1);
}

const generators = readdirSync(join(root, TOOLS)).filter((name) => name.endsWith('-vectors.ts'));
for (const name of generators.sort()) run(process.execPath, [join(TOOLS, name)]);
run(forgePath(), ['test', ...process.argv.slice(2)]);
