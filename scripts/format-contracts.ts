/**
 * Formats the contracts and their tests with forge: npm run format. With --check it changes nothing and ends with status 1 if a file
 * isn't formatted.
 */
import { spawnSync } from 'node:child_process';
import { forgePath } from './lib/forge.ts';

const { status } = spawnSync(forgePath(), ['fmt', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
