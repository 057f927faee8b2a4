import { LEAF_BYTES, MAX_INPUTS } from '../vm/constants.ts';
import { ModelError } from './errors.ts';
import { groupOf, type Instruction } from './graph.ts';

export const CALL = 1;
export const STOP_IF = 2;
const INPUTS_AT = 10;

/** An instruction as its 128 bytes say it; kernels by the pc of their entry. */
export type Decoded =
  | {
      readonly kind: 'call';
      readonly entry: number;
      readonly inputs: readonly number[];
      readonly output: number;
      readonly attributes: number;
    }
  | { readonly kind: 'stopIf'; readonly slot: number }
  | { readonly kind: 'malformed' };

const MALFORMED: Decoded = { kind: 'malformed' };

/**
 * The 128-byte leaf of an instruction. `entries`: pc of each kernel's entry in the image.
 * Throws `ModelError` UNSUPPORTED_OPERATOR for a kernel that has none.
 */
export function encodeInstruction(
  instruction: Instruction,
  entries: ReadonlyMap<string, number>,
): Uint8Array {
  if (instruction.kind === 'malformed') return instruction.bytes.slice();
  const bytes = new Uint8Array(LEAF_BYTES);
  const view = new DataView(bytes.buffer);
  if (instruction.kind === 'stopIf') {
    bytes[0] = STOP_IF;
    view.setUint16(2, instruction.slot);
    return bytes;
  }
  const entry = entries.get(instruction.kernel);
  if (entry === undefined) {
    const known = [...entries.keys()].join(', ');
    throw new ModelError(
      'UNSUPPORTED_OPERATOR',
      `the kernels have no operator "${instruction.kernel}"; they have ${known}`,
    );
  }
  bytes[0] = CALL;
  bytes[1] = instruction.inputs.length;
  view.setUint16(2, instruction.output);
  view.setUint16(4, instruction.attributes);
  view.setUint32(6, entry);
  instruction.inputs.forEach((slot, i) => {
    view.setUint16(INPUTS_AT + 2 * i, slot);
  });
  return bytes;
}

/** Reads a leaf of the program tree; every 128 bytes mean something, `malformed` included. */
export function decodeInstruction(bytes: Uint8Array): Decoded {
  if (bytes.length !== LEAF_BYTES) {
    throw new RangeError(`an instruction has ${LEAF_BYTES} bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zeroFrom = (at: number): boolean => bytes.subarray(at).every((byte) => byte === 0);
  if (bytes[0] === STOP_IF) {
    if (bytes[1] !== 0 || !zeroFrom(4)) return MALFORMED;
    return { kind: 'stopIf', slot: view.getUint16(2) };
  }
  if (bytes[0] !== CALL) return MALFORMED;
  const count = bytes[1] ?? 0;
  if (count > MAX_INPUTS || !zeroFrom(INPUTS_AT + 2 * count)) return MALFORMED;
  const output = view.getUint16(2);
  const attributes = view.getUint16(4);
  const group = groupOf(output);
  if (group !== 'output' && group !== 'temporary') return MALFORMED;
  const inputs = Array.from({ length: count }, (_, i) => view.getUint16(INPUTS_AT + 2 * i));
  if (inputs.includes(output) || attributes === output) return MALFORMED;
  return { kind: 'call', entry: view.getUint32(6), inputs, output, attributes };
}
