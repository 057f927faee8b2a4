/**
 * Totality against the contract: random states step alike in interpreter, witness checker, reference machine and arbiter.
 *
 *   npm run test:totality -- --steps 20000 --seed 1
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { Explorer, type Rule } from '../test/support/totality/explorer.ts';
import { BY_CODE, OPCODES } from '../vm/opcodes.ts';
import { type ArbiterFailure, createArbiterBatch } from './lib/arbiter-batch.ts';
import { compileWasm, readWasm } from './lib/models.ts';

const RULES: Readonly<Record<Rule, string>> = {
  1: 'halted or trapped states stay',
  2: 'the last position traps',
  3: 'program counter out of range traps',
  4: 'no instruction traps',
  5: 'operand out of range traps',
  6: 'memory out of range traps',
  7: 'the instruction itself traps',
  8: 'effect',
};
const MAX_DISAGREEMENTS = 5;
const READY_EVERY = 1000;
const PROGRESS_MS = 5000;

function natural(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it must be a positive integer.');
}

interface Options {
  readonly steps: number;
  readonly seed: number;
  readonly seconds: number;
  readonly deep: boolean;
  readonly threads: number;
  readonly json: boolean;
}

const program = new Command('test:totality')
  .description('Random code words, states and programs in every implementation of the machine')
  .option('-n, --steps <number>', 'steps', natural, 20_000)
  .option('-s, --seed <number>', 'seed; the same one gives the same steps', natural, 1)
  .option('--seconds <number>', 'make no more steps after this time', natural, 86_400)
  .option('--deep', 'now and then code up to the last leaf of its tree (seconds each)', false)
  .option('--threads <number>', 'threads of forge', natural, 1)
  .option('--json', 'print the result as JSON', false)
  .parse();
const { steps, seed, seconds: budget, deep, threads, json } = program.opts<Options>();
const say = (text: string): void => {
  if (!json) console.log(text);
};

const interpreter = compileWasm(readWasm('interpreter'));
const explore = (from: number) => new Explorer(interpreter, from).steps({ deep });
const started = performance.now();
const elapsed = (): number => (performance.now() - started) / 1000;
const seconds = (): string => elapsed().toFixed(0);

const counts = new Map<Rule, number>();
const executed = new Map<number, number>();
const trapped = new Set<number>();
const roots = new Set<string>();
const disagreements: string[] = [];
/** Seed and number within it of the first step of each stretch. */
const stretches: { readonly seed: number; readonly first: number }[] = [];
let done = 0;
let bytes = 0;
let longest = 0;
let inContract = 0;

const batch = createArbiterBatch({
  directory: 'totality',
  threads,
  onProgress: (report) => {
    inContract = report.executed;
  },
});

const isEnough = (): boolean => done >= steps || elapsed() > budget;

/** Takes steps of one seed until there are enough or the implementations here disagree. */
async function take(from: number): Promise<void> {
  stretches.push({ seed: from, first: done });
  let told = performance.now();
  for (const step of explore(from)) {
    batch.add(step);
    done++;
    counts.set(step.rule, (counts.get(step.rule) ?? 0) + 1);
    bytes += step.witness.length;
    longest = Math.max(longest, step.witness.length);
    roots.add(Buffer.from(step.previous).toString('base64', 0, 12));
    if (step.opcode !== undefined && step.rule === 8) {
      executed.set(step.opcode, (executed.get(step.opcode) ?? 0) + 1);
    } else if (step.opcode !== undefined && step.rule === 7) trapped.add(step.opcode);
    if (done % READY_EVERY === 0) {
      // Forge's exit is an event, which a loop that never waits would not let in.
      await breathe();
      await batch.ready();
    }
    if (performance.now() - told > PROGRESS_MS) {
      told = performance.now();
      say(`${done} of ${steps} steps, ${inContract} in the contract, ${seconds()} s`);
    }
    if (isEnough()) return;
  }
}

for (let next = seed; !isEnough() && disagreements.length < MAX_DISAGREEMENTS; next += 1_000_000) {
  try {
    await take(next);
  } catch (error) {
    disagreements.push((error as Error).message);
    say(`disagreement: ${(error as Error).message}`);
  }
}
say(`${done} steps made in ${seconds()} s; the contract has ${done - inContract} to go`);
const report = await batch.finish();

/** Makes the steps of a seed again up to the one that the contract decided otherwise. */
function describeFailure(failure: ArbiterFailure): string {
  const { seed: from, first } = stretches.findLast((one) => one.first <= failure.index)!;
  let number = first;
  for (const step of explore(from)) {
    if (number++ < failure.index) continue;
    const name =
      step.opcode === undefined ? '' : ` ${BY_CODE.get(step.opcode)?.name ?? step.opcode}`;
    const outcome = failure.reverted
      ? 'the contract reverted'
      : `the contract says ${hex(failure.previous)} to ${hex(failure.next)}, not ${hex(step.previous)} to ${hex(step.next)}`;
    return `${step.from}, rule ${step.rule}${name}: ${outcome}`;
  }
  throw new Error('unreachable: the steps have no end');
}
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

const failures = report.failures.slice(0, MAX_DISAGREEMENTS).map(describeFailure);
const failed = disagreements.length + report.failed;
const passed = done - report.failed;
const missing = OPCODES.filter(({ code, form }) => form !== 'trap' && !executed.has(code));
if (json) {
  const rules = Object.fromEntries([...counts].sort(([x], [y]) => x - y));
  const names = missing.map(({ name }) => name);
  const summary = { passed, failed, seed, rules, missing: names, failures, disagreements };
  console.log(JSON.stringify({ ...summary, executed: report.executed, seconds: report.seconds }));
} else {
  console.log('\nrule                                    steps');
  for (const [rule, text] of Object.entries(RULES)) {
    const count = counts.get(Number(rule) as Rule) ?? 0;
    console.log(`${rule}  ${text.padEnd(36)}${String(count).padStart(8)}`);
  }
  const all = OPCODES.length - 1;
  console.log(
    `\n${executed.size} of ${all} opcodes took effect, the rarest ${Math.min(...executed.values())} times; ${trapped.size} trapped by rule 7`,
  );
  if (missing.length > 0) console.log(`never: ${missing.map(({ name }) => name).join(', ')}`);
  console.log(
    `${roots.size} different states; witnesses of ${(bytes / done).toFixed(0)} bytes on average, ${longest} at most`,
  );
  console.log(
    `${report.executed} executed by the contract in ${report.seconds.toFixed(0)} s (${report.duplicates} repeated), all in ${seconds()} s`,
  );
  for (const text of failures) console.log(`failed: ${text}`);
  console.log(`${passed} passed, ${failed} failed`);
}
process.exitCode = failed === 0 ? 0 : 1;
