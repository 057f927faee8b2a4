/**
 * Lowering of one function body in one pass, with a stack of operands that need not be in a slot yet.
 *
 * What keeps the pass simple: operands below the start of the innermost open block don't change while it is open.
 * Before a block is entered, references to locals that are written anywhere in it are copied to their homes; constants
 * never change. So all paths that meet at the end of a block agree about everything below it.
 */
import { BRANCH, BRANCH_IMM, IMM, type Opcode, opcode, SIMD } from '../opcodes.ts';
import type { FunctionType, Instruction, WasmFunction } from '../types.ts';
import { OP, rowOf } from '../wasm/instructions.ts';
import { type Assembler, type Condition, type Label, label } from './assembler.ts';
import { COMPARISONS, WITH_OPERANDS_EXCHANGED } from './comparisons.ts';
import type { ModuleContext } from './context.ts';
import { constantOf, Frame, HOME, type Move, type Operand, returnSlot, sequence } from './frame.ts';
import { type Structure, structureOf } from './structure.ts';

interface Block {
  readonly kind: 'function' | 'block' | 'loop' | 'if';
  readonly type: FunctionType;
  /** Operands below the block's own. */
  readonly height: number;
  /** Where a branch goes: the start of a loop, the end of others, of a function a bare `return`. */
  readonly label: Label;
  /** Index of the `end`. */
  readonly end: number;
  /** if with an else: index of the `else`, its place in the code, and the parameters as they were. */
  otherwise?: { readonly at: number; readonly label: Label; readonly params: readonly Operand[] };
}

/** Moves that only a taken branch makes: they stand after the function's body. */
interface Stub {
  readonly label: Label;
  readonly moves: readonly Move[];
  readonly block: Block;
}

const TRAP = opcode('trap');
const BR_IF = opcode('br_if');
const BR_TABLE = opcode('br_table');
const CALL = opcode('call');
const CALL_INDIRECT = opcode('call_indirect');
const RETURN = opcode('return');
const COPY = opcode('copy');
const SELECT = opcode('select');
const CONST = opcode('const');
const CONST128 = opcode('v128.const');
const GLOBAL_GET = opcode('global.get');
const GLOBAL_SET = opcode('global.set');
const MEMORY_SIZE = opcode('memory.size');
const MEMORY_GROW = opcode('memory.grow');
/** Of the routines of bulk memory. */
const RANGE: FunctionType = { params: ['i32', 'i32', 'i32'], results: [] };
/** The same number in WebAssembly. */
const EQZ = opcode('i32.eqz');

/** So many operands at once may be references to locals; each block entered looks through all of them. */
const MAX_REFERENCES = 64;

/** Emits the words of a function; its start must be bound by the caller. */
export function lowerFunction(
  assembler: Assembler,
  context: ModuleContext,
  fn: WasmFunction,
  name: string,
): void {
  new FunctionLowering(assembler, context, fn, name).run();
}

class FunctionLowering {
  readonly #asm: Assembler;
  readonly #context: ModuleContext;
  readonly #fn: WasmFunction;
  readonly #frame: Frame;
  readonly #structure: Structure;
  readonly #operands: Operand[] = [];
  /** Positions of the operands that are references, ascending; and the locals they name. */
  #references: { readonly position: number; readonly local: number }[] = [];
  readonly #localOf = new Map<number, number>();
  readonly #blocks: Block[] = [];
  readonly #stubs: Stub[] = [];
  /** Index of the instruction at hand. */
  #at = 0;
  #reachable = true;

  constructor(assembler: Assembler, context: ModuleContext, fn: WasmFunction, name: string) {
    this.#asm = assembler;
    this.#context = context;
    this.#fn = fn;
    this.#frame = new Frame(fn, name);
    this.#structure = structureOf(fn.body);
    const count = fn.type.params.length + fn.locals.length;
    for (let i = 0; i < count; i++) this.#localOf.set(this.#frame.local(i), i);
  }

