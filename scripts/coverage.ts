/**
 * Lines and branches of the game's contracts that its tests reach, by forge.
 *
 *   npm run coverage
 *
 * It takes six minutes: only the tests that docs/mutation.md calls the game's are compiled, in a folder of their own, since forge
 * compiles everything again without an optimizer. Lines within assembly are left out: the compiler gives forge no place for them.
 * Where forge's source maps are wrong, what is listed says so by its neighbours; docs/security.md explains each.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { forgePath } from './lib/forge.ts';
import { GAME_SOURCES, GAME_TESTS } from './mutation/target.ts';

const folder = 'build/coverage';
/** Bounds on gas and sizes of code, which hold for optimized code. */
const NOT_RUN = 'testContractsCanBeDeployed|testWhatConsumersReturnIsNotCopied';

rmSync(folder, { recursive: true, force: true });
for (const path of ['contracts', 'foundry.toml', 'scripts/solc', 'test/vectors', 'build/vectors']) {
  cpSync(path, `${folder}/${path}`, { recursive: true });
}
symlinkSync(resolve('node_modules'), `${folder}/node_modules`);
rmSync(`${folder}/contracts/test/invariants`, { recursive: true });
rmSync(`${folder}/contracts/test/tools`, { recursive: true });
for (const name of readdirSync(`${folder}/contracts/test`)) {
  const isNeeded = !name.endsWith('.t.sol') || GAME_TESTS.test(`/${name}`);
  if (!isNeeded || name === 'Simulation.t.sol') rmSync(`${folder}/contracts/test/${name}`);
}

console.log('compiling without an optimizer and running the tests of the game: some six minutes');
const options = ['coverage', '--ir-minimum', '--report', 'lcov', '--no-match-test', NOT_RUN];
const { status, stderr, stdout } = spawnSync(forgePath(), options, {
  cwd: folder,
  encoding: 'utf8',
  maxBuffer: 2 ** 28,
});
if (status !== 0) {
  console.error(`${stdout.slice(-4000)}\n${stderr.slice(-4000)}\nforge coverage failed`);
  process.exit(1);
}

/** Numbers of the lines within assembly blocks. */
function assemblyLines(source: readonly string[]): Set<number> {
  const inside = new Set<number>();
  let indent = '';
  source.forEach((line, i) => {
    if (indent !== '') inside.add(i + 1);
    if (/\bassembly\b.*{$/.test(line)) indent = /^ */.exec(line)![0];
    else if (indent !== '' && line === `${indent}}`) indent = '';
  });
  return inside;
}

const missed: string[] = [];
console.log('\nfile                      lines           branches');
for (const record of readFileSync(`${folder}/lcov.info`, 'utf8').split('end_of_record')) {
  const file = /^SF:(.*)$/m.exec(record)?.[1] ?? '';
  if (!GAME_SOURCES.test(file)) continue;
  const source = readFileSync(file, 'utf8').split('\n');
  const assembly = assemblyLines(source);
  const hits = (kind: string): { line: number; isHit: boolean }[] =>
    [...record.matchAll(new RegExp(`^${kind}:(\\d+),(?:.*,)?(\\d+|-)$`, 'gm'))]
      .map(([, line, count]) => ({ line: Number(line), isHit: Number(count) > 0 }))
      .filter(({ line }) => !assembly.has(line));
  const cell = (kind: string): string => {
    const all = hits(kind);
    for (const { line, isHit } of all) {
      if (!isHit)
        missed.push(
          `${file}:${line} ${kind === 'DA' ? 'line' : 'branch'}  ${source[line - 1]!.trim()}`,
        );
    }
    return `${all.filter(({ isHit }) => isHit).length} of ${all.length}`.padEnd(16);
  };
  console.log(`${file.replace('contracts/src/', '').padEnd(26)}${cell('DA')}${cell('BRDA')}`);
}
console.log(`\nwithout a hit:\n${missed.join('\n') || 'none'}`);
