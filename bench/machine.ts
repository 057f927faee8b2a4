/** The interpreter beside V8 in the same run, its hashing, and what a dispute over a long operator costs a party. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { compileWasm, readWasm } from '../scripts/lib/models.ts';
import { LEAF_BYTES } from '../vm/constants.ts';
import { createHasher } from '../vm/keccak.ts';
import { createMachine, type Machine } from '../vm/machine.ts';
import { disputeCost } from './dispute-cost.ts';
import { longOperator, type Workload, workloads } from './workloads.ts';

type Put = (name: string, value: number, unit: string, aim?: string) => void;

const WARM_UP_MS = 300;
const SAMPLES = 40;
/** Longer for what is over at once: a disturbance lasts milliseconds. */
const SAMPLING_MS = 250;
/** Shortest time that is taken of V8, in milliseconds: calls are repeated up to it. */
const LEAST_MS = 0.3;
const MIB = 2 ** 20;
const K = 16;

/** Shortest of several times; `prepare` isn't counted. Others use these machines too, and only ever make a run longer. */
function shortest(work: () => void, prepare: () => void = () => {}): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + SAMPLING_MS;
  for (let i = 0; i < SAMPLES || performance.now() < end; i++) {
    prepare();
    const from = performance.now();
    work();
    best = Math.min(best, performance.now() - from);
  }
  return best;
}

function warmUp(work: () => void): void {
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end; ) work();
}

const toTheEnd = (machine: Machine): number => machine.run(Number.MAX_SAFE_INTEGER);

/** Milliseconds in V8 and in the machine, and the machine's steps. */
function compare(
  machine: Machine,
  work: Workload,
): { native: number; inMachine: number; steps: number } {
  machine.load(work.image);
  work.start(machine);
  const steps = toTheEnd(machine);
  if (!work.agrees(machine)) throw new Error(`${work.name}: V8 and the machine disagree`);
  warmUp(work.native);
  const from = performance.now();
  work.native();
  const repeats = Math.max(1, Math.ceil(LEAST_MS / (performance.now() - from)));
  const native =
    shortest(() => {
      for (let i = 0; i < repeats; i++) work.native();
    }) / repeats;
  const start = (): void => work.start(machine);
  warmUp(() => {
    start();
    toTheEnd(machine);
  });
  return { native, inMachine: shortest(() => toTheEnd(machine), start), steps };
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const GROUPS: readonly (readonly [Workload['kind'], string, string?])[] = [
  ['scalar', 'machine / V8, programs in C', '<= 19'],
  ['simd', 'machine / V8, SIMD kernels', '<= 12'],
  ['more', 'machine / V8, more programs in C'],
  ['unseen', 'machine / V8, programs that fusions were not chosen by'],
];

export async function measureMachine(put: Put, progress: (text: string) => void): Promise<void> {
  const interpreter = compileWasm(readWasm('interpreter'));
  const machine = createMachine(interpreter);
  progress('hashing ...');
  const works = workloads();
  machine.load((works[0] as Workload).image);
  const content = new Uint8Array(MIB);
  let seed = 1;
  const renew = (): void => {
    seed++;
    for (let i = 0; i < MIB; i++) content[i] = (i * 31 + (i >>> 8) * seed) & 0xff;
  };
  const hasher = createHasher(interpreter);
  const inTensor = shortest(() => hasher.tensorRoot(content), renew);
  put('Merkle tree of fresh data: tensor', MIB / inTensor / 1000, 'MB/s', '>= 300');
  // Half of a tree's hashes are of its leaves, the other half of 64 bytes: one permutation each.
  const leaf = content.subarray(0, LEAF_BYTES);
  const library = shortest(() => {
    for (let i = 0; i < MIB / LEAF_BYTES; i++) keccak_256(leaf);
  });
  put('Merkle tree: times as fast as @noble/hashes', (2 * library) / inTensor, 'times');
  const inMemory = shortest(
    () => machine.stateHash(),
    () => {
      renew();
      machine.start(0, [], new Map([[4, content.slice()]]));
    },
  );
  put('Merkle tree of fresh data: machine memory', MIB / inMemory / 1000, 'MB/s', '>= 300');

  const ratios = new Map<Workload['kind'], number[]>();
  for (const work of works) {
    progress(`machine and V8: ${work.name} ...`);
    const { native, inMachine, steps } = compare(machine, work);
    put(`${work.name}: V8`, native, 'ms');
    put(`${work.name}: machine`, steps / inMachine / 1000, 'M instructions/s');
    put(`${work.name}: machine / V8`, inMachine / native, 'times');
    ratios.set(work.kind, [...(ratios.get(work.kind) ?? []), inMachine / native]);
  }
  for (const [kind, name, aim] of GROUPS) {
    put(`${name}, geometric mean`, geometricMean(ratios.get(kind) ?? []), 'times', aim);
  }

  progress('dispute over 50 M instructions ...');
  const work = longOperator();
  machine.load(work.image);
  const costs = [];
  for (let i = 0; i < 24; i++) {
    costs.push(await disputeCost(machine, work, K, [0.02, 0.5, 0.98][i % 3] as number));
  }
  const plain = Math.min(...costs.map((cost) => cost.plain));
  const dispute = Math.min(...costs.map((cost) => cost.dispute));
  put('long operator', (costs[0] as { steps: number }).steps, 'instructions');
  put('long operator: plain run', plain, 'ms');
  put("a party's dispute over it", dispute, 'ms');
  put("a party's dispute / plain run", dispute / plain, 'times', '<= 2.5');
}
