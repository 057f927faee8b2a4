/** Calls form no cycle and no deep chain: a native stack is smaller than the machine's. */
import type { FunctionType, WasmModule } from '../../types.ts';
import { OP } from '../instructions.ts';
import { KERNEL_LIMITS } from './limits.ts';
import type { Refuse } from './stack-pointer.ts';

/** Equal for equal types. */
const typeText = ({ params, results }: FunctionType): string => `${params}>${results}`;

/** The functions that an indirect call with a type may reach: whatever the table holds of that type. */
export function indirectTargets(module: WasmModule): (type: FunctionType) => readonly number[] {
  const byType = new Map<string, Set<number>>();
  for (const index of module.table) {
    if (index === undefined) continue;
    const key = typeText(module.functions[index]!.type);
    const known = byType.get(key);
    if (known) known.add(index);
    else byType.set(key, new Set([index]));
  }
  const lists = new Map([...byType].map(([key, set]) => [key, [...set]]));
  return (type) => lists.get(typeText(type)) ?? [];
}

interface Visit {
  readonly fn: number;
  readonly calls: readonly { readonly to: number; readonly offset: number }[];
  next: number;
  /** Functions below this one on the longest chain, itself included. */
  depth: number;
}

/** Refuses recursion, and chains of calls above the limit. */
export function checkCalls(module: WasmModule, refuse: Refuse): void {
  const targets = indirectTargets(module);
  const name = (fn: number): string => module.functions[fn]!.name ?? `function ${fn}`;
  const callsOf = (fn: number): Visit['calls'] => {
    const found = new Map<number, number>();
    const types = new Set<number>();
    for (const { opcode, index = 0, offset } of module.functions[fn]!.body) {
      if (opcode === OP.call && !found.has(index)) found.set(index, offset);
      if (opcode !== OP.callIndirect || types.has(index)) continue;
      types.add(index);
      for (const to of targets(module.types[index]!)) if (!found.has(to)) found.set(to, offset);
    }
    return [...found].map(([to, offset]) => ({ to, offset }));
  };
  const done = new Map<number, number>();
  for (let root = 0; root < module.functions.length; root++) {
    if (done.has(root)) continue;
    const path: Visit[] = [{ fn: root, calls: callsOf(root), next: 0, depth: 1 }];
    const open = new Set([root]);
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const call = visit.calls[visit.next++];
      if (!call) {
        done.set(visit.fn, visit.depth);
        open.delete(visit.fn);
        path.pop();
        continue;
      }
      const { to, offset } = call;
      if (open.has(to)) {
        const cycle = path.slice(path.findIndex(({ fn }) => fn === to));
        const names = [...cycle.map(({ fn }) => fn), to].map(name).join(' calls ');
        refuse(offset, `recursion: ${names}; a kernel's calls must form no cycle`);
      }
      const depth = done.get(to);
      if (depth === undefined) {
        visit.next--;
        open.add(to);
        path.push({ fn: to, calls: callsOf(to), next: 0, depth: 1 });
        continue;
      }
      visit.depth = Math.max(visit.depth, depth + 1);
      if (visit.depth > KERNEL_LIMITS.callDepth) {
        refuse(
          offset,
          `${visit.depth} functions active at once from ${name(visit.fn)} on, but at most ${KERNEL_LIMITS.callDepth} are taken: native stacks are small`,
        );
      }
    }
  }
}
