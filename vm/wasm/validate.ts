/** Validation of one function body: the algorithm of the specification's appendix. */
import type { ValueType } from '../opcodes.ts';
import type { FunctionType, Instruction } from '../types.ts';
import { WasmError } from './errors.ts';
import { describe, OP, rowOf, typeAt } from './instructions.ts';
import { checkLimit, LIMITS } from './limits.ts';

/** What a body may refer to. */
export interface ValidationContext {
  readonly types: readonly FunctionType[];
  /** Types of the functions. */
  readonly functions: readonly FunctionType[];
  readonly globals: readonly { readonly type: ValueType; readonly mutable: boolean }[];
  readonly hasMemory: boolean;
  readonly hasTable: boolean;
  /** Data segments as the data count section declares them; undefined: there is no such section. */
  readonly dataCount: number | undefined;
}

/** An operand; undefined in unreachable code: of whichever type is wanted. */
type Operand = ValueType | undefined;

interface Frame {
  readonly opcode: number;
  readonly type: FunctionType;
  /** Operands below the frame's own. */
  readonly height: number;
  unreachable: boolean;
}

const NO_TYPES: readonly ValueType[] = [];
const I32: readonly ValueType[] = ['i32'];
const RANGE: FunctionType = { params: ['i32', 'i32', 'i32'], results: NO_TYPES };

/** Types of what isn't in the opcode table and needs nothing but them. */
const SIMPLE: ReadonlyMap<number, FunctionType> = new Map([
  [OP.memorySize, { params: NO_TYPES, results: I32 }],
  [OP.memoryGrow, { params: I32, results: I32 }],
  [OP.memoryInit, RANGE],
  [OP.memoryCopy, RANGE],
  [OP.memoryFill, RANGE],
  [OP.dataDrop, { params: NO_TYPES, results: NO_TYPES }],
  [OP.i32Const, { params: NO_TYPES, results: I32 }],
  [OP.i64Const, { params: NO_TYPES, results: ['i64'] }],
  [OP.f32Const, { params: NO_TYPES, results: ['f32'] }],
  [OP.f64Const, { params: NO_TYPES, results: ['f64'] }],
  [OP.v128Const, { params: NO_TYPES, results: ['v128'] }],
  [OP.i32ReinterpretF32, { params: ['f32'], results: I32 }],
  [OP.i64ReinterpretF64, { params: ['f64'], results: ['i64'] }],
  [OP.f32ReinterpretI32, { params: I32, results: ['f32'] }],
  [OP.f64ReinterpretI64, { params: ['i64'], results: ['f64'] }],
]);

const ON_MEMORY: ReadonlySet<number> = new Set([
  OP.memorySize,
  OP.memoryGrow,
  OP.memoryInit,
  OP.memoryCopy,
  OP.memoryFill,
]);

class Validator {
  readonly #context: ValidationContext;
  readonly #locals: readonly ValueType[];
  readonly #operands: Operand[] = [];
  readonly #frames: Frame[] = [];
  #frame: Frame;
  /** The instruction under validation, for messages. */
  #at: Instruction;

