/** Figures of the product, measured here and now. A table, or one line of JSON with --json. */
import { Command } from 'commander';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../chain/deploy.ts';
import { encodeSettle } from '../chain/moves.ts';
import { readDigits } from '../models/mnist/digits.ts';
import { startAnvil } from '../scripts/lib/anvil.ts';
import {
  arenaOf,
  challenge,
  claim,
  claimBatch,
  gamesOf,
  offer,
  type Played,
  play,
  register,
  requestFor,
  send,
} from '../scripts/lib/dispute.ts';
import { compileWasm, loadDigitClassifier, readWasm } from '../scripts/lib/models.ts';
import { falseChallenger, instructionLie } from '../strategy/adversaries.ts';
import { honestChallenger } from '../strategy/challenger.ts';
import { honestParty } from '../strategy/party.ts';
import { createMachine } from '../vm/machine.ts';
import { hashingTime, witnessCost } from './leaf-size.ts';
import { measureMachine } from './machine.ts';
import { measureNetworks, networkTable } from './networks/index.ts';
import { measureQuantised, quantisedTable } from './quantised.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is aimed at, where something is. */
  readonly aim?: string;
}

const figures: Figure[] = [];
const put = (name: string, value: number, unit: string, aim?: string): void => {
  figures.push({ name, value, unit, ...(aim ? { aim } : {}) });
};

/** Median milliseconds of `runs` calls, after some that don't count. */
async function median(runs: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < runs + 3; i++) {
    const from = performance.now();
    await work();
    if (i >= 3) times.push(performance.now() - from);
  }
  return times.sort((x, y) => x - y)[Math.floor(runs / 2)] as number;
}

const command = new Command('bench')
  .description('measures inference, machine, disputes and gas on this machine (about a minute)')
  .argument('[part]', '"networks" or "quantised": only those, beside onnxruntime-web')
  .argument('[name]', 'a part of the names of the networks to measure')
  .option('--json', 'one line of JSON in place of the table')
  .parse();
const options = command.opts<{ json?: boolean }>();
const progress = (text: string): void => {
  if (!options.json) console.error(text);
};

const [part, only] = command.args;
if (part === 'networks') {
  const networks = await measureNetworks(progress, only);
  console.log(options.json ? JSON.stringify(networks) : networkTable(networks));
  process.exit();
} else if (part === 'quantised') {
  const figures = await measureQuantised(progress, only);
  console.log(options.json ? JSON.stringify(figures) : quantisedTable(figures));
  process.exit();
} else if (part !== undefined) {
  command.error(`there is no part "${part}"; there are "networks" and "quantised"`);
}

/** Disputes played for the median of their time. */
const DISPUTES = 5;
progress('inference and machine ...');
const digits = readDigits('test');
const image = digits.image(0).slice();
const model = await loadDigitClassifier();
put('inference, native', await median(200, () => model.run([image])), 'ms', '< 10');
put(
  'inference, native with state roots',
  await median(30, async () => (await model.trace([image])).graphHashes([0, model.length])),
  'ms',
);
let steps = 0;
const inMachine = await median(10, async () => {
  const trace = await model.trace([image]);
  steps = 0;
  for (let g = 0; g < model.graph.program.length; g++) steps += (await trace.machine(g)).length;
});
put('inference, in the machine', inMachine, 'ms', '< 10');
put(
  'inference, in the machine with a state root after each operator',
  await median(10, async () => {
    const trace = await model.trace([image]);
    for (let g = 0; g < model.graph.program.length; g++) void (await trace.machine(g)).end;
  }),
  'ms',
);
put('inference, machine steps', steps, 'steps');

await measureMachine(put, progress);

const machine = createMachine(compileWasm(readWasm('interpreter')));
machine.load(model.image);
const REPEATS = 64;
const dense = new Map<number, Uint8Array>([
  [3, new Uint8Array(new Uint32Array([REPEATS, 784, 128]).buffer)],
  [4, new Uint8Array(new Float32Array(REPEATS * 784).fill(0.5).buffer)],
  [5, new Uint8Array(new Float32Array(784 * 128).fill(0.01).buffer)],
  [6, new Uint8Array(512)],
]);
const region = (index: number): bigint => BigInt(index) << 28n;
const startDense = (): void => {
  const args = [0n, region(1), region(2), region(3), region(4), region(5), region(6)];
  machine.start(model.image.entries.get('dense') as number, args, dense);
};
const weights = new Uint8Array(784 * 128 * 4).map((_, i) => i * 31);

progress('leaves of 128 and of 256 bytes ...');
const run = await (await model.trace([image])).machine(1);
const witnesses: number[] = [];
for (let i = 0; i < 100; i++) {
  witnesses.push((await run.witness(Math.floor((run.length * i) / 100))).length);
}
put('witness of a step, median', witnesses.sort((x, y) => x - y)[50] as number, 'bytes');
put('witness of a step, longest', Math.max(...witnesses), 'bytes');
const SAMPLES = 200;
for (const leafBytes of [128, 256]) {
  put(`leaves of ${leafBytes}: hashing 392 KiB`, hashingTime(weights, leafBytes), 'ms');
  startDense();
  const total = { bytes: 0, gas: 0 };
  for (let i = 0; i < SAMPLES; i++) {
    machine.run(431);
    const cost = witnessCost(machine, leafBytes);
    total.bytes += cost.bytes;
    total.gas += cost.gas;
  }
  put(`leaves of ${leafBytes}: witness`, Math.round(total.bytes / SAMPLES), 'bytes');
  put(`leaves of ${leafBytes}: calldata and hashing`, Math.round(total.gas / SAMPLES), 'gas');
}

