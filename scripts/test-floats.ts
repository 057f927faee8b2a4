/**
 * Every float instruction of the arbiter on random pairs, against what the engine computes. Files of operands and expectations
 * are streamed through forge, whose virtual machine is native; the figures of finished instructions are kept, so that a run
 * that was ended goes on where it was.
 *
 *   npm run test:floats -- --pairs 1000000 --only f32.add
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createBatch, FLOAT_OPCODES, lanesOf, RECORD_BYTES } from '../test/support/float-batch.ts';
import { draw, widthOf } from '../test/support/float-operands.ts';
import { generator } from '../test/support/values.ts';
import type { Opcode } from '../vm/opcodes.ts';
import { forgePath } from './lib/forge.ts';

const root = join(import.meta.dirname, '..');
const FOLDER = join(root, 'build/floats');
/** Records a file: 8 MiB. */
const FILE_RECORDS = 131_072;

interface Outcome {
  readonly name: string;
  readonly seed: number;
  /** Lanes compared: a record of a vector instruction has several. */
  readonly cases: number;
  readonly mismatches: number;
}

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(`"${text}" isn't an integer above 0`);
  }
  return value;
};
const options = new Command('test-floats')
  .description("compares every float instruction of the arbiter with the engine's results")
  .option('--pairs <n>', 'random operand pairs for each instruction (lanes count)', positive, 1e6)
  .option('--only <names...>', 'these instructions only, such as f32.add')
  .option('--seed <n>', 'of the random pairs', positive, 1)
  .option('--fresh', 'run again what build/floats/results.json has already')
  .option('--json', 'the table as JSON')
  .option('--docs', 'writes the table to docs/conformance-floats.md')
  .parse()
  .opts<{
    pairs: number;
    only?: string[];
    seed: number;
    fresh?: boolean;
    json?: boolean;
    docs?: boolean;
  }>();

const chosen = FLOAT_OPCODES.filter(({ name }) => !options.only || options.only.includes(name));
for (const name of options.only ?? []) {
  if (!chosen.some((row) => row.name === name)) {
    console.error(`no float instruction is named ${name}; they are:`);
    console.error(FLOAT_OPCODES.map((row) => row.name).join(' '));
    process.exit(2);
  }
}

