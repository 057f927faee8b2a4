/**
 * Plays disputes about real networks: npm run dispute -- FILE... [--seed N] [--json]
 *
 * Each file is a model or a network; in the submitter's copy one bit of one weight flips, which changes what comes out. The game
 * is played by the strategies against the contracts on a chain of its own.
 */
import { Command } from 'commander';
import { DEFAULT_PARAMETERS, deployPinpoint } from '../chain/deploy.ts';
import { withImportOptions } from '../cli/commands/import.ts';
import { loadEngines } from '../cli/engines.ts';
import { failureOf } from '../cli/errors.ts';
import { holdsModel } from '../cli/files.ts';
import { compile, type ImportOptions, openDimensions, readNetwork } from '../cli/network.ts';
import { positiveInteger } from '../cli/options.ts';
import { grouped, table } from '../cli/output.ts';
import { readBytes } from '../cli/tensors/read.ts';
import { writeBundle } from '../models/bundle.ts';
import { type Engines, loadModel } from '../models/index.ts';
import type { Network } from '../models/network/types.ts';
import { startAnvil } from './lib/anvil.ts';
import { arenaOf } from './lib/dispute.ts';
import { disputeNetwork, type NetworkDispute, seededInputs } from './lib/network-dispute.ts';
import { step } from './lib/story.ts';

interface Options extends ImportOptions {
  readonly seed: number;
  readonly json?: boolean;
}

async function modelFile(path: string, options: Options, engines: Engines): Promise<Uint8Array> {
  if (await holdsModel(path)) return readBytes(path);
  const { network } = readNetwork(path, options);
  return writeBundle(compile(network, applicable(network, options), engines).graph);
}

/** Options are for all networks together: each takes those that name something of it. */
function applicable({ inputs }: Network, options: Options): ImportOptions {
  const names = inputs.map(({ name }) => name);
  const of = (texts: readonly string[] = [], known: readonly string[]): string[] =>
    texts.filter((text) => known.some((name) => text.startsWith(`${name}=`)));
  return {
    shape: of(options.shape, names),
    freeze: of(options.freeze, names),
    dimension: of(options.dimension, openDimensions(inputs)),
  };
}

/** Names of weights can be lists of all that was folded into them. */
const shortened = (name: string): string => (name.length > 60 ? `…${name.slice(-60)}` : name);

const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`;

function disputeText(path: string, dispute: NetworkDispute): string {
  const { disputed, flip, gas, graphSteps, moves, rounds, winner } = dispute;
  const { instruction } = disputed;
  const values = instruction.operands.map(({ name, value }) => `${name} = ${value}`).join(', ');
  return table(
    [
      ['network', path],
      ['model', `${dispute.model}, ${dispute.id}`],
      [
        'flipped',
        `bit ${flip.bit} of element ${flip.element} of "${shortened(flip.weight)}", as instruction ${grouped(flip.position)} of step ${flip.step} (${flip.kernel}) reads it; ${flip.tries} tried`,
      ],
      [
        'disputed',
        `step ${disputed.step} of ${grouped(graphSteps)}, ${disputed.operator}: instruction ${grouped(disputed.position)} of ${grouped(disputed.steps)}`,
      ],
      ['instruction', `${instruction.text} in ${instruction.kernel ?? '?'} (${values})`],
      ['winner', `${winner}, after ${rounds} rounds and ${moves} moves`],
      [
        'gas',
        `submitter ${grouped(gas.submitter)} with its claim, challenger ${grouped(gas.challenger)}`,
      ],
      [
        'time',
        `the dispute ${seconds(dispute.seconds.dispute)}, of which submitter ${seconds(dispute.seconds.submitter)}, challenger ${seconds(dispute.seconds.challenger)}; the run with all hashes before it ${seconds(dispute.seconds.check)}`,
      ],
    ],
    '',
  );
}

const command = withImportOptions(
  new Command('dispute')
    .description('plays a dispute about each network, on a chain of its own')
    .argument('<files...>', 'models or network files'),
)
  .option('--seed <number>', 'of inputs, weights and bits', positiveInteger, 1)
  .option('--json', 'JSON in place of text')
  .parse();
const options = command.opts<Options>();

const say = options.json ? <T>(_: string, work: () => Promise<T>) => work() : step;
const engines = loadEngines();
const anvil = await startAnvil();
const disputes: (NetworkDispute & { readonly file: string })[] = [];
try {
  const deployment = await deployPinpoint(anvil.wallet(0), anvil.client);
  const arena = arenaOf(anvil, deployment, DEFAULT_PARAMETERS.k);
  for (const path of command.args) {
    const file = await say(`${path}: importing`, () => modelFile(path, options, engines));
    const sides = {
      liar: await loadModel(file, engines),
      verifier: await loadModel(file, engines),
    };
    const { seed } = options;
    const inputs = seededInputs(sides.liar.graph, seed);
    const dispute = await say(`${path}: disputing`, () =>
      disputeNetwork(arena, engines, sides, { inputs, seed }),
    );
    disputes.push({ file: path, ...dispute });
    if (!options.json) console.log(`\n${disputeText(path, dispute)}\n`);
  }
  if (options.json) console.log(JSON.stringify({ seed: options.seed, disputes }));
  else if (disputes.length > 1) {
    const rows = disputes.map(({ disputed, file, gas, rounds, seconds: time, winner }) => [
      ...[file.split('/').slice(-2).join('/'), rounds, disputed.operator, grouped(disputed.steps)],
      ...[seconds(time.check), seconds(time.submitter), seconds(time.challenger)],
      ...[seconds(time.dispute), grouped(gas.submitter), grouped(gas.challenger), winner],
    ]);
    const heading =
      'network|rounds|operator|instructions|run|submitter|challenger|dispute|gas s.|gas c.|winner';
    console.log(table([heading.split('|'), ...rows], ''));
  }
  if (disputes.some(({ winner }) => winner !== 'challenger')) process.exitCode = 1;
} catch (error) {
  const { exitCode, message } = failureOf(error);
  console.error(`dispute: ${message}`);
  process.exitCode = exitCode;
} finally {
  await anvil.stop();
}
