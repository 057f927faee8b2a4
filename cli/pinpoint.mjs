#!/usr/bin/env node
/** Runs the command line under a Node that is new enough. Must itself run on Node 20. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// Half of a short command's time is compiling this program.
process.env.NODE_COMPILE_CACHE ??= join(dirname(here), 'build', 'cache');
process.argv.splice(2, 0, join(here, 'main.ts'));
await import('../scripts/run.mjs');
