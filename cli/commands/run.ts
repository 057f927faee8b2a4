import { type Command, Option } from 'commander';
import { describeType, type Slot } from '../../models/graph.ts';
import { loadEngines } from '../engines.ts';
import { openModel } from '../files.ts';
import { readInputs, slotsOf, writeOutputs } from '../inputs.ts';
import { collect, listOfNumbers, pairOfNumbers, positiveInteger } from '../options.ts';
import { print, table, timeText } from '../output.ts';
import { readElements } from '../tensors/elements.ts';
import { writeNested } from '../tensors/json.ts';
import type { ReadOptions } from '../tensors/read.ts';

/** Adds the options that say what inputs are. */
export const withInputOptions = (command: Command): Command =>
  command
    .option('--input <file>', 'an input, in order or as NAME=FILE: .npy, .json, .png, .pb', collect)
    .option('--convert', "numbers of another type become the input's type")
    .addOption(
      new Option('--layout <layout>', 'pictures: where channels are').choices(['nchw', 'nhwc']),
    )
    .option(
      '--range <low,high>',
      'pictures: what 0 and 255 become (0,1 for floats; -128,127 for i8; else 0,255)',
      pairOfNumbers,
    )
    .option('--mean <values>', 'pictures: subtracted after --range, by channel', listOfNumbers)
    .option('--std <values>', 'pictures: divided by after --mean, by channel', listOfNumbers)
    .addOption(
      new Option('--channels <order>', 'pictures: order of colours').choices(['rgb', 'bgr']),
    );

interface Options extends ReadOptions {
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly top?: number;
  readonly iterations?: number;
  readonly trace?: boolean;
  readonly json?: boolean;
}

/** Elements shown of a result that isn't asked for by `--top`. */
const SHOWN = 16;

interface Top {
  readonly index: number;
  readonly value: number;
}

/** The greatest `count` elements; of equal ones the first. NaN is smaller than everything. */
export function topOf(values: readonly number[], count: number): Top[] {
  const order = (x: number): number => (Number.isNaN(x) ? Number.NEGATIVE_INFINITY : x);
  return values
    .map((value, index) => ({ index, value }))
    .sort((x, y) => order(y.value) - order(x.value) || x.index - y.index)
    .slice(0, count);
}

function outputText(slot: Slot, data: Uint8Array, top: readonly Top[] | undefined): string {
  const heading = `${slot.name}: ${describeType(slot)}`;
  if (top) {
    const rows = top.map(({ index, value }) => [index, String(Number(value.toPrecision(6)))]);
    return `${heading}\n${table(rows)}`;
  }
  const values = readElements(slot.dtype, data);
  const shown = values.slice(0, SHOWN).map((value) => String(value));
  const more = values.length > SHOWN ? `, ... (${values.length - SHOWN} more)` : '';
  return `${heading}\n  ${shown.join(', ')}${more}`;
}

async function run(path: string, options: Options): Promise<void> {
  const { model } = await openModel(path, loadEngines());
  const { graph } = model;
  const { notes, tensors } = readInputs(graph, options.input ?? [], options);
  const inputs = tensors.map(({ data }) => data);
  const runOptions = options.iterations ? { iterations: options.iterations } : {};
  const began = performance.now();
  const { outputs } = await model.run(inputs, runOptions);
  const first = performance.now() - began;
  const again = performance.now();
  await model.run(inputs, runOptions);
  const milliseconds = performance.now() - again;
  const files = writeOutputs(graph, options.output ?? [], outputs);
  const slots = slotsOf(graph, 'output');
  const tops = slots.map(({ dtype }, i) =>
    options.top ? topOf(readElements(dtype, outputs[i]!).map(Number), options.top) : undefined,
  );
  const traced = options.trace ? await commit() : undefined;

  async function commit(): Promise<{ end: string; graphSteps: number; milliseconds: number }> {
    const from = performance.now();
    const trace = await model.trace(inputs, undefined, runOptions);
    const [, end = ''] = await trace.graphHashes([0, trace.length]);
    return { end, graphSteps: trace.length, milliseconds: performance.now() - from };
  }

  const report = {
    model: graph.name,
    id: model.id,
    notes,
    outputs: slots.map((slot, i) => ({
      name: slot.name,
      dtype: slot.dtype,
      shape: slot.shape,
      ...(tops[i]
        ? { top: tops[i] }
        : files.length === 0
          ? { values: writeNested({ ...slot, data: outputs[i]! }) }
          : {}),
    })),
    files,
    milliseconds,
    firstMilliseconds: first,
    ...(traced ? { trace: traced } : {}),
  };
  print(options.json ?? false, report, () =>
    [
      ...notes,
      ...slots.map((slot, i) => outputText(slot, outputs[i]!, tops[i])),
      ...files.map((file) => `written to ${file}`),
      `time: ${timeText(milliseconds)} (${timeText(first)} the first time)`,
      ...(traced
        ? [
            `end of ${traced.graphSteps} graph steps: ${traced.end} (${timeText(traced.milliseconds)})`,
          ]
        : []),
    ].join('\n'),
  );
}

export const addRun = (program: Command): Command =>
  withInputOptions(
    program.command('run').description('runs a model natively').argument('<model>', 'a model file'),
  )
    .option(
      '--output <file>',
      'where a result goes, in order or as NAME=FILE: .npy, .json',
      collect,
    )
    .option('--top <count>', 'shows the greatest values of each result', positiveInteger)
    .option('--iterations <count>', "T; the model's maximum if absent", positiveInteger)
    .option('--trace', "commits to every operator's result and prints the hash of the end")
    .option('--json', 'JSON in place of text')
    .addHelpText(
      'after',
      `
Examples:
  pinpoint run model.bin --input image.npy --top 5
  pinpoint run model.bin --input cat.png --range -1,1 --layout nhwc --top 3
  pinpoint run model.bin --input cat.png --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  pinpoint run model.bin --input ids=ids.json --input mask=mask.json --output logits=logits.npy
  pinpoint run model.bin --input image.npy --trace`,
    )
    .action(run);