  constructor(context: ValidationContext, type: FunctionType, locals: readonly ValueType[]) {
    this.#context = context;
    this.#locals = [...type.params, ...locals];
    // The body is a block without parameters: those are locals.
    this.#frame = {
      opcode: OP.block,
      type: { params: NO_TYPES, results: type.results },
      height: 0,
      unreachable: false,
    };
    this.#frames.push(this.#frame);
    this.#at = { opcode: OP.block, offset: 0 };
  }

  run(body: readonly Instruction[]): void {
    for (const instruction of body) {
      this.#at = instruction;
      this.#step(instruction);
    }
  }

  #fail(code: WasmError['code'], message: string): never {
    throw new WasmError(code, this.#at.offset, `${describe(this.#at.opcode)}: ${message}`);
  }

  #push(type: Operand): void {
    this.#operands.push(type);
    if (this.#operands.length > LIMITS.operands) {
      checkLimit('operands', this.#operands.length, this.#at.offset, 'operands on the stack');
    }
  }

  #pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.#push(type);
  }

  #popAny(): Operand {
    if (this.#operands.length === this.#frame.height) {
      if (this.#frame.unreachable) return undefined;
      this.#fail('type', 'an operand is missing, the stack of this block is empty');
    }
    return this.#operands.pop();
  }

  #pop(expected: ValueType): void {
    const found = this.#popAny();
    if (found !== undefined && found !== expected) {
      this.#fail('type', `expected an operand of type ${expected}, found ${found}`);
    }
  }

  #popAll(types: readonly ValueType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.#pop(types[i]!);
  }

  #apply(type: FunctionType): void {
    this.#popAll(type.params);
    this.#pushAll(type.results);
  }

  #open(opcode: number, type: FunctionType): void {
    this.#frame = { opcode, type, height: this.#operands.length, unreachable: false };
    this.#frames.push(this.#frame);
    this.#pushAll(type.params);
  }

  #close(): Frame {
    const frame = this.#frame;
    this.#popAll(frame.type.results);
    const left = this.#operands.length - frame.height;
    if (left !== 0)
      this.#fail('type', `${left} operands too many at the end of a block: drop them`);
    this.#frames.pop();
    // After the body's own `end` nothing follows, so the frame that stays doesn't matter.
    this.#frame = this.#frames.at(-1) ?? frame;
    return frame;
  }

  #unreachable(): void {
    this.#operands.length = this.#frame.height;
    this.#frame.unreachable = true;
  }

  #label(depth: number): readonly ValueType[] {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (!frame) {
      this.#fail('index', `label ${depth} doesn't exist, ${this.#frames.length} blocks are open`);
    }
    return frame.opcode === OP.loop ? frame.type.params : frame.type.results;
  }

  #local(index: number): ValueType {
    const type = this.#locals[index];
    if (!type) {
      this.#fail('index', `local ${index} doesn't exist, the function has ${this.#locals.length}`);
    }
    return type;
  }

  #global(index: number): ValidationContext['globals'][number] {
    const global = this.#context.globals[index];
    if (!global) {
      this.#fail(
        'index',
        `global ${index} doesn't exist, the module has ${this.#context.globals.length}`,
      );
    }
    return global;
  }

  #needMemory(): void {
    if (!this.#context.hasMemory) {
      this.#fail('no-memory', 'the module has no memory: declare one');
    }
  }

  #needSegment(index: number): void {
    const count = this.#context.dataCount;
    if (count === undefined) {
      this.#fail('malformed', 'the module has no data count section, which names segments need');
    }
    if (index >= count) {
      this.#fail('index', `data segment ${index} doesn't exist, the module has ${count}`);
    }
  }

  /** All labels against the same operands: they must have equal arity and fit what is on the stack. */
  #brTable(labels: readonly number[]): void {
    this.#pop('i32');
    const arity = this.#label(labels.at(-1)!).length;
    const top = this.#operands.length;
    // A label that stands many times is checked once; otherwise a few bytes would cost much time.
    for (const depth of new Set(labels)) {
      const types = this.#label(depth);
      if (types.length !== arity) {
        this.#fail(
          'type',
          `label ${depth} takes ${types.length} operands, the default label ${arity}`,
        );
      }
      for (let i = 1; i <= arity; i++) {
        const expected = types[arity - i]!;
        const position = top - i;
        if (position < this.#frame.height) {
          if (this.#frame.unreachable) break;
          this.#fail(
            'type',
            `label ${depth} takes ${arity} operands, the stack of this block has fewer`,
          );
        }
        const found = this.#operands[position];
        if (found !== undefined && found !== expected) {
          this.#fail('type', `label ${depth} takes an operand of type ${expected}, found ${found}`);
        }
      }
    }
    this.#unreachable();
  }

  #select(type: FunctionType | undefined): void {
    if (type) {
      this.#apply(type);
      return;
    }
    this.#pop('i32');
    const second = this.#popAny();
    const first = this.#popAny();
    if (first !== undefined && second !== undefined && first !== second) {
      this.#fail('type', `the two operands are of types ${first} and ${second}`);
    }
    this.#push(first ?? second);
  }

  /** Loads, stores, numerics and SIMD: their types are in the opcode table. */
  #tabled(row: NonNullable<ReturnType<typeof rowOf>>): void {
    this.#popAll(row.operands);
    if (row.width !== undefined) {
      this.#needMemory();
      this.#pop('i32');
    }
    if (row.result) this.#push(row.result);
  }

  #step(instruction: Instruction): void {
    const { opcode } = instruction;
    const row = rowOf(opcode);
    if (row) {
      this.#tabled(row);
      return;
    }
    const index = instruction.index ?? 0;
    switch (opcode) {
      case OP.unreachable:
        this.#unreachable();
        return;
      case OP.nop:
        return;
      case OP.if:
      case OP.block:
      case OP.loop: {
        if (opcode === OP.if) this.#pop('i32');
        const type = instruction.type!;
        this.#popAll(type.params);
        this.#open(opcode, type);
        return;
      }
      case OP.else: {
        if (this.#frame.opcode !== OP.if) this.#fail('control', 'there is no if to belong to');
        this.#open(OP.else, this.#close().type);
        return;
      }
      case OP.end: {
        const { type, opcode: opener } = this.#close();
        if (opener === OP.if && !sameTypes(type.params, type.results)) {
          this.#fail('type', 'an if without else must return its parameters: add an else');
        }
        if (this.#frames.length > 0) this.#pushAll(type.results);
        return;
      }
      case OP.br:
        this.#popAll(this.#label(index));
        this.#unreachable();
        return;
      case OP.brIf: {
        this.#pop('i32');
        const types = this.#label(index);
        this.#popAll(types);
        this.#pushAll(types);
        return;
      }
      case OP.brTable:
        this.#brTable(instruction.labels!);
        return;
      case OP.return:
        this.#popAll(this.#frames[0]!.type.results);
        this.#unreachable();
        return;
      case OP.call: {
        const type = this.#context.functions[index];
        if (!type) {
          this.#fail(
            'index',
            `function ${index} doesn't exist, the module has ${this.#context.functions.length}`,
          );
        }
        this.#apply(type);
        return;
      }
      case OP.callIndirect: {
        if (!this.#context.hasTable) this.#fail('no-table', 'the module has no table: declare one');
        const type = typeAt(this.#context.types, index, instruction.offset);
        this.#pop('i32');
        this.#apply(type);
        return;
      }
      case OP.drop:
        this.#popAny();
        return;
      case OP.select:
        this.#select(instruction.type);
        return;
      case OP.localGet:
        this.#push(this.#local(index));
        return;
      case OP.localSet:
        this.#pop(this.#local(index));
        return;
      case OP.localTee: {
        const type = this.#local(index);
        this.#pop(type);
        this.#push(type);
        return;
      }
      case OP.globalGet:
        this.#push(this.#global(index).type);
        return;
      case OP.globalSet: {
        const global = this.#global(index);
        if (!global.mutable) {
          this.#fail('immutable-global', `global ${index} is immutable: declare it mutable`);
        }
        this.#pop(global.type);
        return;
      }
      default: {
        const type = SIMPLE.get(opcode);
        if (!type) this.#fail('opcode', 'no instruction of this machine');
        if (ON_MEMORY.has(opcode)) this.#needMemory();
        if (opcode === OP.memoryInit || opcode === OP.dataDrop) this.#needSegment(index);
        this.#apply(type);
        return;
      }
    }
  }
}

const sameTypes = (x: readonly ValueType[], y: readonly ValueType[]): boolean =>
  x.length === y.length && x.every((type, i) => type === y[i]);

/**
 * Validates a decoded body. It must be well nested up to its last `end`, as readInstructions leaves it.
 *
 * @throws WasmError at the instruction at fault
 */
export function validateBody(
  context: ValidationContext,
  type: FunctionType,
  locals: readonly ValueType[],
  body: readonly Instruction[],
): void {
  new Validator(context, type, locals).run(body);
}
