/**
 * Makes a failing module small: tries ever smaller changes and keeps each one after which the module is still valid and still
 * fails in the same way (delta debugging, Zeller and Hildebrandt 2002, on instruction ranges).
 */
import type { ValueType } from '../../vm/opcodes.ts';
import { WasmError } from '../../vm/wasm/errors.ts';
import { OP, rowOf } from '../../vm/wasm/instructions.ts';
import { validateBody } from '../../vm/wasm/validate.ts';
import type { Subject } from './compare.ts';
import {
  type Code,
  code,
  constant,
  END,
  type Guest,
  type GuestFunction,
  withBody,
} from './guest.ts';

const UNREACHABLE: readonly Code[] = [code(OP.unreachable), END];
const DROP = code(OP.drop);
const opens = ({ opcode }: Code): boolean =>
  opcode === OP.block || opcode === OP.loop || opcode === OP.if;

export interface ReduceOptions {
  /** Whether a smaller subject still fails; what it throws counts as no. */
  readonly fails: (subject: Subject) => Promise<boolean>;
  readonly milliseconds: number;
  readonly onProgress?: (subject: Subject, attempts: number) => void;
}

export async function reduce(subject: Subject, options: ReduceOptions): Promise<Subject> {
  const reducer = new Reducer(subject, options);
  await reducer.run();
  return reducer.subject;
}

class Reducer {
  subject: Subject;
  readonly #options: ReduceOptions;
  readonly #end: number;
  #attempts = 0;

  constructor(subject: Subject, options: ReduceOptions) {
    this.subject = subject;
    this.#options = options;
    this.#end = performance.now() + options.milliseconds;
  }

