/**
 * The arithmetic of one instruction in plain TypeScript: no compilation at run time, so that it runs in every
 * worker, and written from the specification alone, so that it is an opinion of its own beside the interpreter
 * (WebAssembly) and the arbiter (Solidity, contracts/src/arbiter/IAlu.sol).
 */
import { type Operation, scalarOperation } from './alu-scalar.ts';
import { vectorOperation } from './alu-vector.ts';
import { type Form, OPCODES } from './opcodes.ts';

export interface AluResult {
  /** The value, zero-extended; 0 if trapped. */
  readonly result: bigint;
  /** Division by zero or overflow, or a float out of the integer's range. */
  readonly trapped: boolean;
}

export interface Alu {
  /**
   * Operands and result are slots read as little-endian integers below 2^128; what an operand carries above its type
   * is ignored.
   *
   * @param op Number of the base instruction; the `.imm` and `br.` variants run as their base.
   * @param z Third operand of a ternary; lane of an extract or replace (modulo the lanes); the 16 indices of a shuffle.
   * @throws RangeError if the opcode is no value instruction.
   */
  execute(op: number, x: bigint, y: bigint, z: bigint): AluResult;
}

/** Forms whose rows have an operation of the unit. */
export const VALUE_FORMS: ReadonlySet<Form> = new Set<Form>([
  'unary',
  'binary',
  'ternary',
  'extractLane',
  'replaceLane',
  'shuffle',
]);

/** An arithmetic unit for every value row of the opcode table; throws if the table has a row it doesn't know. */
export function createAlu(): Alu {
  const operations = new Map<number, Operation>();
  for (const row of OPCODES) {
    if (!VALUE_FORMS.has(row.form)) continue;
    const operation = scalarOperation(row.name) ?? vectorOperation(row.name);
    if (!operation)
      throw new Error(`alu: no operation for ${row.name} (0x${row.code.toString(16)})`);
    operations.set(row.code, operation);
  }
  return {
    execute(op, x, y, z) {
      const operation = operations.get(op);
      if (!operation) {
        throw new RangeError(`alu: opcode 0x${op.toString(16)} is no value instruction`);
      }
      const result = operation(x, y, z);
      return { result: result ?? 0n, trapped: result === undefined };
    },
  };
}
