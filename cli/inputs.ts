/** Inputs of a run from files, and its results to files. */
import { basename, extname } from 'node:path';
import { type Graph, type Group, groupOf, type Slot } from '../models/graph.ts';
import type { TensorData } from '../models/network/types.ts';
import { UserError } from './errors.ts';
import { defaultRange } from './tensors/png.ts';
import { type ReadOptions, readTensor, writeTensor } from './tensors/read.ts';

export const slotsOf = (graph: Graph, group: Group): Slot[] =>
  graph.slots.filter(({ slot }) => groupOf(slot) === group);

/**
 * Pairs texts, each a file or `name=file`, with slots: named ones first, the others in the slots' order.
 *
 * @throws UserError BAD_OPTION: too many, or one twice
 */
function assign(
  option: string,
  texts: readonly string[],
  slots: readonly Slot[],
): Map<Slot, string> {
  const assigned = new Map<Slot, string>();
  const rest: string[] = [];
  for (const text of texts) {
    const slot = slots.find(({ name }) => text.startsWith(`${name}=`));
    if (!slot) rest.push(text);
    else if (assigned.has(slot)) {
      throw new UserError('BAD_OPTION', `${option}: "${slot.name}" is given twice`);
    } else assigned.set(slot, text.slice(slot.name.length + 1));
  }
  for (const text of rest) {
    const slot = slots.find((one) => !assigned.has(one));
    if (!slot) {
      const names = slots.map(({ name }) => name).join(', ');
      throw new UserError(
        'BAD_OPTION',
        `${option} ${text}: the model has no more than ${slots.length} (${names})`,
      );
    }
    assigned.set(slot, text);
  }
  return assigned;
}

export interface Inputs {
  /** In the order of the slots. */
  readonly tensors: readonly TensorData[];
  /** What was done to pictures on the way. */
  readonly notes: readonly string[];
}

/** Reads a model's inputs. Throws `UserError`. */
export function readInputs(graph: Graph, texts: readonly string[], options: ReadOptions): Inputs {
  const slots = slotsOf(graph, 'input');
  const files = assign('--input', texts, slots);
  const notes: string[] = [];
  const tensors = slots.map((slot) => {
    const { dtype, name, shape } = slot;
    const path = files.get(slot);
    if (path === undefined) {
      const type = `${dtype} [${shape.join(',')}]`;
      throw new UserError(
        'BAD_INPUT',
        `input "${name}" (${type}) is missing; give --input ${name}=FILE`,
      );
    }
    if (extname(path).toLowerCase() === '.png') notes.push(pictureNote(path, slot, options));
    return readTensor(path, { dtype, shape }, options);
  });
  return { tensors, notes };
}

function pictureNote(path: string, { dtype }: Slot, options: ReadOptions): string {
  const [low, high] = options.range ?? defaultRange(dtype);
  const { channels = 'rgb', mean, std } = options;
  const steps = [
    `0..255 to ${low}..${high}`,
    ...(mean ? [`minus ${mean.join(',')}`] : []),
    ...(std ? [`divided by ${std.join(',')}`] : []),
    channels,
  ];
  return `${basename(path)}: ${steps.join(', ')}`;
}

/** Writes results to the files that `--output` names. Returns the files. */
export function writeOutputs(
  graph: Graph,
  texts: readonly string[],
  outputs: readonly Uint8Array[],
): string[] {
  const slots = slotsOf(graph, 'output');
  const files = assign('--output', texts, slots);
  return [...files].map(([slot, path]) => {
    const { dtype, shape } = slot;
    writeTensor(path, { dtype, shape, data: outputs[slots.indexOf(slot)]! });
    return path;
  });
}
