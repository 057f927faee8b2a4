/** Compiles the AssemblyScript of the machine and the kernels to build/wasm/. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { promisify } from 'node:util';

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

mkdirSync('build/wasm', { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, options] of Object.entries(TARGETS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const [entry = '', ...flags] = options;
  await run('asc', [entry, '-o', `build/wasm/${name}.wasm`, ...COMMON, ...flags]).catch((error) => {
    console.error(`asc failed on ${entry}:\n${error.stderr ?? error}`);
    process.exit(1);
  });
  console.log(`build/wasm/${name}.wasm`);
}
// Workers need the kernels twice, compiled and as bytes to lower, and a bundler gives one file one type.
if (wanted.length === 0 || wanted.includes('kernels')) {
  copyFileSync('build/wasm/kernels.wasm', 'build/wasm/kernels.bin');
}
