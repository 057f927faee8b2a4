/**
 * Networks of f32 beside onnxruntime-web in the same run, one thread each: npm run bench -- networks.
 */
import { writeBundle } from '../../models/bundle.ts';
import { compileNetwork } from '../../models/compile/compile.ts';
import { readOnnx } from '../../models/import/onnx/index.ts';
import { loadModel } from '../../models/index.ts';
import { compileWasm, readWasm } from '../../scripts/lib/models.ts';
import { type Example, examples } from './examples.ts';
import { createPeer } from './peer.ts';

/** Rounds of a network; the engines alternate, and each runs in every round as often as fits in the time. */
const ROUNDS = 5;
const ROUND_MS = 120;
const COMMITTED_ROUNDS = 3;
/** Largest difference of results, as a part of the largest result. */
const TOLERANCE = 1e-4;

export interface NetworkFigures {
  readonly name: string;
  /** Millions of multiplications of products. */
  readonly millions: number | undefined;
  readonly calls: number;
  /** Medians, in milliseconds of the thread's processor time: what other processes do takes none of it. */
  readonly native: number;
  readonly peer: number | undefined;
  /** A run with the hash that is claimed. */
  readonly claimed: number;
  /** A run with the roots of all states: what only a dispute needs. */
  readonly committed: number;
}

const median = (times: readonly number[]): number =>
  times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)]!;

/** Processor time of a run, in milliseconds: the mean over `runs`, since the system counts it in steps. */
async function timed(work: () => Promise<unknown>, runs: number): Promise<number> {
  const from = process.threadCpuUsage();
  for (let i = 0; i < runs; i++) await work();
  const { system, user } = process.threadCpuUsage(from);
  return (system + user) / 1000 / runs;
}

/** How many runs take about as long as a round; the engines have compiled their loops then. */
async function runsOf(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  let runs = 0;
  while (performance.now() < from + ROUND_MS) {
    await work();
    runs++;
  }
  return runs;
}

function difference(x: Float32Array, y: Float32Array): number {
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]!)), 0) / largest;
}

async function measure(example: Example): Promise<NetworkFigures> {
  const kernelsWasm = readWasm('kernels');
  const engines = {
    kernels: compileWasm(kernelsWasm),
    kernelsWasm,
    interpreter: compileWasm(readWasm('interpreter')),
  };
  const { graph } = compileNetwork(readOnnx(example.file), engines);
  const model = await loadModel(writeBundle(graph), engines);
  const size = example.input.reduce((x, y) => x * y, 1);
  const input = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const bytes = [new Uint8Array(input.buffer)];
  const peer = await createPeer(example.file, input, example.input);
  if (peer) {
    const [result] = (await model.run(bytes)).outputs;
    const wrong = difference(await peer.run(), new Float32Array(result!.buffer));
    if (!(wrong < TOLERANCE)) throw new Error(`${example.name}: results differ by ${wrong}`);
  }
  const own = () => model.run(bytes);
  const claimed = async () => (await model.trace(bytes)).graphHashes([model.length]);
  const committed = async () => (await model.trace(bytes)).graphHashes([0, model.length]);
  const runs = await runsOf(own);
  const peerRuns = peer && (await runsOf(peer.run));
  const times = {
    ...{ native: [] as number[], claimed: [] as number[] },
    ...{ peer: [] as number[], committed: [] as number[] },
  };
  for (let round = 0; round < ROUNDS; round++) {
    times.native.push(await timed(own, runs));
    times.claimed.push(await timed(claimed, runs));
    if (peer && peerRuns) times.peer.push(await timed(peer.run, peerRuns));
  }
  const committedRuns = await runsOf(committed);
  for (let round = 0; round < COMMITTED_ROUNDS; round++) {
    times.committed.push(await timed(committed, committedRuns));
  }
  await peer?.release();
  return {
    name: example.name,
    millions: example.products && example.products / 1e6,
    calls: graph.program.length,
    native: median(times.native),
    peer: times.peer.length > 0 ? median(times.peer) : undefined,
    claimed: median(times.claimed),
    committed: median(times.committed),
  };
}

/** Figures of the networks whose name contains `only`. */
export async function measureNetworks(
  progress: (text: string) => void,
  only = '',
): Promise<NetworkFigures[]> {
  const figures: NetworkFigures[] = [];
  for (const example of examples()) {
    if (!example.name.includes(only)) continue;
    progress(`network ${example.name} ...`);
    figures.push(await measure(example));
  }
  return figures;
}

const HEADER = [
  'network',
  'M products',
  'calls',
  'ms',
  'onnxruntime-web',
  'ratio',
  'claimed',
  'all states',
];

/** `ratio` is how many times as long onnxruntime-web takes; `claimed` are milliseconds with the hash that a claim is, `all states` with the roots of all. */
export function networkTable(figures: readonly NetworkFigures[]): string {
  const rows = figures.map(({ calls, claimed, committed, millions, name, native, peer }) => [
    name,
    millions === undefined ? '' : millions.toFixed(1),
    String(calls),
    native.toPrecision(3),
    peer === undefined ? 'not installed' : peer.toPrecision(3),
    peer === undefined ? '' : (peer / native).toFixed(2),
    claimed.toPrecision(3),
    committed.toPrecision(3),
  ]);
  const widths = HEADER.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ');
  return [HEADER, ...rows].map(line).join('\n');
}
