/** Choices of a generator, all from one seed. */

import { generator, slotValue } from '../../test/support/values.ts';
import type { ValueType } from '../../vm/opcodes.ts';

export class Random {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = generator(seed);
  }

  below(bound: number): number {
    return this.next() % bound;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  list<T>(length: number, make: (index: number) => T): T[] {
    return Array.from({ length }, (_, i) => make(i));
  }

  /** Bits of a value: often at an edge of its type, NaNs with payloads and subnormals among them. */
  bits(type: ValueType): bigint {
    const width =
      type === 'v128' ? this.pick([8, 16, 32, 64] as const) : type.endsWith('32') ? 32 : 64;
    const value = slotValue(width, this.next);
    return type === 'v128' ? value : BigInt.asUintN(width, value);
  }
}
