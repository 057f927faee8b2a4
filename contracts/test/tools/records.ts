/** The records of the step files that the contracts' tests read. */

export interface StepRecord {
  readonly name: string;
  readonly opcode: number;
  readonly position: number;
  readonly codeRoot: Uint8Array;
  readonly witness: Uint8Array;
  readonly previous: Uint8Array;
  readonly next: Uint8Array;
}

export const bigEndian = (value: number, width: number): number[] =>
  Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** (8 * (width - 1 - i))) % 256);

/**
 * All numbers big-endian: u16 length of the name, name, u16 opcode, u64 position, code root, previous, next, u16 length of the
 * witness, witness.
 */
export function record(step: StepRecord): Uint8Array {
  const name = new TextEncoder().encode(step.name);
  return Uint8Array.from([
    ...bigEndian(name.length, 2),
    ...name,
    ...bigEndian(step.opcode, 2),
    ...bigEndian(step.position, 8),
    ...step.codeRoot,
    ...step.previous,
    ...step.next,
    ...bigEndian(step.witness.length, 2),
    ...step.witness,
  ]);
}