  get #late(): boolean {
    return performance.now() > this.#end;
  }

  async run(): Promise<void> {
    for (const run of this.subject.runs)
      if (await this.#try({ ...this.subject, runs: [run] })) break;
    for (let before = ''; before !== this.#size() && !this.#late; ) {
      before = this.#size();
      await this.#emptyFunctions();
      await this.#dropFunctions();
      await this.#dropData();
      for (let i = this.#guest.functions.length - 1; i >= 0; i--) await this.#reduceFunction(i);
    }
  }

  get #guest(): Guest {
    return this.subject.guest;
  }

  #size(): string {
    const { functions, data, exports } = this.#guest;
    const sizes = functions.map(({ body, locals }) => body.length + locals.length);
    return `${sizes} ${data.length} ${exports.length} ${functions.flatMap((f) => f.body.map((c) => c.bytes?.join('.')))}`.slice(
      0,
      1e6,
    );
  }

  async #try(subject: Subject): Promise<boolean> {
    if (this.#late) return false;
    this.#attempts += 1;
    try {
      if (!(await this.#options.fails(subject))) return false;
    } catch {
      return false;
    }
    this.subject = subject;
    this.#options.onProgress?.(subject, this.#attempts);
    return true;
  }

  #tryGuest(guest: Guest): Promise<boolean> {
    return this.#try({ ...this.subject, guest });
  }

  async #emptyFunctions(): Promise<void> {
    for (let i = 0; i < this.#guest.functions.length; i++) {
      if (this.#body(i).length > 2)
        await this.#tryGuest(withBody(this.#guest, i, { body: UNREACHABLE, locals: [] }));
    }
  }

  #body(index: number): readonly Code[] {
    return (this.#guest.functions[index] as GuestFunction).body;
  }

  /** Removes exports that no run names, then functions that nothing names, with all indices moved. */
  async #dropFunctions(): Promise<void> {
    const used = new Set(this.subject.runs.map(({ test }) => test));
    const exports = this.#guest.exports.filter(({ name }) => used.has(name));
    if (exports.length < this.#guest.exports.length)
      await this.#tryGuest({ ...this.#guest, exports });
    if (this.#guest.table.length > 0) await this.#tryGuest({ ...this.#guest, table: [] });
    for (let i = this.#guest.functions.length - 1; i >= 0; i--) {
      const guest = withoutFunction(this.#guest, i);
      if (guest) await this.#tryGuest(guest);
    }
  }

  async #dropData(): Promise<void> {
    const { data, observed } = this.#guest;
    for (let length = 0; length < data.length; length = Math.max(1, length * 2)) {
      if (await this.#tryGuest({ ...this.#guest, data: data.slice(0, length) })) break;
    }
    if (this.#guest.passive.length > 0) await this.#tryGuest({ ...this.#guest, passive: [] });
    if (observed.length > 1) {
      for (const index of observed)
        if (await this.#tryGuest({ ...this.#guest, observed: [index] })) break;
    }
  }

  /** Whether the machine's validator takes a body; much quicker than the whole module. */
  #isValid(fn: GuestFunction, body: readonly Code[]): boolean {
    let depth = 1;
    for (const [i, at] of body.entries()) {
      if (opens(at)) depth += 1;
      else if (at.opcode === OP.end) depth -= 1;
      if ((depth === 0) !== (i === body.length - 1)) return false;
    }
    const { types, functions, globals, memory, table, passive } = this.#guest;
    const context = {
      types,
      functions: functions.map(({ type }) => type),
      globals,
      hasMemory: memory !== undefined,
      hasTable: table.length > 0,
      dataCount: passive.length > 0 ? passive.length : undefined,
    };
    try {
      validateBody(context, fn.type, fn.locals, body);
      return true;
    } catch (error) {
      if (error instanceof WasmError) return false;
      throw error;
    }
  }

  /** Puts other instructions in the place of some; true if that was kept. */
  async #splice(
    index: number,
    from: number,
    to: number,
    items: readonly Code[] = [],
  ): Promise<boolean> {
    const fn = this.#guest.functions[index] as GuestFunction;
    const body = [...fn.body.slice(0, from), ...items, ...fn.body.slice(to)];
    return (
      this.#isValid(fn, body) && (await this.#tryGuest(withBody(this.#guest, index, { body })))
    );
  }

  async #reduceFunction(index: number): Promise<void> {
    await this.#deleteRanges(index);
    await this.#replaceBlocks(index);
    await this.#replaceInstructions(index);
    const fn = this.#guest.functions[index] as GuestFunction;
    await this.#tryGuest(withBody(this.#guest, index, withoutUnusedLocals(fn)));
  }

  async #deleteRanges(index: number): Promise<void> {
    const sizes: number[] = [];
    for (let size = this.#body(index).length - 1; size > 24; size = Math.floor(size / 1.5))
      sizes.push(size);
    for (let size = 24; size > 0; size--) sizes.push(size);
    for (const size of sizes) {
      for (let from = this.#body(index).length - 1 - size; from >= 0; from--) {
        if (this.#late) return;
        await this.#splice(index, from, from + size);
      }
    }
  }

  async #replaceBlocks(index: number): Promise<void> {
    for (let from = 0; from < this.#body(index).length; from++) {
      const body = this.#body(index);
      const at = body[from] as Code;
      if (!opens(at) || !at.type) continue;
      const end = matchingEnd(body, from);
      const drops = at.type.params.length + (at.opcode === OP.if ? 1 : 0);
      const values = at.type.results.map((type) => constant(type, 0n));
      if (
        await this.#splice(index, from, end + 1, [
          ...Array.from({ length: drops }, () => DROP),
          ...values,
        ])
      )
        continue;
      const inside = unwrapped(body.slice(from + 1, end));
      if (inside)
        await this.#splice(index, from, end + 1, at.opcode === OP.if ? [DROP, ...inside] : inside);
    }
  }

  async #replaceInstructions(index: number): Promise<void> {
    for (let i = 0; i < this.#body(index).length; i++) {
      const at = this.#body(index)[i] as Code;
      if (at.bytes && rowOf(at.opcode) === undefined && at.bytes.some((byte) => byte !== 0)) {
        await this.#splice(index, i, i + 1, [{ ...at, bytes: new Uint8Array(at.bytes.length) }]);
        continue;
      }
      const other = this.#constantInstead(index, at);
      if (other) await this.#splice(index, i, i + 1, other);
    }
  }

  /** What has an instruction's effect on the stack and no other. */
  #constantInstead(index: number, at: Code): readonly Code[] | undefined {
    const fn = this.#guest.functions[index] as GuestFunction;
    const drops = (count: number): Code[] => Array.from({ length: count }, () => DROP);
    const row = rowOf(at.opcode);
    if (row) {
      const pops = row.operands.length + (row.width === undefined ? 0 : 1);
      return [...drops(pops), ...(row.result ? [constant(row.result, 0n)] : [])];
    }
    const zero = (type: ValueType | undefined): Code[] => (type ? [constant(type, 0n)] : []);
    switch (at.opcode) {
      case OP.localGet:
        return zero([...fn.type.params, ...fn.locals][at.index as number]);
      case OP.globalGet:
        return zero(this.#guest.globals[at.index as number]?.type);
      case OP.localTee:
        return [];
      case OP.memorySize:
        return zero('i32');
      case OP.memoryGrow:
        return [DROP, ...zero('i32')];
      case OP.memoryCopy:
      case OP.memoryFill:
      case OP.memoryInit:
        return drops(3);
      case OP.dataDrop:
        return [];
      case OP.call: {
        const type = this.#guest.functions[at.index as number]?.type;
        return type && [...drops(type.params.length), ...type.results.map((t) => constant(t, 0n))];
      }
      case OP.callIndirect: {
        const type = this.#guest.types[at.index as number];
        return (
          type && [...drops(type.params.length + 1), ...type.results.map((t) => constant(t, 0n))]
        );
      }
      default:
        return undefined;
    }
  }
}

