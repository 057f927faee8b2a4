import type { Command } from 'commander';
import { LOWERINGS } from '../../models/compile/lower/index.ts';
import { DTYPES, describeType, type Graph, groupOf } from '../../models/graph.ts';
import type { Network } from '../../models/network/types.ts';
import { loadEngines } from '../engines.ts';
import { holdsModel, openModel } from '../files.ts';
import { readNetwork } from '../network.ts';
import { bytesText, grouped, print, table } from '../output.ts';
import { costsOf, summarise, summaryText } from '../summary.ts';
import { parametersOf } from './import.ts';

interface Options {
  readonly description?: string;
  readonly json?: boolean;
}

const hex = (slot: number): string => `0x${slot.toString(16).padStart(4, '0')}`;

/** Characters of a list of attributes that a table shows. */
const SHOWN = 48;
const shortened = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;

/** Rows of the slot table. */
function slotRows({ slots }: Graph) {
  return slots.map(({ data, dtype, name, shape, slot }) => ({
    slot,
    group: groupOf(slot),
    name,
    dtype,
    shape,
    bytes: shape.reduce((x, y) => x * y, DTYPES[dtype].bytes),
    hasContent: data !== undefined,
  }));
}

/** Rows of the program table. */
function programRows(graph: Graph) {
  const costs = costsOf(graph);
  const values = new Map(graph.slots.map(({ name, slot }) => [slot, name]));
  return graph.program.map((instruction, index) => {
    if (instruction.kind === 'malformed') return { index, kind: instruction.kind };
    if (instruction.kind === 'stopIf') {
      return { index, kind: instruction.kind, slot: instruction.slot };
    }
    const { attributes, inputs, kernel, kind, output } = instruction;
    const parameters = values.get(attributes)?.replace(/^attributes /, '');
    const machineInstructions = costs[index]!;
    return { index, kind, kernel, inputs, output, attributes, parameters, machineInstructions };
  });
}

async function inspectModel(path: string, isJson: boolean): Promise<void> {
  const { file, model } = await openModel(path, loadEngines());
  const summary = summarise(model);
  const slots = slotRows(model.graph);
  const program = programRows(model.graph);
  print(isJson, { kind: 'model', fileBytes: file.length, ...summary, slots, program }, () =>
    [
      summaryText(summary, [['file', `${path}, ${bytesText(file.length)}`]]),
      `\nslots\n${table(
        slots.map((one) => [
          ...[hex(one.slot), one.group, describeType(one), bytesText(one.bytes)],
          shortened(one.name),
        ]),
      )}`,
      `\nprogram\n${table(
        program.map((one) => {
          if (one.kind === 'malformed') return [one.index, '(no instruction)'];
          if (one.kind === 'stopIf') return [one.index, 'stop if', hex(one.slot)];
          const from = one.inputs.map(hex).join(' ');
          const cost = `about ${grouped(one.machineInstructions)}`;
          const parameters = `(${shortened(one.parameters ?? '')})`;
          return [one.index, one.kernel, parameters, from, '->', hex(one.output), cost];
        }),
      )}`,
    ].join('\n'),
  );
}

/** Operators of a network, graphs in graphs included, by name. */
function operatorsOf(network: Network, counts = new Map<string, number>()): Map<string, number> {
  for (const { attributes, op } of network.nodes) {
    counts.set(op, (counts.get(op) ?? 0) + 1);
    for (const value of Object.values(attributes)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (typeof one === 'object' && 'nodes' in one) operatorsOf(one, counts);
      }
    }
  }
  return counts;
}

async function inspectNetwork(path: string, options: Options): Promise<void> {
  const { format, network } = readNetwork(path, options);
  const operators = [...operatorsOf(network)]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : Number(a > b)))
    .map(([op, times]) => ({ op, times, isSupported: Object.hasOwn(LOWERINGS, op) }));
  const { inputs, name, outputs } = network;
  const unsupported = operators.filter(({ isSupported }) => !isSupported).map(({ op }) => op);
  const parameters = parametersOf(network);
  const report = {
    ...{ kind: 'network', format, name, inputs, outputs, parameters, operators, unsupported },
  };
  const shape = (sizes: readonly (number | string)[] | undefined): string =>
    sizes ? `[${sizes.join(',')}]` : '(shape unknown)';
  print(options.json ?? false, report, () =>
    [
      table(
        [
          ['network', name],
          ['format', format],
          [
            'inputs',
            inputs
              .map((one) => `${one.name}: ${one.kind ?? ''} ${one.dtype} ${shape(one.shape)}`)
              .join('; ')
              .replaceAll(':  ', ': '),
          ],
          ['outputs', outputs.join('; ')],
          ['parameters', grouped(parameters)],
        ],
        '',
      ),
      `\noperators\n${table(
        operators.map(({ isSupported, op, times }) => [
          times,
          op,
          isSupported ? '' : 'not supported',
        ]),
      )}`,
      unsupported.length > 0
        ? `\n${unsupported.length} kinds of operators aren't supported: ${unsupported.join(', ')}`
        : '\nall operators are known; whether their variants are, import tells',
    ].join('\n'),
  );
}

export const addInspect = (program: Command): Command =>
  program
    .command('inspect')
    .description('shows what a model or a network file consists of')
    .argument('<file>', 'a model or a network')
    .option('--description <file>', 'JSON that describes the network, for files of weights alone')
    .option('--json', 'JSON in place of text')
    .addHelpText(
      'after',
      `
Examples:
  pinpoint inspect model.bin          inputs, outputs, slots and program of a model
  pinpoint inspect network.onnx       operators of a network, and which of them are supported
  pinpoint inspect model.bin --json | jq .kernels`,
    )
    .action(async (path: string, options: Options) => {
      if (await holdsModel(path)) await inspectModel(path, options.json ?? false);
      else await inspectNetwork(path, options);
    });