progress('disputes on a chain ...');
const anvil = await startAnvil();
try {
  const k = Number(DEFAULT_PARAMETERS.k);
  const deployment = await deployPinpoint(anvil.wallet(0), anvil.client);
  const arena = arenaOf(anvil, deployment, DEFAULT_PARAMETERS.k);
  for (const { gasUsed, name } of deployment.contracts)
    put(`deploy ${name}`, Number(gasUsed), 'gas');
  const registration = await register(arena, anvil.wallet(0), model);
  put('register a model', Number(registration.gasUsed), 'gas');
  put('make an offer', Number((await offer(arena, anvil.wallet(0), model)).gasUsed), 'gas');

  let gasOfClaim = 0;
  let lost: Played | undefined;
  const dispute = await median(DISPUTES, async () => {
    const lie = await instructionLie(model, [image], k);
    const target = await claim(arena, anvil.wallet(1), model, [image], lie.end);
    gasOfClaim = target.gasUsed;
    const trace = await model.trace([image]);
    lost = await play(
      arena,
      target,
      { wallet: anvil.wallet(1), player: lie.player },
      { wallet: anvil.wallet(2), player: honestChallenger(trace, k) },
    );
  });
  put('claim with its input of 784 bytes', gasOfClaim, 'gas');
  for (const count of [16, 256, 4096]) {
    const { address } = anvil.wallet(1).account;
    const requests = Array.from({ length: count }, () => requestFor(address, model, [image]));
    const ends = requests.map(({ inputsRoot }) => inputsRoot);
    const { gasUsed } = await claimBatch(arena, anvil.wallet(1), model, requests, ends);
    put(`claim of ${count} runs, for each`, gasUsed / count, 'gas');
  }
  put('dispute of a lie, run and claim to slash', dispute / 1000, 's', '< 5');
  if (lost) tell('lie', lost);
  const { end, player } = await honestParty(model, [image], k);
  const truth = await claim(arena, anvil.wallet(1), model, [image], end);
  const won = await play(
    arena,
    truth,
    { wallet: anvil.wallet(1), player },
    { wallet: anvil.wallet(2), player: falseChallenger() },
  );
  tell('truth', won);
  const kept = await claim(arena, anvil.wallet(1), model, [image], end);
  const sides = [
    { wallet: anvil.wallet(1), player },
    { wallet: anvil.wallet(2), player: falseChallenger() },
  ] as const;
  const first = await play(arena, kept, ...sides, { keep: true });
  const gasOf = ({ moves }: Played): number => moves.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
  put('truth, its answers kept for other games', gasOf(first), 'gas');
  const again = await play(arena, kept, ...sides);
  put('truth, all answers repeated', gasOf(again), 'gas');
  const repeats = again.moves.filter(({ kind }) => kind === 'repeat');
  put('repeat an answer, dearest', Math.max(...repeats.map(({ gasUsed }) => gasUsed)), 'gas');
  const lie = await instructionLie(model, [image], k);
  const fallen = await claim(arena, anvil.wallet(1), model, [image], lie.end);
  await challenge(arena, anvil.wallet(3), fallen);
  const liar = { wallet: anvil.wallet(1), player: lie.player };
  const honest = honestChallenger(await model.trace([image]), k);
  await play(arena, fallen, liar, { wallet: anvil.wallet(2), player: honest });
  const [moot] = [...(await gamesOf(arena, fallen.id)).games.values()];
  if (!moot) throw new Error('the moot game is gone');
  const settled = await send(arena, anvil.wallet(3), encodeSettle(fallen.claim, moot, k));
  put('settle a moot game', Number(settled.gasUsed), 'gas');
  const prove = won.moves.find(({ kind }) => kind === 'prove');
  put('final step on chain, the claim survives', prove?.gasUsed ?? Number.NaN, 'gas', '< 100000');
  const felling = lost?.moves.find(({ kind }) => kind === 'prove');
  put('final step on chain, the claim falls', felling?.gasUsed ?? Number.NaN, 'gas', '< 100000');
  put('its calldata', prove?.calldataBytes ?? Number.NaN, 'bytes');
} finally {
  await anvil.stop();
}

function tell(name: string, { moves }: Played): void {
  const kinds = new Map<string, number[]>();
  const sides = new Map<string, number>();
  for (const { by, gasUsed, kind } of moves) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), gasUsed]);
    sides.set(by, (sides.get(by) ?? 0) + gasUsed);
  }
  for (const [kind, gas] of kinds) {
    put(`${name}: ${kind}, dearest of ${gas.length}`, Math.max(...gas), 'gas');
  }
  for (const [side, gas] of sides) put(`${name}: all moves, ${side}`, gas, 'gas');
  const whole = moves.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
  put(`${name}: whole dispute`, whole, 'gas', '< 1100000');
}

const rounded = (value: number): number => Number(value.toPrecision(5));
if (options.json) {
  const line = Object.fromEntries(
    figures.map(({ name, unit, value }) => [`${name} (${unit})`, rounded(value)]),
  );
  console.log(JSON.stringify(line));
} else {
  for (const { aim = '', name, unit, value } of figures) {
    const figure = Number.isInteger(value) ? String(value) : value.toPrecision(4);
    console.log(`${name.padEnd(64)} ${figure.padStart(10)} ${unit.padEnd(17)} ${aim}`);
  }
}