const resultsFile = join(FOLDER, 'results.json');
const known = new Map<string, Outcome>();
mkdirSync(FOLDER, { recursive: true });
if (!options.fresh) {
  try {
    const list = JSON.parse(readFileSync(resultsFile, 'utf8')) as Outcome[];
    for (const outcome of list) known.set(outcome.name, outcome);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Writes the operands and the engine's results to files from number `first` on. Returns the number after the last. */
function write(row: Opcode, prefix: string, records: number, first: number): number {
  const { count: lanes, type } = lanesOf(row);
  const wide = widthOf(type) === 64;
  const random = generator(options.seed * 65536 + row.code);
  const source = draw(type, random);
  const batch = createBatch(row, Math.min(records, FILE_RECORDS));
  const { words } = batch;
  let files = first;
  for (let done = 0; done < records; done += FILE_RECORDS) {
    const count = Math.min(FILE_RECORDS, records - done);
    for (let i = 0; i < count; i++) {
      const at = 16 * i;
      if (lanes * widthOf(type) < 128)
        for (let word = 0; word < 8; word++) words[at + word] = random();
      for (let lane = 0; lane < lanes; lane++) {
        source.pair();
        const to = at + (wide ? 2 * lane : lane);
        words[to] = source.x[0] as number;
        words[to + 4] = source.y[0] as number;
        if (wide) {
          words[to + 1] = source.x[1] as number;
          words[to + 5] = source.y[1] as number;
        }
      }
    }
    batch.run(count);
    // Backwards, so that its numbers are big-endian.
    writeFileSync(`${prefix}-${files++}.bin`, batch.bytes.slice(0, count * RECORD_BYTES).reverse());
  }
  return files;
}

/** Runs forge on the files. */
function forge(prefix: string, files: number): Promise<string> {
  const args = ['test', '--threads', '1', '--match-contract', 'FloatsTest', '-vv'];
  const child = spawn(forgePath(), [...args, '--match-test', 'testRandomPairs'], {
    cwd: root,
    env: { ...process.env, FLOATS_FILES: prefix, FLOATS_COUNT: String(files) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
    });
    child.on('error', (error) =>
      reject(new Error(`could not run forge: ${error.message}; run \`npm ci\` first`)),
    );
    child.on('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`forge failed (${code}):\n${text}`)),
    );
  });
}

const figure = (text: string, name: string): number => {
  const found = new RegExp(`^ *${name}: (\\d+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`forge said nothing of "${name}":\n${text}`);
  return Number(found);
};

/** Instructions a run of forge: starting it takes longer than some of them. */
const GROUP = 8;

const recordsOf = (row: Opcode): number => Math.ceil(options.pairs / lanesOf(row).count);
const isKnown = ({ name }: Opcode): boolean => {
  const before = known.get(name);
  return before?.seed === options.seed && before.cases >= options.pairs;
};
function keep(row: Opcode, mismatches: number): void {
  const cases = recordsOf(row) * lanesOf(row).count;
  known.set(row.name, { name: row.name, seed: options.seed, cases, mismatches });
}

/** Compares these instructions in one run of forge. Returns the number of mismatches and what forge said. */
async function compare(rows: readonly Opcode[]): Promise<{ mismatches: number; text: string }> {
  const prefix = join(FOLDER, rows.length === 1 ? (rows[0] as Opcode).name : 'group');
  let files = 0;
  for (const row of rows) files = write(row, prefix, recordsOf(row), files);
  const text = await forge(prefix, files);
  const wanted = rows.reduce((total, row) => total + recordsOf(row), 0);
  const records = figure(text, 'records');
  if (records !== wanted) throw new Error(`forge read ${records} records of ${wanted}`);
  const mismatches = figure(text, 'mismatches');
  // The files of an instruction that fails are kept, to be looked at.
  if (mismatches === 0 || rows.length > 1) {
    for (let file = 0; file < files; file++) rmSync(`${prefix}-${file}.bin`);
  }
  return { mismatches, text };
}

const pending = chosen.filter((row) => !isKnown(row));
for (let done = 0; done < pending.length; done += GROUP) {
  const from = performance.now();
  const rows = pending.slice(done, done + GROUP);
  const { mismatches } = await compare(rows);
  for (const row of rows) {
    if (mismatches === 0) {
      keep(row, 0);
      continue;
    }
    const alone = await compare([row]);
    if (alone.mismatches > 0) console.error(alone.text);
    keep(row, alone.mismatches);
  }
  writeFileSync(resultsFile, `${JSON.stringify([...known.values()], null, 1)}\n`);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const names = rows.map(({ name }) => name).join(' ');
  const count = Math.min(done + GROUP, pending.length);
  console.error(`${count}/${pending.length}: ${mismatches} mismatches, ${seconds} s: ${names}`);
}
const outcomes = chosen.map(({ name }) => known.get(name) as Outcome);

const sum = (of: (outcome: Outcome) => number): number =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0);

/** The page of what was compared, as it was compared. */
function page(): string {
  const cells = outcomes.map(({ cases, mismatches, name }) => [
    `\`${name}\``,
    String(cases),
    String(mismatches),
  ]);
  cells.push([
    `${outcomes.length} instructions`,
    String(sum(({ cases }) => cases)),
    String(sum(({ mismatches }) => mismatches)),
  ]);
  const head = ['instruction', 'cases', 'mismatches'];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...cells.map((row) => (row[i] as string).length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[i] as number))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return `# Floats against an engine

<!-- Written by \`npm run test:floats -- --docs\`. -->

Every float instruction of the arbiter's arithmetic units (contracts/src/arbiter/), executed by the contract on random operands and compared bit for bit
with what V8 computes for the same instruction in a WebAssembly module; NaNs as docs/machine.md says, traps included. A case is one lane.
Operands are drawn so that hard cases are likely (test/support/float-operands.ts): neighbours, ties, exponents as far apart as a significand is wide, cancellation,
subnormal and overflowing results, ends of the integers, special values. \`npm run test:contracts\` runs special values in all pairs.

Seed ${options.seed}; \`npm run test:floats -- --pairs N --seed S\` runs it again, \`--only f32.add\` one instruction.

${[line(head), rule, ...cells.map(line)].join('\n')}
`;
}

if (options.docs) writeFileSync(join(root, 'docs/conformance-floats.md'), page());
if (options.json) console.log(JSON.stringify(outcomes));
else {
  console.log(`${'instruction'.padEnd(32)} ${'cases'.padStart(10)} ${'mismatches'.padStart(10)}`);
  for (const { cases, mismatches, name } of outcomes) {
    console.log(
      `${name.padEnd(32)} ${String(cases).padStart(10)} ${String(mismatches).padStart(10)}`,
    );
  }
  console.log(
    `${`${outcomes.length} instructions`.padEnd(32)} ${String(sum((x) => x.cases)).padStart(10)} ${String(sum((x) => x.mismatches)).padStart(10)}`,
  );
}
process.exitCode = sum((outcome) => outcome.mismatches) === 0 ? 0 : 1;
