/**
 * Compiles the AssemblyScript of the machine and the kernels to build/wasm/. What was made of the same sources with the same
 * compiler and options is kept.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { sourceHash } from './lib/source-hash.ts';

const run = promisify(execFile);
const COMMON = [
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '0',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
];
const TARGETS: Record<string, readonly string[]> = {
  interpreter: ['vm/assembly/interpreter.ts', '--enable', 'simd', '--enable', 'bulk-memory'],
  // Kernels are guest code: what the machine's loader refuses must not be in them. Their memory is exported so
  // that a native host can place tensors; the machine brings its own.
  kernels: ['vm/kernels/index.ts', '--enable', 'simd', '--disable', 'bulk-memory'],
};

const { version } = createRequire(import.meta.url)('assemblyscript/package.json') as {
  version: string;
};

mkdirSync('build/wasm', { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, options] of Object.entries(TARGETS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const [entry = '', ...flags] = options;
  const file = `build/wasm/${name}.wasm`;
  const stamp = `build/wasm/${name}.sha256`;
  const sources = sourceHash(dirname(entry), '.ts', version, COMMON, options);
  const isCurrent =
    existsSync(file) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
  if (isCurrent) continue;
  await run('asc', [entry, '-o', file, ...COMMON, ...flags]).catch((error) => {
    console.error(`asc failed on ${entry}:\n${error.stderr ?? error}`);
    process.exit(1);
  });
  writeFileSync(stamp, sources);
  console.log(file);
}
// Workers need the kernels twice, compiled and as bytes to lower, and a bundler gives one file one type.
if (existsSync('build/wasm/kernels.wasm')) {
  copyFileSync('build/wasm/kernels.wasm', 'build/wasm/kernels.bin');
}
