/** What a body must be known to contain before it is gone through: the ends of its blocks, and where locals are written. */
import type { Instruction } from '../types.ts';
import { OP } from '../wasm/instructions.ts';

export interface Structure {
  /** For the index of a block, loop or if: the index of its `end`. */
  readonly end: ReadonlyMap<number, number>;
  /** For the index of an if that has one: the index of its `else`. */
  readonly otherwise: ReadonlyMap<number, number>;
  /** Whether a local is written by an instruction with an index in (from, to). */
  writes(local: number, from: number, to: number): boolean;
}

export function structureOf(body: readonly Instruction[]): Structure {
  const end = new Map<number, number>();
  const otherwise = new Map<number, number>();
  const writes = new Map<number, number[]>();
  const open: number[] = [];
  body.forEach(({ opcode, index = 0 }, at) => {
    if (opcode === OP.block || opcode === OP.loop || opcode === OP.if) open.push(at);
    else if (opcode === OP.else) otherwise.set(open.at(-1)!, at);
    else if (opcode === OP.end && open.length > 0) end.set(open.pop()!, at);
    else if (opcode === OP.localSet || opcode === OP.localTee) {
      const places = writes.get(index);
      if (places) places.push(at);
      else writes.set(index, [at]);
    }
  });
  return {
    end,
    otherwise,
    writes(local, from, to) {
      const places = writes.get(local) ?? [];
      let low = 0;
      let high = places.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (places[middle]! > from) high = middle;
        else low = middle + 1;
      }
      return low < places.length && places[low]! < to;
    },
  };
}
