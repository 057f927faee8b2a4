/**
 * Makes what a guest computes visible: most results never reach a global or the memory, so that a wrong one would go unseen.
 * After some of the instructions the result is folded into a global, from which the outcome of the run is taken.
 */
import { BY_NAME, type Opcode, type ValueType } from '../../vm/opcodes.ts';
import { OP, rowOf } from '../../vm/wasm/instructions.ts';
import { type Code, code, constant, decodedOpcode, type Guest, global, local } from './guest.ts';
import type { Random } from './random.ts';

const named = (name: string): number => decodedOpcode(BY_NAME.get(name) as Opcode);
const widen = code(named('i64.extend_i32_u'));
const laneOf = (lane: number): Code => code(named('i64x2.extract_lane'), { lane });
/** What makes one instruction of a comparison and itself in the machine; nothing may come between. */
const FUSING: ReadonlySet<number> = new Set([OP.brIf, OP.if, OP.select, named('i32.eqz')]);

/** The value in a local as i64s on the stack, one or two. */
export function asIntegers(type: ValueType, index: number): Code[][] {
  const get = local.get(index);
  switch (type) {
    case 'i32':
      return [[get, widen]];
    case 'i64':
      return [[get]];
    case 'f32':
      return [[get, code(OP.i32ReinterpretF32), widen]];
    case 'f64':
      return [[get, code(OP.i64ReinterpretF64)]];
    default:
      return [0, 1].map((lane) => [get, laneOf(lane)]);
  }
}

/** index = rotl(index, 7) ^ value, for code that pushes the value. */
export const fold = (index: number, value: readonly Code[]): Code[] => [
  global.get(index),
  constant('i64', 7n),
  code(named('i64.rotl')),
  ...value,
  code(named('i64.xor')),
  global.set(index),
];

/** Folds the results of a share (in percent) of the instructions into a new global. */
export function withObservations(guest: Guest, random: Random, percent: number): Guest {
  if (percent === 0) return guest;
  const index = guest.globals.length;
  const zero = { type: 'i64', mutable: true, init: new Uint8Array(16) } as const;
  return {
    ...guest,
    globals: [...guest.globals, zero],
    functions: guest.functions.map((fn) => {
      const locals = [...fn.locals];
      const temporaries = new Map<ValueType, number>();
      const temporary = (type: ValueType): number => {
        const found = temporaries.get(type);
        if (found !== undefined) return found;
        const made = fn.type.params.length + locals.push(type) - 1;
        temporaries.set(type, made);
        return made;
      };
      const body = fn.body.flatMap((at, i) => {
        const result = rowOf(at.opcode)?.result;
        const next = fn.body[i + 1];
        if (!result || (next && FUSING.has(next.opcode)) || !random.chance(percent)) return [at];
        const t = temporary(result);
        return [at, local.tee(t), ...asIntegers(result, t).flatMap((value) => fold(index, value))];
      });
      return { ...fn, locals, body };
    }),
  };
}
