/** Which instructions have been executed and which have been checked as single steps. */
import { OPCODES } from '../../vm/opcodes.ts';

export class Coverage {
  /** By opcode number: how many places in code executed it, how many steps of it were sampled. */
  readonly executed = new Map<number, number>();
  readonly sampled = new Map<number, number>();

  execute(opcodes: readonly number[]): void {
    for (const opcode of opcodes) this.executed.set(opcode, (this.executed.get(opcode) ?? 0) + 1);
  }

  sample(opcode: number): void {
    this.sampled.set(opcode, (this.sampled.get(opcode) ?? 0) + 1);
  }

  /** Chooses positions whose opcodes have been sampled least. */
  rarest(
    places: readonly { readonly opcode: number; readonly position: number }[],
    count: number,
  ): number[] {
    const often = (opcode: number): number => this.sampled.get(opcode) ?? 0;
    return [...places]
      .sort((x, y) => often(x.opcode) - often(y.opcode))
      .slice(0, count)
      .map(({ position }) => position);
  }

  count(of: ReadonlyMap<number, number>): number {
    return OPCODES.filter(({ code }) => of.has(code)).length;
  }

  missing(of: ReadonlyMap<number, number>): string[] {
    return OPCODES.filter(({ code }) => !of.has(code)).map(({ name }) => name);
  }
}

export const OPCODE_COUNT = OPCODES.length;
