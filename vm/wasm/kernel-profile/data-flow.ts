/**
 * Forward analysis of data flow, function by function in the contexts in which they are called. It finds where bits of a NaN
 * that arithmetic made could become visible, and whether every function leaves the stack pointer as it found it.
 *
 * Passes over a body repeat until the states at its loops no longer change. An id stands for one value only within one
 * iteration: at a loop's start every local gets a new one and forgets what it checked.
 */
import type { ValueType } from '../../opcodes.ts';
import type { FunctionType, Instruction, WasmModule } from '../../types.ts';
import { describe, OP, rowOf } from '../instructions.ts';
import { indirectTargets } from './calls.ts';
import { KERNEL_LIMITS } from './limits.ts';
import type { Refuse } from './stack-pointer.ts';
import { chosen, constantOf, reinterpret, transfer } from './transfer.ts';
import { CLEAN, differs, type Facts, join, joinFacts, rangeOf, type Value } from './values.ts';

/** Ids of one instruction: its results and what a loop renames; from the half on, the values that meet at a block's end. */
const IDS = 4096;
const MEETING = IDS / 2;

/** What holds at a point: locals (the stack pointer behind them) and what a label takes. */
interface Meeting {
  readonly locals: readonly Value[];
  readonly values: readonly Value[];
}

interface Frame {
  readonly kind: 'function' | 'block' | 'loop' | 'if';
  readonly at: number;
  readonly type: FunctionType;
  /** Operands below. */
  readonly height: number;
  /** States of the branches to its end. */
  exit: Meeting | undefined;
  /** State at the else of an if. */
  otherwise: Meeting | undefined;
}

interface Context {
  readonly module: WasmModule;
  readonly stackPointer: number | undefined;
  readonly refuse: Refuse;
  /** Facts of the results of a call. */
  call(fn: number, args: readonly Facts[]): readonly Facts[];
  targets(type: FunctionType): readonly number[];
  /** Counts work done. */
  spend(work: number, offset: number): void;
}

/** Checks all functions; those that no operator calls, as if anything clean came in. */
export function checkDataFlow(
  module: WasmModule,
  stackPointer: number | undefined,
  refuse: Refuse,
): void {
  let work = 0;
  const known = new Map<string, readonly Facts[]>();
  const context: Context = {
    module,
    stackPointer,
    refuse,
    targets: indirectTargets(module),
    spend(amount, offset) {
      work += amount;
      if (work <= KERNEL_LIMITS.work) return;
      refuse(
        offset,
        `the module's data flow takes more than ${KERNEL_LIMITS.work} steps to check: simplify its control flow`,
      );
    },
    // Calls form no cycle (calls.ts), so this ends.
    call(fn, args) {
      const key = `${fn} ${args.map(({ range, taint, width }) => `${taint}${range}${width}`)}`;
      let results = known.get(key);
      if (!results) {
        results = new Body(context, fn, args).results();
        known.set(key, results);
      }
      return results;
    },
  };
  const called = new Set(
    module.functions.flatMap(({ body }) =>
      body.flatMap(({ index, opcode }) => (opcode === OP.call ? [index!] : [])),
    ),
  );
  const entries = new Set(module.exports.map(({ functionIndex }) => functionIndex));
  module.functions.forEach(({ type }, fn) => {
    if (entries.has(fn) || !called.has(fn))
      context.call(
        fn,
        type.params.map(() => CLEAN),
      );
  });
}

class Body {
  readonly #context: Context;
  readonly #body: readonly Instruction[];
  readonly #type: FunctionType;
  readonly #start: readonly Value[];
  /** States at the starts of loops, over all passes so far. */
  readonly #headers = new Map<number, Meeting>();
  #changed = false;
  #locals: Value[] = [];
  #operands: Value[] = [];
  #frames: Frame[] = [];
  #at = 0;

  constructor(context: Context, fn: number, args: readonly Facts[]) {
    const { body, locals, type } = context.module.functions[fn]!;
    this.#context = context;
    this.#body = body;
    this.#type = type;
    const zero = (of: ValueType): Facts => constantOf(new Uint8Array(of === 'v128' ? 16 : 8));
    const facts = [...args, ...locals.map(zero), { ...CLEAN, stack: 0 }];
    this.#start = facts.map((one, i) => ({ ...one, id: -1 - i }));
    this.#checkSize(facts.length - 1);
  }

  /** Facts of the function's results in this context. */
  results(): readonly Facts[] {
    for (;;) {
      this.#changed = false;
      const { values } = this.#pass();
      if (!this.#changed) {
        return values.map(({ range, taint, width }) => ({ ...CLEAN, range, taint, width }));
      }
    }
  }

