/** The watched thread of the loader's fuzzing. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoaderCheck } from './loader-check.ts';
import { hostileModule } from './mutate.ts';

/** Modules are made from one seed each, so that one that hangs can be made again. */
const REPORT_MS = 200;

const { seed, seconds } = workerData as { seed: number; seconds: number };
const check = new LoaderCheck();
const end = performance.now() + seconds * 1000;
let reported = performance.now();
let current = seed;
for (; performance.now() < end; current++) {
  check.run(hostileModule(current));
  if (performance.now() - reported < REPORT_MS) continue;
  reported = performance.now();
  parentPort?.postMessage({ report: check.report(), current: String(current), done: false });
}
parentPort?.postMessage({ report: check.report(), current: String(current), done: true });
