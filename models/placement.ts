import { LEAF_BYTES, PAGE_BYTES } from '../vm/constants.ts';
import { byteLength, type Graph, groupOf, type Instruction } from './graph.ts';

/** A tensor's place starts at a multiple of this, so that no vector access straddles a cache line. */
const ALIGN = LEAF_BYTES;
const aligned = (size: number): number => Math.ceil(size / ALIGN) * ALIGN;

/** Where a native run keeps the tensors of a graph. */
export interface Placement {
  /** Offset of each slot's tensor. */
  readonly at: ReadonlyMap<number, number>;
  /** Calls that begin a tensor whose place another one had before: what is there isn't its content. */
  readonly begins: ReadonlySet<Instruction>;
  /** Bytes of all. */
  readonly size: number;
}

interface Life {
  readonly slot: number;
  readonly size: number;
  first: number;
  last: number;
}

/**
 * Places tensors so that temporaries that are never alive at the same time share memory. Only in graphs of one iteration: in
 * longer ones a temporary's content of the iteration before is a part of the state. Inputs, outputs, constants and temporaries with an
 * initial content keep their places.
 */
export function placeTensors(graph: Graph): Placement {
  const lives = livesOf(graph);
  const at = new Map<number, number>();
  let end = 0;
  for (const entry of graph.slots) {
    if (lives.has(entry.slot)) continue;
    at.set(entry.slot, end);
    end += aligned(byteLength(entry));
  }
  const arena = createArena();
  const begins = new Set<Instruction>();
  const dying = Map.groupBy(lives.values(), ({ last }) => last);
  graph.program.forEach((instruction, index) => {
    if (instruction.kind === 'call') {
      const life = lives.get(instruction.output);
      if (life && life.first === index) {
        at.set(life.slot, end + arena.take(life.size));
        begins.add(instruction);
      }
    }
    for (const { size, slot } of dying.get(index) ?? []) arena.give(at.get(slot)! - end, size);
  });
  return { at, begins, size: end + arena.size };
}

/** Temporaries that may share memory, from their first write to their last use. */
function livesOf(graph: Graph): Map<number, Life> {
  const lives = new Map<number, Life>();
  if (graph.maxIterations > 1) return lives;
  const sizes = new Map(
    graph.slots
      .filter(({ data, slot }) => groupOf(slot) === 'temporary' && !data)
      .map((entry) => [entry.slot, aligned(byteLength(entry))]),
  );
  graph.program.forEach((instruction, index) => {
    if (instruction.kind === 'malformed') return;
    const isCall = instruction.kind === 'call';
    const read = isCall ? instruction.inputs : [instruction.slot];
    for (const slot of isCall ? [...read, instruction.attributes] : read) {
      const life = lives.get(slot);
      if (life) life.last = index;
      // Read before it is written: its initial content matters.
      else sizes.delete(slot);
    }
    if (!isCall) return;
    const slot = instruction.output;
    const life = lives.get(slot);
    const size = sizes.get(slot);
    if (life) life.last = index;
    else if (size !== undefined) lives.set(slot, { slot, size, first: index, last: index });
  });
  return lives;
}

/** Free ranges by offset, the first that is large enough is taken. */
function createArena() {
  const free: { at: number; size: number }[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    take(wanted: number): number {
      const index = free.findIndex((range) => range.size >= wanted);
      const range = free[index];
      if (!range) {
        // The last range may reach to the end: it grows.
        const last = free.at(-1);
        const at = last && last.at + last.size === size ? last.at : size;
        if (at !== size) free.pop();
        size = at + wanted;
        return at;
      }
      const { at } = range;
      if (range.size === wanted) free.splice(index, 1);
      else free[index] = { at: at + wanted, size: range.size - wanted };
      return at;
    },
    give(at: number, given: number): void {
      let index = free.findIndex((range) => range.at > at);
      if (index < 0) index = free.length;
      free.splice(index, 0, { at, size: given });
      const merge = (i: number): void => {
        const left = free[i];
        const right = free[i + 1];
        if (!left || !right || left.at + left.size !== right.at) return;
        free.splice(i, 2, { at: left.at, size: left.size + right.size });
      };
      merge(index);
      merge(index - 1);
    },
  };
}

/** Pages of memory for so many bytes. */
export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES);
