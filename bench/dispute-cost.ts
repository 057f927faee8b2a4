/** What a dispute over one long operator costs a party in computing, beside one plain run of it. */
import type { Machine } from '../vm/machine.ts';
import { createRun } from '../vm/run.ts';
import type { Workload } from './workloads.ts';

export interface DisputeCost {
  readonly steps: number;
  /** Milliseconds of processor time. */
  readonly plain: number;
  /** The first run, the hashes of all dissections down to one instruction, and its witness; likewise. */
  readonly dispute: number;
}

/** Processor time of this process: other processes on the machine don't count. */
const processorTime = (): number => process.cpuUsage().user / 1000;

/**
 * @param work its image must be loaded
 * @param k width of a dissection
 * @param where the disputed instruction, as a part of the run's length
 */
export async function disputeCost(
  machine: Machine,
  work: Workload,
  k: number,
  where: number,
): Promise<DisputeCost> {
  work.start(machine);
  let from = processorTime();
  const steps = machine.run(Number.MAX_SAFE_INTEGER);
  const plain = processorTime() - from;
  from = processorTime();
  const run = createRun(machine, () => work.start(machine));
  const disputed = Math.floor(run.length * where);
  let [lo, hi] = [0, run.length];
  void run.end;
  while (hi - lo > 1) {
    const parts = Math.min(k, hi - lo);
    const ends = Array.from(
      { length: parts },
      (_, i) => lo + Math.floor(((hi - lo) * (i + 1)) / parts),
    );
    await run.hashes(ends.slice(0, -1));
    const part = ends.findIndex((end) => end > disputed);
    [lo, hi] = [part === 0 ? lo : (ends[part - 1] as number), ends[part] as number];
  }
  await run.witness(lo);
  return { steps, plain, dispute: processorTime() - from };
}
