/** Writes every generated file; with --check, says which are stale and fails. */
import { spawnSync } from 'node:child_process';

const GENERATORS = [
  'generate-interpreter',
  'generate-opcodes-sol',
  'generate-step-vectors',
  'generate-abis',
  'generate-instruction-table',
  'generate-opcodes-md',
];
const check = process.argv.includes('--check') ? ['--check'] : [];
let failed = false;
for (const name of GENERATORS) {
  const { status } = spawnSync(process.execPath, [`scripts/${name}.ts`, ...check], {
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
