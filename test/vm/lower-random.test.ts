import { expect, test } from 'vitest';
import type { ValueType } from '../../vm/opcodes.ts';
import { Lowered } from '../support/lowered.ts';
import { randomModule } from '../support/random-module.ts';
import { edges, generator } from '../support/values.ts';

const WIDTH: Record<ValueType, 32 | 64> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 64 };

/** An argument; the engine's interface gives floats that are NaNs bits of its own. */
function argument(type: ValueType, random: () => number): bigint {
  const all = edges(WIDTH[type]).map((x) => BigInt.asUintN(WIDTH[type], x));
  const value = all[random() % all.length] as bigint;
  if (type === 'f32' && (value & 0x7fffffffn) > 0x7f800000n) return 0x40490fdbn;
  if (type === 'f64' && (value & ((1n << 63n) - 1n)) > 0x7ff0000000000000n) return 1n << 62n;
  return value;
}

const PROGRAMS = 600;

test.each([1, 2, 3, 4])(
  'random programs do the same in the engine and lowered, series %i',
  (series) => {
    let finished = 0;
    let trapped = 0;
    for (let i = 0; i < PROGRAMS / 4; i++) {
      const seed = series * 1_000_000 + i;
      const random = generator(seed);
      const { bytes, type } = randomModule(random);
      for (let round = 0; round < 3; round++) {
        const args = type.params.map((t) => argument(t, random));
        try {
          if (new Lowered(bytes).agree('main', ...args)) finished += 1;
          else trapped += 1;
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
    // Both kinds of end must stay frequent, or the programs test little.
    console.log(finished, trapped);
    expect(finished).toBeGreaterThan(PROGRAMS / 4);
    expect(trapped).toBeGreaterThan(0);
  },
);
