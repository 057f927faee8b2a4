/**
 * Two changes of a guest. Fuel ends every run, in all engines at the same point. Canonical NaNs make an engine that is
 * free in the bits of a NaN follow the deterministic profile, so that all bits can be compared with the machine's.
 */
import type { ValueType } from '../../vm/opcodes.ts';
import { BY_NAME, type Opcode } from '../../vm/opcodes.ts';
import { isArithmetic } from '../../vm/semantics.ts';
import { OP, rowOf } from '../../vm/wasm/instructions.ts';
import {
  type Code,
  code,
  constant,
  decodedOpcode,
  END,
  type Guest,
  global,
  local,
} from './guest.ts';

const named = (name: string): number => decodedOpcode(BY_NAME.get(name) as Opcode);

/** A counter that is decremented at every function's entry and every loop's head; at 0 the run traps. */
export function withFuel(guest: Guest, fuel: number): Guest {
  const index = guest.globals.length;
  const init = new Uint8Array(16);
  new DataView(init.buffer).setUint32(0, fuel, true);
  const burn: readonly Code[] = [
    global.get(index),
    code(named('i32.eqz')),
    code(OP.if, { type: { params: [], results: [] } }),
    code(OP.unreachable),
    END,
    global.get(index),
    constant('i32', 1n),
    code(named('i32.sub')),
    global.set(index),
  ];
  return {
    ...guest,
    globals: [...guest.globals, { type: 'i32', mutable: true, init }],
    functions: guest.functions.map((fn) => ({
      ...fn,
      body: [...burn, ...fn.body.flatMap((at) => (at.opcode === OP.loop ? [at, ...burn] : [at]))],
    })),
  };
}

interface Shape {
  readonly type: ValueType;
  readonly nan: bigint;
  readonly equal: number;
  readonly choose: number;
}
const NAN64 = 0x7ff8000000000000n;
const NAN32X4 = 0x7fc000007fc000007fc000007fc00000n;
const SHAPES: Readonly<Record<string, Shape>> = {
  f32: { type: 'f32', nan: 0x7fc00000n, equal: named('f32.eq'), choose: OP.select },
  f64: { type: 'f64', nan: NAN64, equal: named('f64.eq'), choose: OP.select },
  f32x4: { type: 'v128', nan: NAN32X4, equal: named('f32x4.eq'), choose: named('v128.bitselect') },
  f64x2: {
    type: 'v128',
    nan: (NAN64 << 64n) | NAN64,
    equal: named('f64x2.eq'),
    choose: named('v128.bitselect'),
  },
};

/** After each arithmetic instruction: x == x ? x : the positive canonical NaN, lane by lane. */
export function withCanonicalNans(guest: Guest): Guest {
  return {
    ...guest,
    functions: guest.functions.map((fn) => {
      const locals = [...fn.locals];
      const temporaries = new Map<ValueType, number>();
      const temporary = (type: ValueType): number => {
        const known = temporaries.get(type);
        if (known !== undefined) return known;
        const index = fn.type.params.length + locals.push(type) - 1;
        temporaries.set(type, index);
        return index;
      };
      const body = fn.body.flatMap((at) => {
        const row = rowOf(at.opcode);
        const shape = row && isArithmetic(row) ? SHAPES[row.name.split('.')[0] ?? ''] : undefined;
        if (!shape) return [at];
        const t = temporary(shape.type);
        return [
          at,
          local.tee(t),
          constant(shape.type, shape.nan),
          local.get(t),
          local.get(t),
          code(shape.equal),
          code(shape.choose),
        ];
      });
      return { ...fn, locals, body };
    }),
  };
}
