import { ModelError } from './errors.ts';
import {
  type Dtype,
  describeType,
  elements,
  type Graph,
  groupOf,
  type Instruction,
  type Slot,
} from './graph.ts';

/** What one kernel asks of its operands: number of attributes, types and element counts. */
export interface Rule {
  readonly attributes: readonly string[];
  /** dtype and element count of each input, then of the output. */
  operands(attributes: readonly number[]): readonly (readonly [dtype: Dtype, elements: number])[];
  /** Bytes of scratch; none if absent. */
  scratch?(attributes: readonly number[]): number;
  /** It updates its output in place: it may read what it hasn't written. */
  readonly updates?: boolean;
}

const elementwise = (inputs: number): Rule => ({
  attributes: ['n'],
  operands: ([n = 0]) => Array.from({ length: inputs + 1 }, () => ['f32', n] as const),
});

/** Operators of vm/kernels, by the name of the export. */
export const OPERATORS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['add', elementwise(2)],
  ['sub', elementwise(2)],
  ['mul', elementwise(2)],
  ['relu', elementwise(1)],
  [
    'dense',
    {
      attributes: ['m', 'k', 'n'],
      operands: ([m = 0, k = 0, n = 0]) => [
        ['f32', m * k],
        ['f32', k * n],
        ['f32', n],
        ['f32', m * n],
      ],
    },
  ],
  [
    'normalise',
    {
      attributes: ['n'],
      operands: ([n = 0]) => [
        ['u8', n],
        ['f32', n],
      ],
    },
  ],
  [
    'softmax',
    {
      attributes: ['rows', 'columns'],
      operands: ([rows = 0, columns = 0]) => [
        ['f32', rows * columns],
        ['f32', rows * columns],
      ],
    },
  ],
  [
    'argmax',
    {
      attributes: ['rows', 'columns'],
      operands: ([rows = 0, columns = 0]) => [
        ['f32', rows * columns],
        ['i32', rows],
      ],
    },
  ],
]);

/** Bytes of scratch that the calls of a checked graph need at most. */
export function scratchBytes(graph: Graph): number {
  const slots = new Map(graph.slots.map((entry) => [entry.slot, entry]));
  return graph.program.reduce((most, instruction) => {
    if (instruction.kind !== 'call') return most;
    const scratch = OPERATORS.get(instruction.kernel)?.scratch;
    return scratch
      ? Math.max(most, scratch(readAttributes(slots.get(instruction.attributes)!)))
      : most;
  }, 0);
}

/** Little-endian u32 values of an attributes tensor. */
export function readAttributes(slot: Slot): number[] {
  const bytes = slot.data ?? new Uint8Array(4 * elements(slot));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: elements(slot) }, (_, i) => view.getUint32(4 * i, true));
}

/**
 * Checks that every call's attributes agree with the types of its operands, so that a kernel touches nothing but
 * them. A native run needs this: outside its operands a kernel finds zeros in the machine, but other tensors in the
 * host's memory, and a registrant could use the difference to make an honest party lie.
 *
 * Throws `ModelError` UNSUPPORTED_OPERATOR.
 */
export function checkOperators(graph: Graph): void {
  const slots = new Map(graph.slots.map((entry) => [entry.slot, entry]));
  graph.program.forEach((instruction, index) => {
    if (instruction.kind !== 'call') return;
    const fault = faultOf(instruction, slots);
    if (!fault) return;
    const where = `instruction ${index}, ${instruction.kernel}`;
    throw new ModelError('UNSUPPORTED_OPERATOR', `${where}: ${fault}`);
  });
}

/** What is wrong with a call, if anything. */
function faultOf(
  { attributes, inputs, kernel, output }: Extract<Instruction, { kind: 'call' }>,
  slots: ReadonlyMap<number, Slot>,
): string | undefined {
  const rule = OPERATORS.get(kernel);
  if (!rule) return `no such operator; there are ${[...OPERATORS.keys()].join(', ')}`;
  const parameters = slots.get(attributes)!;
  if (groupOf(attributes) !== 'constant') return 'its attributes are not a constant';
  if (parameters.dtype !== 'u32' || elements(parameters) !== rule.attributes.length) {
    const wanted = `u32 [${rule.attributes.length}] (${rule.attributes.join(', ')})`;
    return `its attributes are ${describeType(parameters)}; it takes ${wanted}`;
  }
  const values = readAttributes(parameters);
  const zero = values.indexOf(0);
  if (zero >= 0) return `attribute ${rule.attributes[zero]} is 0`;
  const wanted = rule.operands(values);
  const given = [...inputs, output].map((slot) => slots.get(slot)!);
  if (given.length !== wanted.length) {
    return `it has ${inputs.length} inputs; it takes ${wanted.length - 1}`;
  }
  for (const [i, [dtype, count]] of wanted.entries()) {
    const type = given[i]!;
    if (type.dtype === dtype && elements(type) === count) continue;
    const operand = i === inputs.length ? 'output' : `input ${i}`;
    const named = rule.attributes.map((name, j) => `${name} = ${values[j]}`).join(', ');
    return `${operand} is ${describeType(type)}; with ${named} it must be ${dtype} of ${count} elements`;
  }
  return undefined;
}
