/** What a model consists of, in numbers. */
import { costOf } from '../models/compile/builder.ts';
import {
  byteLength,
  describeType,
  elements,
  type Graph,
  type Group,
  groupOf,
  type Slot,
} from '../models/graph.ts';
import type { Model } from '../models/index.ts';
import { OPERATORS, readAttributes, scratchBytes } from '../models/operators/index.ts';
import { placeTensors } from '../models/placement.ts';
import { LOWERING_VERSION, MACHINE_VERSION } from '../vm/constants.ts';
import { bytesText, grouped, table } from './output.ts';

export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface Summary {
  readonly name: string;
  readonly id: string;
  readonly programRoot: string;
  readonly slotsRoot: string;
  readonly imageHash: string;
  readonly machineVersion: number;
  readonly loweringVersion: number;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Calls by kernel, the most frequent first. */
  readonly kernels: Readonly<Record<string, number>>;
  /** Elements of constants that aren't attributes. */
  readonly constantElements: number;
  readonly constantBytes: number;
  /** Bytes of all tensors at run time, scratch included. */
  readonly memoryBytes: number;
  readonly instructions: number;
  readonly maxIterations: number;
  /** N. */
  readonly graphSteps: number;
  /** Estimated machine instructions of all calls, and of the largest. */
  readonly machineInstructions: number;
  readonly largestStep: {
    readonly instruction: number;
    readonly kernel: string;
    readonly machineInstructions: number;
  };
}

const tensorsOf = (graph: Graph, group: Group): Tensor[] =>
  graph.slots
    .filter(({ slot }) => groupOf(slot) === group)
    .map(({ dtype, name, shape }) => ({ name, dtype, shape }));

/** Estimated machine instructions of every instruction of a program; 0 where nothing is called. */
export function costsOf(graph: Graph): number[] {
  const slots = new Map(graph.slots.map((entry) => [entry.slot, entry]));
  return graph.program.map((instruction) => {
    if (instruction.kind !== 'call') return 0;
    const rule = OPERATORS.get(instruction.kernel)!;
    return Math.round(costOf(rule, readAttributes(slots.get(instruction.attributes)!)));
  });
}

/** Slots that calls take their attributes from. */
const attributeSlots = ({ program }: Graph): ReadonlySet<number> =>
  new Set(program.flatMap((entry) => (entry.kind === 'call' ? [entry.attributes] : [])));

export function summarise({ graph, id, length, registration }: Model): Summary {
  const costs = costsOf(graph);
  const largest = costs.reduce((best, cost, i) => (cost > costs[best]! ? i : best), 0);
  const call = graph.program[largest]!;
  const counts = new Map<string, number>();
  for (const entry of graph.program) {
    const kernel = entry.kind === 'call' ? entry.kernel : entry.kind;
    counts.set(kernel, (counts.get(kernel) ?? 0) + 1);
  }
  const attributes = attributeSlots(graph);
  const constants = graph.slots.filter(({ slot }) => groupOf(slot) === 'constant');
  const sum = (slots: readonly Slot[], of: (slot: Slot) => number): number =>
    slots.reduce((total, slot) => total + of(slot), 0);
  return {
    name: graph.name,
    id,
    programRoot: registration.programRoot,
    slotsRoot: registration.initialSlotsRoot,
    imageHash: registration.imageHash,
    machineVersion: MACHINE_VERSION,
    loweringVersion: LOWERING_VERSION,
    inputs: tensorsOf(graph, 'input'),
    outputs: tensorsOf(graph, 'output'),
    kernels: Object.fromEntries(
      [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : Number(a > b))),
    ),
    constantElements: sum(
      constants.filter(({ slot }) => !attributes.has(slot)),
      elements,
    ),
    constantBytes: sum(constants, byteLength),
    memoryBytes: placeTensors(graph).size + scratchBytes(graph),
    instructions: graph.program.length,
    maxIterations: graph.maxIterations,
    graphSteps: length,
    machineInstructions: costs.reduce((total, cost) => total + cost, 0),
    largestStep: {
      instruction: largest,
      kernel: call.kind === 'call' ? call.kernel : call.kind,
      machineInstructions: costs[largest]!,
    },
  };
}

const namesOf = (tensors: readonly Tensor[]): string =>
  tensors.map((one) => `${one.name}: ${describeType(one as Slot)}`).join('; ');

/** The summary for people, after rows of what is known besides. */
export function summaryText(
  summary: Summary,
  before: readonly (readonly [string, string])[] = [],
): string {
  const { constantBytes, constantElements, instructions, largestStep, maxIterations } = summary;
  const kernels = Object.entries(summary.kernels).map(([kernel, times]) => `${kernel} ${times}`);
  const { instruction, kernel, machineInstructions } = largestStep;
  const rows: (readonly [string, string])[] = [
    ['model', summary.name],
    ...before,
    ['inputs', namesOf(summary.inputs)],
    ['outputs', namesOf(summary.outputs)],
    ['operators', `${instructions}: ${kernels.join(', ')}`],
    ['constants', `${grouped(constantElements)} elements, ${bytesText(constantBytes)}`],
    ['memory at run time', bytesText(summary.memoryBytes)],
    [
      'graph steps',
      `${grouped(summary.graphSteps)} (${grouped(instructions)} instructions${maxIterations > 1 ? `, ${maxIterations} iterations` : ''}, and the end)`,
    ],
    ['machine instructions', `about ${grouped(summary.machineInstructions)}`],
    [
      'largest step',
      `about ${grouped(machineInstructions)} machine instructions: instruction ${instruction}, ${kernel}`,
    ],
    ['model id', summary.id],
    ['slots root', summary.slotsRoot],
    ['program root', summary.programRoot],
    ['image hash', summary.imageHash],
    ['versions', `machine ${summary.machineVersion}, lowering ${summary.loweringVersion}`],
  ];
  return table(rows, '');
}
