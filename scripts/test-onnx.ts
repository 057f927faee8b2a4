/**
 * Runs ONNX's operator cases: every case natively against its expected outputs, and every kernel call in the machine against the
 * native run.
 *
 *   npm run test:onnx -- FOLDER [--only PATTERN] [--jobs N] [--json] [--docs]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Command } from 'commander';
import { casesIn } from './conformance/case.ts';
import { document, summary, text } from './conformance/report.ts';
import type { Result } from './conformance/try.ts';

const DOCUMENT = 'docs/conformance-onnx.md';
/** A case takes seconds at most; a thread that is silent for longer has found an endless loop. */
const SILENCE_MS = 180_000;

interface Options {
  readonly only?: string;
  readonly jobs: string;
  readonly json?: boolean;
  readonly docs?: boolean;
}

const program = new Command()
  .argument('<folder>', 'folder of case folders, each with model.onnx and test_data_set_*')
  .option('--only <pattern>', 'regular expression that names of cases must match')
  .option('--jobs <n>', 'threads', '1')
  .option('--json', 'print results as JSON')
  .option('--docs', `write ${DOCUMENT}`)
  .parse();
const [folder = ''] = program.args;
const options = program.opts<Options>();
const pattern = new RegExp(options.only ?? '');
const waiting = casesIn(folder).filter((name) => pattern.test(name));
const results: Result[] = [];
const total = waiting.length;

function tell(result: Result): void {
  results.push(result);
  if (options.json) return;
  if (result.outcome === 'failed') console.log(`FAILED ${result.name}: ${result.reason}`);
  if (results.length % 50 === 0) console.log(`${results.length} of ${total}: ${summary(results)}`);
}

/** A thread that takes cases until none are left. */
function work(): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'conformance/worker.ts'), {
      workerData: folder,
    });
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      clearTimeout(timer);
      const name = waiting.shift();
      if (name === undefined) {
        void worker.terminate().then(() => resolve());
        return;
      }
      timer = setTimeout(() => reject(new Error(`${name} takes too long`)), SILENCE_MS);
      worker.postMessage(name);
    };
    worker.on('message', (result: Result) => {
      tell(result);
      next();
    });
    worker.on('error', reject);
    next();
  });
}

await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, work));
results.sort((x, y) => x.name.localeCompare(y.name));
if (options.json) console.log(JSON.stringify(results, null, 1));
else console.log(`\n${text(results)}`);
if (options.docs) {
  writeFileSync(DOCUMENT, document(results, 'npm run test:onnx -- FOLDER --docs'));
}
if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
