#!/usr/bin/env node
/**
 * Runs a command of the project under a Node that is new enough: this one, or the one that npm installed
 * beside it. Must itself run on Node 20, so it uses nothing newer.
 *
 *   node scripts/run.mjs SCRIPT.ts ARGUMENTS...     a TypeScript file, run by Node
 *   node scripts/run.mjs COMMAND ARGUMENTS...       a command of node_modules/.bin
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

function findNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return process.execPath;
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const node = join(dirname(manifest), 'bin', 'node');
    if (existsSync(node)) return node;
  } catch {
    // The package is missing; the message below says what to do.
  }
  console.error(
    `This project needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}, and the package ` +
      `node-${process.platform}-${process.arch} that carries one is not installed. Run \`npm ci\`, or install a newer Node.`,
  );
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
if (!command) {
  console.error('usage: node scripts/run.mjs SCRIPT.ts|COMMAND [ARGUMENTS...]');
  process.exit(2);
}
const node = findNode();
const bin = join(root, 'node_modules', '.bin');
const env = {
  ...process.env,
  PATH: [dirname(node), bin, process.env.PATH].filter(Boolean).join(delimiter),
  NODE_NO_WARNINGS: '1',
};
const isScript = /\.(ts|mjs|js)$/.test(command);
const child = spawn(isScript ? node : join(bin, command), isScript ? [command, ...rest] : rest, {
  stdio: 'inherit',
  env,
});
// Ctrl-C reaches the child through the terminal's process group; a signal sent to us alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`could not run ${command}: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  process.exit(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1));
});