function matchingEnd(body: readonly Code[], from: number): number {
  let depth = 0;
  for (let i = from; i < body.length; i++) {
    const at = body[i] as Code;
    if (opens(at)) depth += 1;
    else if (at.opcode === OP.end && --depth === 0) return i;
  }
  throw new Error(`reduce: the block at instruction ${from} has no end`);
}

/** The inside of a block without the block: labels past it move; undefined if something branches to it. */
function unwrapped(inside: readonly Code[]): Code[] | undefined {
  let depth = 0;
  let targeted = false;
  const moved = (label: number): number => {
    if (label === depth) targeted = true;
    return label > depth ? label - 1 : label;
  };
  const out: Code[] = [];
  for (const at of inside) {
    if (opens(at)) depth += 1;
    else if (at.opcode === OP.end) depth -= 1;
    else if (at.opcode === OP.else && depth === 0) break;
    if (at.opcode === OP.br || at.opcode === OP.brIf)
      out.push({ ...at, index: moved(at.index as number) });
    else if (at.labels) out.push({ ...at, labels: at.labels.map(moved) });
    else out.push(at);
  }
  return targeted ? undefined : out;
}

function withoutFunction(guest: Guest, index: number): Guest | undefined {
  const calls = guest.functions.some(
    ({ body }, i) => i !== index && body.some((at) => at.opcode === OP.call && at.index === index),
  );
  if (
    calls ||
    guest.start === index ||
    guest.exports.some(({ functionIndex }) => functionIndex === index)
  )
    return undefined;
  const moved = (i: number): number => (i > index ? i - 1 : i);
  return {
    ...guest,
    functions: guest.functions
      .filter((_, i) => i !== index)
      .map((fn) => ({
        ...fn,
        body: fn.body.map((at) =>
          at.opcode === OP.call ? { ...at, index: moved(at.index as number) } : at,
        ),
      })),
    table: guest.table.map((entry) =>
      entry === undefined || entry === index ? undefined : moved(entry),
    ),
    exports: guest.exports.map(({ name, functionIndex }) => ({
      name,
      functionIndex: moved(functionIndex),
    })),
    ...(guest.start === undefined ? {} : { start: moved(guest.start) }),
  };
}

function withoutUnusedLocals(fn: GuestFunction): Partial<GuestFunction> {
  const uses = ({ opcode }: Code): boolean =>
    opcode === OP.localGet || opcode === OP.localSet || opcode === OP.localTee;
  const used = new Set(fn.body.filter(uses).map(({ index }) => index as number));
  const params = fn.type.params.length;
  const kept = fn.locals.map((_, i) => params + i).filter((i) => used.has(i));
  const place = new Map(kept.map((old, i) => [old, params + i]));
  return {
    locals: kept.map((i) => fn.locals[i - params] as ValueType),
    body: fn.body.map((at) =>
      uses(at) ? { ...at, index: place.get(at.index as number) ?? (at.index as number) } : at,
    ),
  };
}
