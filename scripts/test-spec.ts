/**
 * The WebAssembly specification's test-suite, in the machine or in the arbiter contract.
 *
 *   npm run test:spec -- wasm-spec.tar.xz
 *   npm run test:spec -- wasm-spec.tar.xz --mode arbiter --sample
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Choice, StepCollector } from '../test/spec/arbiter-steps.ts';
import { type FileResult, runFile } from '../test/spec/commands.ts';
import { type Converted, convert, SetupError } from '../test/spec/convert.ts';
import { plainStep, TRAPS } from '../test/spec/instance.ts';
import { summary, table, totalsOf } from '../test/spec/report.ts';
import { createHasher } from '../vm/keccak.ts';
import { createMachine } from '../vm/machine.ts';
import { OPCODES } from '../vm/opcodes.ts';
import { type ArbiterReport, createArbiterBatch } from './lib/arbiter-batch.ts';
import { compileWasm, readWasm } from './lib/models.ts';

const CONVERTED = 'build/spec';
const SETUP_MISSING = 2;

interface Options {
  readonly mode: 'machine' | 'arbiter';
  readonly sample?: boolean;
  readonly thin?: number;
  readonly threads: number;
  readonly filter: string;
  readonly json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a number from 1 on');
  return value;
}

const program = new Command('test-spec')
  .description('Runs the .wast files of the WebAssembly specification.')
  .argument(
    '<source>',
    'folder of .wast files, or a .tar.xz of one; needs wast2json (Debian: wabt)',
  )
  .addOption(
    new Option('--mode <mode>', 'machine: interpreter only; arbiter: its steps in the contract too')
      .choices(['machine', 'arbiter'])
      .default('machine'),
  )
  .option(
    '--sample',
    'arbiter mode: some steps of every opcode and every trap (minutes, not hours)',
  )
  .option(
    '--thin <stride>',
    'arbiter mode: of calls of more than 16384 steps every stride-th of the rest only',
    positive,
  )
  .option('--threads <count>', 'arbiter mode: threads of forge, 1 to 4', positive, 1)
  .option('--filter <name>', 'files whose name contains this', '')
  .option('--json', 'prints one JSON object instead of the table')
  .parse();
const options = program.opts<Options>();
const source = program.args[0] as string;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
/** Lines of progress come at most this often. */
const PROGRESS_MS = 5_000;
let lastProgress = 0;
function progress(text: () => string): void {
  const now = performance.now();
  if (now - lastProgress < PROGRESS_MS) return;
  lastProgress = now;
  say(text());
}

function converted(): Converted[] {
  try {
    return convert(source, CONVERTED, options.filter, (done, count) =>
      progress(() => `converting: ${done} of ${count} files`),
    );
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`test:spec: ${error.message}`);
    process.exit(SETUP_MISSING);
  }
}

const interpreter = compileWasm(readWasm('interpreter'));
const files = converted();
const trapKinds = new Map<string, number>();
const onTrap = (reason: string): void => {
  trapKinds.set(reason, (trapKinds.get(reason) ?? 0) + 1);
};

/** The files in the machine; `between` runs after each command. */
async function runAll(
  step: typeof plainStep,
  between?: () => Promise<void>,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  for (const { folder, name } of files) {
    const machine = () => createMachine(interpreter);
    const runner = { machine, stepper: step, onTrap, ...(between ? { between } : {}) };
    results.push(await runFile(folder, name, runner));
    progress(() => `${results.length} of ${files.length} files, last ${name}`);
  }
  return results;
}

interface ArbiterOutcome extends ArbiterReport {
  readonly choice: Choice;
  /** Steps that the machine executed, and those of them (with directed ones) that were given to the contract. */
  readonly machineSteps: number;
  readonly collected: number;
  readonly opcodesOfSuite: number;
  readonly opcodesAdded: readonly string[];
  readonly wallSeconds: number;
}

async function inArbiter(): Promise<{ results: FileResult[]; arbiter: ArbiterOutcome }> {
  const started = performance.now();
  const choice: Choice = options.sample
    ? { kind: 'sample' }
    : options.thin
      ? { kind: 'thinned', after: 16_384, stride: options.thin }
      : { kind: 'all' };
  const batch = createArbiterBatch({
    directory: 'spec',
    threads: options.threads,
    onProgress: ({ executed, seconds }) =>
      say(`arbiter: ${executed} steps, ${Math.round(executed / seconds)} a second`),
  });
  const collector = new StepCollector(batch, createHasher(interpreter), choice);
  const results = await runAll(collector.step, () => batch.ready());
  const opcodesOfSuite = collector.covered;
  const opcodesAdded = options.filter === '' ? collector.addMissing() : [];
  const report = await batch.finish();
  return {
    results,
    arbiter: {
      ...report,
      choice,
      machineSteps: collector.executed,
      collected: collector.collected,
      opcodesOfSuite,
      opcodesAdded,
      wallSeconds: (performance.now() - started) / 1000,
    },
  };
}

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

function describe(arbiter: ArbiterOutcome): string {
  const { added, duplicates, executed, failed, failures, machineSteps, seconds } = arbiter;
  const lines = [
    `steps of the machine: ${machineSteps}; given to the arbiter: ${added}, of which ${duplicates} repeat another; executed: ${executed}`,
    `forge ran ${seconds.toFixed(1)} s: ${Math.round(executed / seconds)} steps a second; all took ${arbiter.wallSeconds.toFixed(1)} s`,
    `opcodes: ${arbiter.opcodesOfSuite} of ${OPCODES.length} by the suite, ${arbiter.opcodesAdded.length} by directed steps: ${arbiter.opcodesAdded.join(' ')}`,
  ];
  for (const one of failures.slice(0, 20)) {
    const what = one.reverted ? 'reverted' : `gave ${hex(one.previous)} -> ${hex(one.next)}`;
    lines.push(`FAILED step ${one.index}: the arbiter ${what}`);
  }
  lines.push(`the arbiter agrees about ${executed - failed} steps, disagrees about ${failed}`);
  return lines.join('\n');
}

const { results, arbiter } =
  options.mode === 'arbiter'
    ? await inArbiter()
    : { results: await runAll(plainStep), arbiter: undefined };
const totals = totalsOf(results);
const missingTraps = options.filter === '' ? TRAPS.filter((kind) => !trapKinds.has(kind)) : [];
const isBad = totals.failed > 0 || (arbiter?.failed ?? 0) > 0 || missingTraps.length > 0;
if (options.json) {
  const plain = results.map((r) => ({ ...r, skipped: Object.fromEntries(r.skipped) }));
  const traps = Object.fromEntries(trapKinds);
  const steps = arbiter && { ...arbiter, failures: arbiter.failures.map(({ index }) => index) };
  console.log(JSON.stringify({ ...totals, traps, arbiter: steps, files: plain }, null, 1));
} else {
  console.log(table(results));
  console.log(`traps: ${[...trapKinds].map(([kind, n]) => `${n} ${kind}`).join(', ')}`);
  if (missingTraps.length > 0) console.log(`FAILED: no trap by ${missingTraps.join(', ')}`);
  if (arbiter) console.log(describe(arbiter));
  const { passed, failed, skipped } = totals;
  console.log(summary({ ...totals, passed, failed: failed + (arbiter?.failed ?? 0), skipped }));
}
process.exit(isBad ? 1 : 0);