  get #offset(): number {
    return this.#body[Math.min(this.#at, this.#body.length - 1)]?.offset ?? 0;
  }

  #checkSize(values: number): void {
    if (values <= KERNEL_LIMITS.values) return;
    this.#context.refuse(
      this.#offset,
      `${values} locals and operands at once, but at most ${KERNEL_LIMITS.values} are taken: native stacks are small`,
    );
  }

  #pass(): Meeting {
    this.#locals = [...this.#start];
    this.#operands = [];
    const whole: Frame = {
      kind: 'function',
      at: this.#body.length,
      type: { params: [], results: this.#type.results },
      height: 0,
      exit: undefined,
      otherwise: undefined,
    };
    this.#frames = [whole];
    for (this.#at = 0; this.#at < this.#body.length; this.#at++) {
      const instruction = this.#body[this.#at]!;
      this.#context.spend(1, instruction.offset);
      this.#step(instruction);
    }
    // A function that never returns has no results to speak of.
    return whole.exit ?? { locals: [], values: this.#type.results.map(() => this.#value(CLEAN)) };
  }

  #value(facts: Facts, which = 0): Value {
    return { ...facts, id: this.#at * IDS + which };
  }

  #push(facts: Facts, which = 0): void {
    this.#operands.push(this.#value(facts, which));
    this.#checkSize(this.#locals.length + this.#operands.length);
  }

  #pop(): Value {
    const value = this.#operands.pop();
    if (!value) throw new Error('kernel profile: an operand is missing in a validated body');
    return value;
  }

  #popAll(count: number): Value[] {
    return this.#operands.splice(this.#operands.length - count, count);
  }

  #refuse(instruction: Instruction, what: string): never {
    return this.#context.refuse(
      instruction.offset,
      `${describe(instruction.opcode)} in a kernel: ${what}`,
    );
  }

  #step(instruction: Instruction): void {
    const { opcode } = instruction;
    const refuse = (what: string): never => this.#refuse(instruction, what);
    const row = rowOf(opcode);
    if (row) {
      const operands = this.#popAll(row.operands.length);
      if (row.width !== undefined) this.#pop();
      const facts = transfer(row, instruction, operands, refuse);
      if (facts) this.#push(facts);
      return;
    }
    const index = instruction.index ?? 0;
    switch (opcode) {
      case OP.localGet:
        this.#operands.push(this.#locals[index]!);
        this.#checkSize(this.#locals.length + this.#operands.length);
        return;
      case OP.localSet:
        this.#locals[index] = this.#pop();
        return;
      case OP.localTee:
        this.#locals[index] = this.#operands.at(-1)!;
        return;
      case OP.globalGet:
        if (index === this.#context.stackPointer) this.#operands.push(this.#locals.at(-1)!);
        else this.#push(CLEAN);
        return;
      case OP.globalSet:
        this.#locals[this.#locals.length - 1] = this.#pop();
        return;
      case OP.drop:
        this.#pop();
        return;
      case OP.select: {
        const [x, y, condition] = this.#popAll(3) as [Value, Value, Value];
        const width = condition.check?.width ?? (x.width === y.width ? x.width : 32);
        this.#push(chosen(x, y, condition, width));
        return;
      }
      case OP.i32ReinterpretF32:
      case OP.i64ReinterpretF64:
      case OP.f32ReinterpretI32:
      case OP.f64ReinterpretI64:
        this.#push(reinterpret(opcode, this.#pop(), refuse));
        return;
      case OP.call:
        this.#call(this.#context.module.functions[index]!.type, [index]);
        return;
      case OP.callIndirect: {
        const type = this.#context.module.types[index]!;
        this.#pop();
        this.#call(type, this.#context.targets(type));
        return;
      }
      case OP.memoryCopy:
      case OP.memoryFill:
        this.#popAll(3);
        return;
      case OP.nop:
        return;
      default:
        if (instruction.bytes) this.#push(constantOf(instruction.bytes));
        else this.#control(instruction);
    }
  }

  #call(type: FunctionType, targets: readonly number[]): void {
    // What a callee may know of its arguments is what tells its contexts apart.
    const args = this.#popAll(type.params.length).map((value, i): Facts => {
      const width = type.params[i] === 'f64' ? 64 : value.constant ? 32 : value.width;
      return { ...CLEAN, taint: value.taint, range: rangeOf(value, width), width };
    });
    let results: readonly Facts[] | undefined;
    for (const target of targets) {
      const own = this.#context.call(target, args);
      results = results ? results.map((facts, i) => joinFacts(facts, own[i]!)) : own;
    }
    // An indirect call that reaches nothing traps.
    type.results.forEach((_, i) => {
      this.#push(results?.[i] ?? CLEAN, i);
    });
  }

  // Control.

  #control(instruction: Instruction): void {
    const { index = 0, opcode } = instruction;
    switch (opcode) {
      case OP.block:
      case OP.loop:
      case OP.if:
        this.#open(opcode, instruction.type!);
        return;
      case OP.else: {
        const frame = this.#frames.at(-1)!;
        this.#leave(0);
        this.#else(frame);
        return;
      }
      case OP.end:
        this.#end();
        return;
      case OP.br:
        this.#leave(index);
        this.#skip();
        return;
      case OP.brIf:
        this.#pop();
        this.#leave(index);
        return;
      case OP.brTable:
        this.#pop();
        for (const depth of new Set(instruction.labels)) this.#leave(depth);
        this.#skip();
        return;
      case OP.return:
        this.#leave(this.#frames.length - 1);
        this.#skip();
        return;
      case OP.unreachable:
        this.#skip();
        return;
      default:
        this.#refuse(instruction, 'the profile does not know this instruction');
    }
  }

  #open(opcode: number, type: FunctionType): void {
    if (opcode === OP.if) this.#pop();
    const values = this.#popAll(type.params.length);
    const frame: Frame = {
      kind: opcode === OP.loop ? 'loop' : opcode === OP.if ? 'if' : 'block',
      at: this.#at,
      type,
      height: this.#operands.length,
      exit: undefined,
      otherwise: undefined,
    };
    this.#frames.push(frame);
    if (frame.kind === 'if') frame.otherwise = this.#meet(undefined, values, this.#at);
    if (frame.kind !== 'loop') {
      this.#operands.push(...values);
      return;
    }
    const header = this.#meet(this.#headers.get(this.#at), values, this.#at);
    this.#headers.set(this.#at, header);
    const renamed = (value: Value, i: number): Value => ({
      ...value,
      check: undefined,
      id: this.#at * IDS + i,
    });
    this.#locals = header.locals.map(renamed);
    this.#operands.push(
      ...header.values.map((value, i) => renamed(value, this.#locals.length + i)),
    );
  }

  /** The state at hand, joined with what is known of the place that it goes to: the block that opens at `at`. */
  #meet(known: Meeting | undefined, values: readonly Value[], at: number): Meeting {
    this.#context.spend(this.#locals.length + values.length, this.#offset);
    if (!known) return { locals: [...this.#locals], values };
    const first = at * IDS + MEETING;
    const count = this.#locals.length;
    return {
      locals: known.locals.map((value, i) => join(value, this.#locals[i]!, first + i)),
      values: known.values.map((value, i) => join(value, values[i]!, first + count + i)),
    };
  }

  /** A branch to a label, by its depth; the operands stay. */
  #leave(depth: number): void {
    const frame = this.#frames[this.#frames.length - 1 - depth]!;
    const { params, results } = frame.type;
    const arity = (frame.kind === 'loop' ? params : results).length;
    const values = arity === 0 ? [] : this.#operands.slice(-arity);
    if (frame.kind === 'loop') {
      const before = this.#headers.get(frame.at)!;
      const after = this.#meet(before, values, frame.at);
      this.#headers.set(frame.at, after);
      const pairs = (one: Meeting): readonly Value[] => [...one.locals, ...one.values];
      const old = pairs(before);
      if (pairs(after).some((value, i) => differs(value, old[i]!))) this.#changed = true;
      return;
    }
    if (frame.kind === 'function' && this.#locals.at(-1)!.stack !== 0) {
      this.#context.refuse(
        this.#offset,
        'a function returns with another stack pointer than it was called with: a native instance keeps it for the next call',
      );
    }
    frame.exit = this.#meet(frame.exit, values, frame.at);
  }

  #else(frame: Frame): void {
    const { locals, values } = frame.otherwise!;
    this.#locals = [...locals];
    this.#operands.length = frame.height;
    this.#operands.push(...values);
    frame.otherwise = undefined;
  }

  #end(): void {
    const frame = this.#frames.at(-1)!;
    if (frame.kind === 'function') {
      this.#leave(0);
      return;
    }
    if (frame.kind === 'loop') {
      // What falls out of a loop goes on as it is.
      this.#frames.pop();
      return;
    }
    this.#leave(0);
    this.#finish(frame);
  }

  /** Goes on behind a block or an if with what has reached its end. */
  #finish(frame: Frame): void {
    if (frame.otherwise) {
      this.#else(frame);
      this.#leave(0);
    }
    this.#frames.pop();
    this.#operands.length = frame.height;
    if (!frame.exit) {
      this.#skip();
      return;
    }
    this.#locals = [...frame.exit.locals];
    this.#operands.push(...frame.exit.values);
  }

  /** The instructions up to the next `else` or `end` of the innermost block are never executed. */
  #skip(): void {
    const frame = this.#frames.at(-1)!;
    for (let depth = 0; ; ) {
      const next = this.#body[++this.#at];
      if (!next) return;
      if (next.opcode === OP.block || next.opcode === OP.loop || next.opcode === OP.if) depth++;
      else if (depth === 0 && next.opcode === OP.else) {
        this.#else(frame);
        return;
      } else if (next.opcode === OP.end && depth-- === 0) break;
    }
    if (frame.kind === 'function') return;
    if (frame.kind === 'loop') {
      this.#frames.pop();
      this.#operands.length = frame.height;
      this.#skip();
      return;
    }
    this.#finish(frame);
  }
}
