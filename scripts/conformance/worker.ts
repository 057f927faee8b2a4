/** One thread of test-onnx: tries the cases that it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileWasm, readWasm } from '../lib/models.ts';
import { createRunner } from './run.ts';
import { tryCase } from './try.ts';

const kernelsWasm = readWasm('kernels');
const engines = {
  kernels: compileWasm(kernelsWasm),
  kernelsWasm,
  interpreter: compileWasm(readWasm('interpreter')),
};
const runner = createRunner(engines);

parentPort?.on('message', (name: string) => {
  parentPort?.postMessage(tryCase(workerData as string, name, engines, runner));
});
