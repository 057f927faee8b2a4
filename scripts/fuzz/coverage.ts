/** Which instructions have been executed, which checked as single steps, and which of those by the contract. */
import { OPCODES } from '../../vm/opcodes.ts';

/** By opcode number. */
type Counts = ReadonlyMap<number, number>;

export function count(counts: Map<number, number>, opcode: number): void {
  counts.set(opcode, (counts.get(opcode) ?? 0) + 1);
}

export class Coverage {
  /** Places in code that executed it. */
  readonly executed = new Map<number, number>();
  /** Steps that were verified. */
  readonly sampled = new Map<number, number>();
  readonly contract = new Map<number, number>();

  execute(opcodes: readonly number[]): void {
    for (const opcode of opcodes) count(this.executed, opcode);
  }

  count(of: Counts): number {
    return OPCODES.filter(({ code }) => of.has(code)).length;
  }

  missing(of: Counts): string[] {
    return OPCODES.filter(({ code }) => !of.has(code)).map(({ name }) => name);
  }
}

/** Those whose opcodes have been counted least, at most one of each. */
export function rarest<T extends { readonly opcode: number }>(
  items: readonly T[],
  counts: Counts,
  most: number,
): T[] {
  const often = ({ opcode }: T): number => counts.get(opcode) ?? 0;
  const one = new Map(items.map((item) => [item.opcode, item]));
  return [...one.values()].sort((x, y) => often(x) - often(y)).slice(0, Math.max(0, most));
}

export const OPCODE_COUNT = OPCODES.length;
