import { ModelError } from '../errors.ts';
import {
  describeType,
  elements,
  type Graph,
  groupOf,
  type Instruction,
  type Slot,
} from '../graph.ts';
import { OPERATORS } from './index.ts';
import { fits, type Rule } from './rule.ts';

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

/** The calls of a checked graph that keep a part of their output's content. */
export function updatesOf(graph: Graph): ReadonlySet<Instruction> {
  const slots = new Map(graph.slots.map((entry) => [entry.slot, entry]));
  return new Set(
    graph.program.filter((instruction) => {
      if (instruction.kind !== 'call') return false;
      const updates = OPERATORS.get(instruction.kernel)?.updates;
      return updates?.(readAttributes(slots.get(instruction.attributes)!)) ?? false;
    }),
  );
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

/** What is wrong with the attributes of a call of `kernel`, if anything. */
export function faultOfAttributes(rule: Rule, values: readonly number[]): string | undefined {
  const zero = rule.attributes.find((name, i) => values[i] === 0 && !rule.zeros?.includes(name));
  return zero === undefined ? rule.check?.(values) : `attribute ${zero} is 0`;
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
  const fault = faultOfAttributes(rule, values);
  if (fault) return fault;
  const wanted = rule.operands(values);
  const given = [...inputs, output].map((slot) => slots.get(slot)!);
  if (given.length !== wanted.length) {
    return `it has ${inputs.length} inputs; it takes ${wanted.length - 1}`;
  }
  for (const [i, [type, count]] of wanted.entries()) {
    const operand = given[i]!;
    if (fits(operand.dtype, type) && elements(operand) === count) continue;
    const which = i === inputs.length ? 'output' : `input ${i}`;
    const named = rule.attributes.map((name, j) => `${name} = ${values[j]}`).join(', ');
    const asked = typeof type === 'number' ? `${type}-byte elements` : type;
    return `${which} is ${describeType(operand)}; with ${named} it must be ${asked}, ${count} elements`;
  }
  return undefined;
}
