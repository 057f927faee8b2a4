import type { Command } from 'commander';
import { writeBundle } from '../../models/bundle.ts';
import type { Graph } from '../../models/graph.ts';
import { loadModel } from '../../models/index.ts';
import { loadEngines } from '../engines.ts';
import { UserError } from '../errors.ts';
import { openModel } from '../files.ts';
import { compareWithMachine } from '../in-machine.ts';
import { readInputs } from '../inputs.ts';
import { compile, type ImportOptions, readNetwork } from '../network.ts';
import { grouped, print, progress, timeText } from '../output.ts';
import type { ReadOptions } from '../tensors/read.ts';
import { withImportOptions } from './import.ts';
import { withInputOptions } from './run.ts';

interface Options extends ImportOptions, ReadOptions {
  readonly input?: readonly string[];
  readonly json?: boolean;
}

/** The first thing in which two graphs differ, as a person would look for it. */
export function firstDifference(model: Graph, network: Graph): string | undefined {
  const differs = (what: string, x: unknown, y: unknown): string | undefined =>
    JSON.stringify(x) === JSON.stringify(y)
      ? undefined
      : `${what} is ${JSON.stringify(x)} in the model and ${JSON.stringify(y)} in the network`;
  const general =
    differs('the number of slots', model.slots.length, network.slots.length) ??
    differs('the number of instructions', model.program.length, network.program.length) ??
    differs('the largest number of iterations', model.maxIterations, network.maxIterations);
  if (general) return general;
  for (const [i, { data, name, ...type }] of model.slots.entries()) {
    const { data: own, name: ownName, ...ownType } = network.slots[i]!;
    const where = `slot ${type.slot} ("${name}")`;
    const found = differs(where, type, ownType);
    if (found) return found;
    if (data === own) continue;
    if (!data || !own || Buffer.compare(data, own) !== 0) {
      const byte = data && own ? data.findIndex((one, at) => one !== own[at]) : 0;
      return `the content of ${where} differs at byte ${byte}`;
    }
  }
  for (const [i, instruction] of model.program.entries()) {
    const found = differs(`instruction ${i}`, instruction, network.program[i]);
    if (found) return found;
  }
  return undefined;
}

/** What a check found: for programs, and for people. */
interface Checked {
  readonly report: object;
  readonly lines: readonly string[];
}

async function verifyImport(path: string, network: string, options: Options): Promise<Checked> {
  const engines = loadEngines();
  const { file, model } = await openModel(path, engines);
  const read = readNetwork(network, options);
  const bytes = writeBundle(compile(read.network, options, engines).graph);
  const again = await loadModel(bytes, engines);
  if (model.id !== again.id) {
    const difference = firstDifference(model.graph, again.graph);
    throw new UserError(
      'DIFFERENT_MODEL',
      `${path} isn't what ${network} gives: its id is ${model.id}, the network's ${again.id}; ${difference ?? 'names differ'}. Shapes, dimensions and frozen inputs must be those of the import`,
    );
  }
  const isSameFile = Buffer.compare(file, bytes) === 0;
  return {
    report: { isSameFile },
    lines: [
      `${path} is what ${network} gives`,
      isSameFile
        ? 'the files are the same byte for byte'
        : 'the files differ in names only, which the id does not bind',
    ],
  };
}

async function verifyRun(path: string, options: Options): Promise<Checked> {
  const engines = loadEngines();
  const { model } = await openModel(path, engines);
  const { notes, tensors } = readInputs(model.graph, options.input ?? [], options);
  const report = progress('comparing, operator');
  const result = compareWithMachine(
    model,
    tensors.map(({ data }) => data),
    engines,
    report,
  );
  report.end();
  const { difference, largest, machineInstructions, operators } = result;
  if (difference) {
    const { byte, instruction, kernel } = difference;
    const what =
      byte === undefined ? 'the machine traps' : `byte ${byte} of the result is another one`;
    throw new UserError(
      'MACHINE_DIFFERS',
      `instruction ${instruction} (${kernel}): ${what} in the machine. Claims about this model can't be defended; please report it`,
    );
  }
  const kernel = kernelOf(model.graph, largest.instruction);
  return {
    report: { notes, ...result },
    lines: [
      ...notes,
      `${operators} operators give the same bits natively and in the machine`,
      `natively ${timeText(result.nativeMilliseconds)}, in the machine ${timeText(result.machineMilliseconds)}: ${grouped(machineInstructions)} instructions`,
      `largest: instruction ${largest.instruction} (${kernel}), ${grouped(largest.machineInstructions)} machine instructions`,
    ],
  };
}

function kernelOf({ program }: Graph, index: number): string {
  const instruction = program[index];
  return instruction?.kind === 'call' ? instruction.kernel : '';
}

export const addVerify = (program: Command): Command =>
  withImportOptions(
    withInputOptions(
      program
        .command('verify')
        .description('checks that a model is what a network gives, or runs it both ways')
        .argument('<model>', 'a model file')
        .argument('[file]', 'the network that it should be of'),
    ),
  )
    .option('--json', 'JSON in place of text')
    .addHelpText(
      'after',
      `
With a network file it is imported again, and the two model ids are compared. With --input every operator is run natively and
in the machine, and the results are compared bit for bit.

Examples:
  pinpoint verify resnet.bin resnet.onnx
  pinpoint verify bert.bin bert.onnx --dimension batch=1 --dimension sequence=128
  pinpoint verify resnet.bin --input image.npy`,
    )
    .action(async (path: string, file: string | undefined, options: Options) => {
      if (file === undefined && !options.input) {
        throw new UserError(
          'BAD_OPTION',
          'verify takes a network file to compare with, or --input to run the model on',
        );
      }
      const network = file === undefined ? undefined : await verifyImport(path, file, options);
      const run = options.input ? await verifyRun(path, options) : undefined;
      print(
        options.json ?? false,
        { isSame: true, network: network?.report, run: run?.report },
        () => [...(network?.lines ?? []), ...(run?.lines ?? [])].join('\n'),
      );
    });