  run(): void {
    const { body, type } = this.#fn;
    this.#clearLocals();
    const end = body.length - 1;
    this.#blocks.push({ kind: 'function', type, height: 0, label: label(), end });
    for (; this.#at < body.length; this.#at++) this.#lower(body[this.#at]!);
    for (const stub of this.#stubs) {
      this.#asm.reserve(-stub.moves.length - 1);
      this.#asm.bind(stub.label);
      this.#move(stub.moves);
      this.#leaveTo(stub.block);
    }
  }

  /** A frame's slots hold what earlier calls left there. */
  #clearLocals(): void {
    const first = this.#fn.type.params.length;
    let zero: number | undefined;
    this.#fn.locals.forEach((type, i) => {
      const a = this.#frame.local(first + i);
      if (type !== 'v128') this.#asm.emit(CONST, { a });
      else if (zero !== undefined) this.#asm.emit(COPY, { a, b: zero });
      else {
        this.#asm.emitTwo(CONST128, { a }, new Uint8Array(16));
        zero = a;
      }
    });
  }

  #lower(instruction: Instruction): void {
    const row = rowOf(instruction.opcode);
    if (row) this.#lowerRow(row, instruction);
    else this.#lowerOther(instruction);
  }

  // Operands.

  #push(operand: Operand): void {
    if (operand.kind === 'local') {
      if (this.#references.length === MAX_REFERENCES) {
        this.#asm.emit(COPY, { a: this.#home(), b: operand.slot });
        this.#operands.push(HOME);
        return;
      }
      const local = this.#localOf.get(operand.slot)!;
      this.#references.push({ position: this.#operands.length, local });
    }
    this.#operands.push(operand);
  }

  #pushHomes(count: number): void {
    for (let i = 0; i < count; i++) this.#operands.push(HOME);
  }

  #pop(): Operand {
    const operand = this.#operands.pop()!;
    if (operand.kind === 'local') this.#references.pop();
    return operand;
  }

  #truncate(height: number): void {
    while (this.#operands.length > height) this.#pop();
  }

  /** The home of the operand that would be pushed next. */
  #home(): number {
    return this.#frame.home(this.#operands.length);
  }

  /** The slot of an operand whose position is `position`; a constant is put into its home. */
  #slot(operand: Operand, position: number): number {
    if (operand.kind === 'local') return operand.slot;
    const home = this.#frame.home(position);
    if (operand.kind === 'constant') this.#constant(home, operand);
    return home;
  }

  #popSlot(): number {
    const operand = this.#pop();
    return this.#slot(operand, this.#operands.length);
  }

  #constant(a: number, { lo, hi }: { readonly lo: number; readonly hi: number }): void {
    this.#asm.emit(CONST, { a, lo, hi });
  }

  /** Puts the operand at a position into its home. */
  #settle(position: number): void {
    const operand = this.#operands[position]!;
    if (operand.kind === 'home') return;
    const home = this.#frame.home(position);
    if (operand.kind === 'constant') this.#constant(home, operand);
    else {
      this.#asm.emit(COPY, { a: home, b: operand.slot });
      this.#references = this.#references.filter((r) => r.position !== position);
    }
    this.#operands[position] = HOME;
  }

  #settleTop(count: number): void {
    const top = this.#operands.length;
    for (let position = top - count; position < top; position++) this.#settle(position);
  }

  /** Before a local is written: operands that still refer to it take the old value home. */
  #settleReferences(local: number): void {
    for (const r of [...this.#references]) if (r.local === local) this.#settle(r.position);
  }

  /**
   * Pushes the result of a word, or writes it to the local that the next instruction would write it to.
   * The word's own operands must have been popped.
   */
  #result(emit: (a: number) => void): void {
    const next = this.#fn.body[this.#at + 1];
    if (next?.opcode !== OP.localSet && next?.opcode !== OP.localTee) {
      emit(this.#home());
      this.#operands.push(HOME);
      return;
    }
    this.#at += 1;
    const slot = this.#frame.local(next.index!);
    this.#settleReferences(next.index!);
    emit(slot);
    if (next.opcode === OP.localTee) this.#push({ kind: 'local', slot });
  }

  // Numerics and memory.

  #lowerRow(row: Opcode, instruction: Instruction): void {
    const { lane = 0, memoryOffset = 0 } = instruction;
    switch (row.form) {
      case 'load': {
        const b = this.#popSlot();
        this.#result((a) => this.#asm.emit(row.code, { a, b, lo: memoryOffset }));
        return;
      }
      case 'loadLane': {
        const vector = this.#popSlot();
        const address = this.#popSlot();
        const spare = this.#frame.home(this.#operands.length + 2);
        this.#result((a) => {
          // The lane is replaced where it is, so the vector goes there first; the address may be there still.
          const b = a === address ? spare : address;
          if (b === spare) this.#asm.emit(COPY, { a: b, b: address });
          if (vector !== a) this.#asm.emit(COPY, { a, b: vector });
          this.#asm.emit(row.code, { a, b, lo: memoryOffset, hi: lane });
        });
        return;
      }
      case 'store':
      case 'storeLane': {
        const c = this.#popSlot();
        const b = this.#popSlot();
        this.#asm.emit(row.code, { b, c, lo: memoryOffset, hi: lane });
        return;
      }
      case 'unary':
        if (row.code === EQZ && this.#fuse(() => ({ op: BR_IF, b: this.#popSlot() }), true)) return;
        this.#unary(row.code);
        return;
      case 'extractLane':
        this.#unary(row.code, lane);
        return;
      case 'binary':
        this.#binary(row);
        return;
      case 'replaceLane': {
        const c = this.#popSlot();
        const b = this.#popSlot();
        this.#result((a) => this.#asm.emit(row.code, { a, b, c, lo: lane }));
        return;
      }
      case 'ternary': {
        const lo = this.#popSlot();
        const c = this.#popSlot();
        const b = this.#popSlot();
        this.#result((a) => this.#asm.emit(row.code, { a, b, c, lo }));
        return;
      }
      case 'shuffle': {
        const c = this.#popSlot();
        const b = this.#popSlot();
        this.#result((a) => this.#asm.emitTwo(row.code, { a, b, c }, instruction.bytes!));
        return;
      }
      default:
        throw new Error(`lowering: ${row.name} (${row.form}) is no instruction of WebAssembly`);
    }
  }

  #unary(op: number, lo = 0): void {
    const b = this.#popSlot();
    this.#result((a) => this.#asm.emit(op, { a, b, lo }));
  }

  #binary(row: Opcode): void {
    let { code } = row;
    let right = this.#pop();
    let left = this.#pop();
    const position = this.#operands.length;
    let [rightAt, leftAt] = [position + 1, position];
    const exchanged = WITH_OPERANDS_EXCHANGED.get(code);
    if (left.kind === 'constant' && right.kind !== 'constant' && exchanged !== undefined) {
      [left, right, leftAt, rightAt] = [right, left, rightAt, leftAt];
      code = exchanged;
    }
    if (code >= SIMD || right.kind !== 'constant') {
      const b = this.#slot(left, leftAt);
      const c = this.#slot(right, rightAt);
      if (COMPARISONS.has(code) && this.#fuse(() => ({ op: code + BRANCH, b, c }))) return;
      this.#result((a) => this.#asm.emit(code, { a, b, c }));
      return;
    }
    const { lo, hi } = right;
    const b = this.#slot(left, leftAt);
    if (COMPARISONS.has(code) && row.operands[0] === 'i32') {
      if (this.#fuse(() => ({ op: code + BRANCH_IMM, b, hi: lo }))) return;
    }
    this.#result((a) => this.#asm.emit(code + IMM, { a, b, lo, hi }));
  }

  /**
   * If a conditional branch follows (perhaps with i32.eqz before it), goes on to it with this condition.
   *
   * @param negated whether the instruction at hand is true when the condition is false
   */
  #fuse(condition: () => Condition, negated = false): boolean {
    const { body } = this.#fn;
    let at = this.#at + 1;
    let wanted = !negated;
    for (; body[at]?.opcode === EQZ; at++) wanted = !wanted;
    const user = body[at]!;
    if (user.opcode !== OP.brIf && user.opcode !== OP.if) return false;
    const found = condition();
    this.#at = at;
    this.#branchOn(user, found, wanted);
    return true;
  }

  // Everything that isn't in the opcode table.

  #lowerOther(instruction: Instruction): void {
    const { opcode: op, index = 0 } = instruction;
    switch (op) {
      case OP.nop:
      // The bits stay as they are, wherever they are.
      case OP.i32ReinterpretF32:
      case OP.i64ReinterpretF64:
      case OP.f32ReinterpretI32:
      case OP.f64ReinterpretI64:
        return;
      case OP.unreachable:
        this.#asm.emit(TRAP);
        this.#skip();
        return;
      case OP.block:
      case OP.loop:
        this.#open(op === OP.loop ? 'loop' : 'block', instruction.type!);
        return;
      case OP.brIf:
      case OP.if:
        this.#branchOn(instruction, { op: BR_IF, b: this.#popSlot() }, true);
        return;
      case OP.else:
        this.#else();
        return;
      case OP.end:
        this.#end();
        return;
      case OP.br:
        this.#leave(this.#target(index));
        return;
      case OP.brTable:
        this.#brTable(instruction.labels!);
        return;
      case OP.return:
        this.#leave(this.#blocks[0]!);
        return;
      case OP.call: {
        const { type, start } = this.#context.functions[index]!;
        this.#call(type, (a, c) => this.#asm.emit(CALL, { a, c, target: start }));
        return;
      }
      case OP.callIndirect: {
        const type = this.#context.types[index]!;
        const b = this.#popSlot();
        const target = this.#context.dispatch(type);
        const hi = this.#context.tableLength;
        this.#call(type, (a, c) => this.#asm.emit(CALL_INDIRECT, { a, b, c, hi, target }));
        return;
      }
      case OP.drop:
        this.#pop();
        return;
      case OP.select: {
        const lo = this.#popSlot();
        const c = this.#popSlot();
        const b = this.#popSlot();
        this.#result((a) => this.#asm.emit(SELECT, { a, b, c, lo }));
        return;
      }
      case OP.localGet:
        this.#push({ kind: 'local', slot: this.#frame.local(index) });
        return;
      case OP.localSet:
      case OP.localTee:
        this.#write(index, op === OP.localTee);
        return;
      case OP.globalGet:
        this.#result((a) => this.#asm.emit(GLOBAL_GET, { a, lo: index }));
        return;
      case OP.globalSet:
        this.#asm.emit(GLOBAL_SET, { b: this.#popSlot(), lo: index });
        return;
      case OP.memorySize:
        this.#result((a) => this.#asm.emit(MEMORY_SIZE, { a }));
        return;
      case OP.memoryGrow:
        this.#unary(MEMORY_GROW, this.#context.memoryMaximum);
        return;
      case OP.memoryInit:
      case OP.memoryCopy:
      case OP.memoryFill: {
        const target = this.#context.routine(op, index);
        this.#call(RANGE, (a, c) => this.#asm.emit(CALL, { a, c, target }));
        return;
      }
      case OP.dataDrop: {
        const lo = this.#context.dropped(index);
        if (lo === undefined) return;
        const b = this.#home();
        this.#asm.emit(CONST, { a: b, lo: 1 });
        this.#asm.emit(GLOBAL_SET, { b, lo });
        return;
      }
      case OP.v128Const:
        this.#result((a) => this.#asm.emitTwo(CONST128, { a }, instruction.bytes!));
        return;
      default:
        this.#push(constantOf(instruction));
    }
  }

  /** local.set and local.tee of a value that was not made by the instruction before. */
  #write(index: number, keep: boolean): void {
    const slot = this.#frame.local(index);
    const operand = this.#pop();
    if (operand.kind !== 'local' || operand.slot !== slot) {
      this.#settleReferences(index);
      if (operand.kind === 'constant') this.#constant(slot, operand);
      else this.#asm.emit(COPY, { a: slot, b: this.#slot(operand, this.#operands.length) });
    }
    if (keep) this.#push(operand);
  }

  #call(type: FunctionType, emit: (a: number, c: number) => void): void {
    this.#settleTop(type.params.length);
    this.#truncate(this.#operands.length - type.params.length);
    emit(this.#home(), returnSlot(type));
    this.#pushHomes(type.results.length);
  }

  // Control.

  /** Opens a block at the instruction at hand; whatever its code may change below is settled. */
  #open(kind: 'block' | 'loop' | 'if', type: FunctionType): Block {
    const params = type.params.length;
    const height = this.#operands.length - params;
    const end = this.#structure.end.get(this.#at)!;
    const otherwise = this.#structure.otherwise.get(this.#at);
    for (const { position, local } of [...this.#references]) {
      if (position < height && this.#structure.writes(local, this.#at, end)) this.#settle(position);
    }
    // A loop's parameters come from two sides, and so do those of an if whose false side is empty.
    if (kind === 'loop' || (kind === 'if' && otherwise === undefined)) this.#settleTop(params);
    const block: Block = { kind, type, height, label: label(), end };
    if (otherwise !== undefined) {
      const operands = this.#operands.slice(height);
      block.otherwise = { at: otherwise, label: label(), params: operands };
    }
    if (kind === 'loop') this.#asm.bind(block.label);
    this.#blocks.push(block);
    return block;
  }

  /** br_if or if at `instruction` (the one at hand) on a condition whose operands have been popped. */
  #branchOn(instruction: Instruction, condition: Condition, wanted: boolean): void {
    if (instruction.opcode === OP.brIf) {
      this.#asm.branch(condition, wanted, this.#edge(this.#target(instruction.index!)));
      return;
    }
    const block = this.#open('if', instruction.type!);
    this.#asm.branch(condition, !wanted, block.otherwise?.label ?? block.label);
  }

  #else(): void {
    const block = this.#blocks.at(-1)!;
    const { label: start, params } = block.otherwise!;
    if (this.#reachable) {
      this.#settleTop(block.type.results.length);
      this.#asm.jump(block.label);
    }
    this.#truncate(block.height);
    this.#asm.bind(start);
    delete block.otherwise;
    for (const operand of params) this.#push(operand);
    this.#reachable = true;
  }

  #end(): void {
    const block = this.#blocks.pop()!;
    const results = block.type.results.length;
    if (block.kind === 'function') {
      if (this.#reachable) this.#move(this.#moves(block));
      this.#asm.bind(block.label);
      if (this.#reachable || block.label.used) this.#asm.emit(RETURN, { c: this.#frame.return });
      return;
    }
    const joined = block.kind !== 'loop' && block.label.used;
    if (joined) {
      if (this.#reachable) this.#settleTop(results);
      this.#truncate(block.height);
      this.#pushHomes(results);
      this.#asm.bind(block.label);
      this.#reachable = true;
    } else if (!this.#reachable) {
      this.#truncate(block.height);
      this.#skip();
    }
  }

  /** The instructions up to the next `else` or `end` of the innermost block are never executed. */
  #skip(): void {
    this.#reachable = false;
    const block = this.#blocks.at(-1)!;
    this.#at = (block.otherwise?.at ?? block.end) - 1;
  }

  #target(depth: number): Block {
    return this.#blocks[this.#blocks.length - 1 - depth]!;
  }

  /** What a branch to a block moves, in a safe order; the operands stay on the stack. */
  #moves(block: Block): Move[] {
    const { params, results } = block.type;
    const arity = block.kind === 'loop' ? params.length : results.length;
    const first = this.#operands.length - arity;
    const moves: Move[] = [];
    for (let i = 0; i < arity; i++) {
      const operand = this.#operands[first + i]!;
      const to = block.kind === 'function' ? i : this.#frame.home(block.height + i);
      if (operand.kind === 'constant') moves.push({ to, from: operand });
      else moves.push({ to, from: this.#slot(operand, first + i) });
    }
    return sequence(moves, this.#home());
  }

  #move(moves: readonly Move[]): void {
    for (const { to, from } of moves) {
      if (typeof from === 'number') this.#asm.emit(COPY, { a: to, b: from });
      else this.#constant(to, from);
    }
  }

  /** Goes to a block's label; the values are where it expects them. */
  #leaveTo(block: Block): void {
    if (block.kind === 'function') this.#asm.emit(RETURN, { c: this.#frame.return });
    else if (block.kind === 'loop') this.#asm.jumpBack(block.label);
    else this.#asm.jump(block.label);
  }

  #leave(block: Block): void {
    this.#move(this.#moves(block));
    this.#leaveTo(block);
    this.#skip();
  }

  /** Where a conditional branch to a block goes: to its label, or to a stub that moves values first. */
  #edge(block: Block): Label {
    const moves = this.#moves(block);
    if (moves.length === 0) return block.label;
    // The stub's jump is yet to come, but the block's end must know of it.
    if (block.kind !== 'function') block.label.used = true;
    const stub: Stub = { label: label(), moves, block };
    this.#asm.reserve(moves.length + 1);
    this.#stubs.push(stub);
    return stub.label;
  }

  #brTable(labels: readonly number[]): void {
    const b = this.#popSlot();
    this.#asm.emit(BR_TABLE, { b, lo: labels.length - 1 });
    const edges = new Map<number, Label>();
    for (const depth of labels) {
      const edge = edges.get(depth) ?? this.#edge(this.#target(depth));
      edges.set(depth, edge);
      this.#asm.jump(edge);
    }
    // One jump for each label, even where the last leads to the next word.
    this.#asm.fix();
    this.#skip();
  }
}
