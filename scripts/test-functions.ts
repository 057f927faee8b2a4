/**
 * The largest errors of the kernels' elementary functions over all 2^32 numbers of f32, against double precision.
 *
 *   npm run test:functions -- --function exp log --docs
 *   npm run test:functions -- --every 1009
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { createMeter, type Outcome, type Range } from './functions/measure.ts';
import { FUNCTIONS, type Measured } from './functions/references.ts';
import { compileWasm, readWasm } from './lib/models.ts';

const PAGE = join(import.meta.dirname, '../docs/functions.md');
const ALL = 2 ** 32;
const PROGRESS_MS = 2000;

interface Job {
  readonly name: string;
  readonly range: Range;
}

function functionOf(name: string): Measured {
  const found = FUNCTIONS.find((fn) => fn.name === name);
  if (found) return found;
  throw new InvalidArgumentError(
    `there is no function "${name}"; there are ${FUNCTIONS.map((fn) => fn.name).join(', ')}.`,
  );
}

/** A thread's part: says how far it is, then what came out. */
function work({ name, range }: Job): void {
  const measure = createMeter(compileWasm(readWasm('kernels')));
  const outcome = measure(functionOf(name), range, (done) => {
    parentPort!.postMessage({ done });
  });
  parentPort!.postMessage({ outcome });
}

/** The worst of parts. */
function together(parts: readonly Outcome[]): Outcome {
  const worst = parts.reduce((x, y) => (y.ulp > x.ulp ? y : x));
  const sum = (of: (part: Outcome) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  return { ...worst, inputs: sum((p) => p.inputs), inexact: sum((p) => p.inexact) };
}

async function measureAll(name: string, every: number, threads: number): Promise<Outcome> {
  const done = new Array<number>(threads).fill(0);
  let shown = Date.now();
  const parts = Array.from({ length: threads }, (_, i) => {
    const range = { first: i * every, step: every * threads, end: ALL };
    const worker = new Worker(import.meta.filename, { workerData: { name, range } });
    return new Promise<Outcome>((resolve, reject) => {
      worker.on('message', (message: { done?: number; outcome?: Outcome }) => {
        if (message.outcome) resolve(message.outcome);
        done[i] = message.done ?? done[i]!;
        if (Date.now() - shown < PROGRESS_MS) return;
        shown = Date.now();
        const share = (100 * done.reduce((x, y) => x + y, 0) * every) / ALL;
        process.stderr.write(`\r${name}: ${share.toFixed(1)} % `);
      });
      worker.once('error', reject);
    });
  });
  const outcome = together(await Promise.all(parts));
  process.stderr.write('\r\u001b[K');
  return outcome;
}

/** 1 in 1009, or all. */
const numbersText = (inputs: number): string =>
  inputs === ALL ? 'all 2^32' : `${inputs.toLocaleString('en')} (evenly spaced bits)`;

function rowOf({ kernel, name, source }: Measured, { at, inexact, inputs, ulp }: Outcome): string {
  const where = ulp > 0.5 ? String(at) : '';
  const share = ((100 * inexact) / inputs).toFixed(3);
  return `| ${name} | \`${kernel}\` | ${ulp.toFixed(4)} | ${where} | ${share} % | ${numbersText(inputs)} | \`vm/kernels/${source}\` |`;
}

const HEAD = `| function | kernel | largest error, ulp | at | not the nearest number | numbers tried | approximation |
| --- | --- | --- | --- | --- | --- | --- |`;

/** Rows of the page as it is, by function. */
function rowsOfPage(): Map<string, string> {
  const rows = new Map<string, string>();
  for (const line of readFileSync(PAGE, 'utf8').split('\n')) {
    const name = /^\| ([^|]+) \| `/.exec(line)?.[1];
    if (name) rows.set(name, line);
  }
  return rows;
}

function writePage(measured: ReadonlyMap<string, string>): void {
  const page = readFileSync(PAGE, 'utf8');
  const old = rowsOfPage();
  const rows = FUNCTIONS.flatMap(({ name }) => measured.get(name) ?? old.get(name) ?? []);
  const start = page.indexOf('<!-- npm run test:functions -- --docs -->');
  const end = page.indexOf('<!-- end -->');
  const table = `<!-- npm run test:functions -- --docs -->\n${HEAD}\n${rows.join('\n')}\n`;
  writeFileSync(PAGE, page.slice(0, start) + table + page.slice(end));
}

async function main(): Promise<void> {
  const natural = (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new InvalidArgumentError('it must be a positive integer.');
  };
  const options = new Command('test-functions')
    .description('measures the largest errors of elementary functions over the numbers of f32')
    .option('--function <names...>', 'these only', (name, names: string[] = []) => [
      ...names,
      functionOf(name).name,
    ])
    .option('--every <n>', 'one of n numbers, by their bits', natural, 1)
    .option('--threads <n>', 'threads', natural, cpus().length)
    .option('--docs', 'writes the figures to docs/functions.md')
    .parse()
    .opts<{ function?: string[]; every: number; threads: number; docs?: boolean }>();
  const chosen = FUNCTIONS.filter(
    ({ name }) => !options.function || options.function.includes(name),
  );
  const measured = new Map<string, string>();
  console.log(HEAD);
  for (const fn of chosen) {
    const outcome = await measureAll(fn.name, options.every, options.threads);
    measured.set(fn.name, rowOf(fn, outcome));
    console.log(measured.get(fn.name));
    // What has been measured stays if a long run is ended.
    if (options.docs) writePage(measured);
    if (outcome.ulp > fn.bound) {
      console.error(`${fn.name}: ${outcome.ulp} is above the bound of ${fn.bound}`);
      process.exitCode = 1;
    }
  }
}

if (isMainThread) await main();
else work(workerData as Job);
