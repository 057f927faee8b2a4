/** `npm run fuzz`: random modules in three engines and the arbiter, and hostile bytes for the loader. */
import { Command, InvalidArgumentError } from 'commander';
import { BY_NAME } from '../vm/opcodes.ts';
import type { Image } from '../vm/types.ts';
import { CASES } from './fuzz/cases.ts';
import { OPCODE_COUNT } from './fuzz/coverage.ts';
import { fuzzLoader, type LoaderReport } from './fuzz/loader.ts';
import { ModuleFuzzer } from './fuzz/modules.ts';
import { replaceOpcode } from './fuzz/plant.ts';
import { printReport, reportOf } from './fuzz/report.ts';
import { findBun, ThirdEngine } from './fuzz/third-engine.ts';
import { createArbiterBatch } from './lib/arbiter-batch.ts';
import { compileWasm, readWasm } from './lib/models.ts';

/** Of the time, where both parts run. */
const LOADER_SHARE = 0.15;

const integer = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('must be a whole number, 0 or more');
};

/** "i32.rotl=i32.rotr": the machine executes the second instruction in place of the first. */
const plant = (text: string): ((image: Image) => Image) => {
  const [from = '', to = ''] = text.split('=');
  if (BY_NAME.has(from) && BY_NAME.has(to)) return replaceOpcode(from, to);
  throw new InvalidArgumentError('must be INSTRUCTION=INSTRUCTION, as in i32.rotl=i32.rotr');
};

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly json: boolean;
  readonly only?: 'loader' | 'modules';
  readonly samples: number;
  readonly arbiterSample: number;
  readonly binaryen: boolean;
  readonly third: boolean;
  readonly bulk: boolean;
  readonly plant?: (image: Image) => Image;
}

const options = new Command('fuzz')
  .description(
    'Compares random modules in V8, JavaScriptCore, the machine and the arbiter; gives the loader hostile bytes.',
  )
  .option('--seconds <n>', 'how long', integer, 60)
  .option('--seed <s>', 'first seed; the same seed gives the same modules', integer, 1)
  .option('--only <part>', 'loader or modules')
  .option('--samples <k>', 'steps of each module that are verified', integer, 24)
  .option('--arbiter-sample <k>', 'steps of each module that the contract executes', integer, 4)
  .option('--no-binaryen', "leave out binaryen's modules")
  .option('--no-third', 'leave out JavaScriptCore')
  .option('--no-bulk', 'leave out memory.copy and memory.fill')
  .option(
    '--plant <a=b>',
    'let the machine execute instruction b for a: a failure must be found and reduced',
    plant,
  )
  .option('--json', 'print the report as JSON', false)
  .parse()
  .opts<Options>();

const started = performance.now();
const elapsed = (): number => (performance.now() - started) / 1000;
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const bun = options.third ? findBun() : undefined;
if (options.third && !bun)
  say('JavaScriptCore is left out: the package @oven/bun-linux-x64-baseline is not installed');
const third = bun ? new ThirdEngine(bun) : undefined;
const wantsModules = options.only !== 'loader';
const wantsLoader = options.only !== 'modules';
const batch =
  wantsModules && options.arbiterSample > 0
    ? createArbiterBatch({ directory: 'fuzz', chunkBytes: 8 * 2 ** 20 })
    : undefined;
const fuzzer = new ModuleFuzzer({
  seed: options.seed,
  interpreter: compileWasm(readWasm('interpreter')),
  third,
  batch,
  samples: options.samples,
  arbiterSamples: options.arbiterSample,
  bulk: options.bulk,
  binaryen: options.binaryen,
  change: options.plant,
  folder: options.plant ? 'build/fuzz/planted' : CASES,
});
let loader: LoaderReport | undefined;

const timer = setInterval(() => {
  const { coverage, failures } = fuzzer;
  say(
    `${elapsed().toFixed(0)} s: ${fuzzer.total} modules, ${fuzzer.calls} calls, ${fuzzer.instructions} instructions, ${fuzzer.sampled} steps, ` +
      `${coverage.count(coverage.executed)}/${OPCODE_COUNT} opcodes, ${failures.length} failures; ${fuzzer.status}`,
  );
}, 1000);

if (wantsLoader) {
  const seconds = wantsModules ? options.seconds * LOADER_SHARE : options.seconds;
  loader = await fuzzLoader({
    seed: options.seed,
    seconds,
    onProgress: (text) => {
      fuzzer.status = text;
    },
  });
}
if (wantsModules) await fuzzer.run(() => elapsed() >= options.seconds);
third?.close();
fuzzer.status = 'the contract executes the last steps';
const arbiter = await batch?.finish();
for (const { index, reverted } of arbiter?.failures ?? []) {
  fuzzer.arbiterFailure(
    index,
    reverted ? 'the contract reverts' : 'the contract gives another state',
  );
}
clearInterval(timer);
const report = reportOf({ fuzzer, loader, arbiter, third, seconds: elapsed(), seed: options.seed });
if (options.json) console.log(JSON.stringify(report, null, 2));
else printReport(report);
process.exitCode = report.failed > 0 ? 1 : 0;
