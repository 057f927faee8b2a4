/**
 * Modules that execute many different instructions: straight code through a deck of all rows of the opcode table, with
 * operands of every kind, among short pieces of control flow. Few steps are wasted, and few of them trap.
 */
import { OPCODES, type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';
import type { FunctionType } from '../../vm/types.ts';
import { OP } from '../../vm/wasm/instructions.ts';
import {
  type Code,
  code,
  constant,
  decodedOpcode,
  END,
  type Guest,
  type GuestFunction,
  type GuestGlobal,
  global,
  local,
} from './guest.ts';
import type { Random } from './random.ts';

const TYPES: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', 'v128'];
const FORMS: readonly Opcode['form'][] = [
  'load',
  'store',
  'loadLane',
  'storeLane',
  'unary',
  'binary',
  'ternary',
  'extractLane',
  'replaceLane',
  'shuffle',
];
/** Rows that are WebAssembly instructions; the rest are the machine's variants of them. */
const ROWS = OPCODES.filter((row) => FORMS.includes(row.form));
const isComparison = (row: Opcode): boolean =>
  row.form === 'binary' &&
  row.code < SIMD &&
  row.result === 'i32' &&
  /\.(eq|ne|lt|gt|le|ge)/.test(row.name);
const COMPARISONS = ROWS.filter(isComparison);
const EMPTY: FunctionType = { params: [], results: [] };
const BR_IF = OP.brIf;
const IF = OP.if;
const ADD = decodedOpcode(OPCODES.find(({ name }) => name === 'i32.add') as Opcode);
const OR: Readonly<Record<string, number>> = Object.fromEntries(
  ['i32', 'i64'].map((type) => [
    type,
    decodedOpcode(OPCODES.find(({ name }) => name === `${type}.or`) as Opcode),
  ]),
);
const CODE_OF_AND: Readonly<Record<string, number>> = Object.fromEntries(
  ['i32', 'i64'].map((type) => [
    type,
    decodedOpcode(OPCODES.find(({ name }) => name === `${type}.and`) as Opcode),
  ]),
);
const AND = decodedOpcode(OPCODES.find(({ name }) => name === 'i32.and') as Opcode);
/** Of two pages; with an offset below 256 and 16 bytes an access stays inside. */
const ADDRESS_MASK = 0x1_ffffn - 0x1ffn;
const FUNCTIONS = 3;
/** Data segments for memory.init. */
const PASSIVE = 2;
const STEPS = 45;
const LOCALS = TYPES.flatMap((type): ValueType[] => [type, type, type]);
/** The counter of loops is the local after these, which nothing else writes. */
const COUNTER: ValueType = 'i32';

/** Deals all items in random order, then all again. */
export class Deck<T> {
  readonly #items: readonly T[];
  #left: T[] = [];

  constructor(items: readonly T[]) {
    this.#items = items;
  }

  deal(random: Random): T {
    if (this.#left.length === 0) this.#left = [...this.#items];
    const at = random.below(this.#left.length);
    const [item] = this.#left.splice(at, 1);
    return item as T;
  }
}

export interface Decks {
  readonly rows: Deck<Opcode>;
  readonly comparisons: Deck<Opcode>;
}

export const createDecks = (): Decks => ({
  rows: new Deck(ROWS),
  comparisons: new Deck(COMPARISONS),
});

class Body {
  readonly #random: Random;
  readonly #decks: Decks;
  readonly #earlier: readonly FunctionType[];
  readonly #globals: readonly GuestGlobal[];
  readonly #type: FunctionType;
  readonly #out: Code[] = [];
  readonly #bulk: boolean;

  constructor(
    random: Random,
    decks: Decks,
    type: FunctionType,
    earlier: readonly FunctionType[],
    globals: readonly GuestGlobal[],
    bulk: boolean,
  ) {
    this.#random = random;
    this.#decks = decks;
    this.#type = type;
    this.#earlier = earlier;
    this.#globals = globals;
    this.#bulk = bulk;
  }

  build(): GuestFunction {
    for (let i = 0; i < STEPS; i++) this.#step();
    for (const type of this.#type.results) this.#out.push(local.get(this.#local(type)));
    return { type: this.#type, locals: [...LOCALS, COUNTER], body: [...this.#out, END] };
  }

  #emit(...codes: readonly Code[]): void {
    this.#out.push(...codes);
  }

  /** A local of a type, parameters included. */
  #local(type: ValueType): number {
    const all = [...this.#type.params, ...LOCALS];
    return this.#random.pick(all.flatMap((t, i) => (t === type ? [i] : [])));
  }

  #constant(type: ValueType): void {
    this.#emit(constant(type, this.#random.bits(type)));
  }

  #value(type: ValueType): void {
    if (this.#random.chance(35)) this.#constant(type);
    else this.#emit(local.get(this.#local(type)));
  }

  #keep(type: ValueType): void {
    if (this.#random.chance(20)) this.#emit(local.tee(this.#local(type)), code(OP.drop));
    else this.#emit(local.set(this.#local(type)));
  }

  /** An i32 from 0 to `most` (a power of two less one). */
  #small(most: number): void {
    this.#emit(local.get(this.#local('i32')), constant('i32', BigInt(most)), code(AND));
  }

  #address(): void {
    if (this.#random.chance(1)) this.#value('i32');
    else if (this.#random.chance(20))
      this.#emit(constant('i32', BigInt(this.#random.below(0x1_0000))));
    else this.#emit(local.get(this.#local('i32')), constant('i32', ADDRESS_MASK), code(AND));
  }

  /** Mostly operands with which the row doesn't trap. */
  #operands(row: Opcode): void {
    const guarded = !this.#random.chance(3);
    row.operands.forEach((type, i) => {
      const isDivisor = i === 1 && /div_|rem_/.test(row.name) && row.code < SIMD;
      if (isDivisor && guarded && this.#random.chance(40)) {
        this.#emit(constant(type, this.#random.bits(type) | 2n));
      } else if (isDivisor && guarded) {
        const or = OR[type] as number;
        this.#emit(
          local.get(this.#local(type)),
          constant(type, 2n),
          code(or),
          constant(type, 0x7fffn),
        );
        this.#emit(code(CODE_OF_AND[type] as number));
      } else if (/trunc_f/.test(row.name) && row.code < SIMD && guarded) {
        this.#emit(
          constant(
            type,
            this.#random.pick(
              type === 'f32'
                ? [0x3fc00000n, 0x42f6e979n, 0n]
                : [0x3ff8000000000000n, 0x405edd2f1a9fbe77n, 0n],
            ),
          ),
        );
      } else if (i === 0 && row.operands.length === 2 && this.#random.chance(70)) {
        this.#emit(local.get(this.#local(type)));
      } else this.#value(type);
    });
  }

  #row(row: Opcode): void {
    const random = this.#random;
    const lane = row.lanes === undefined ? {} : { lane: random.below(row.lanes) };
    if (row.width) {
      this.#address();
      for (const type of row.operands) this.#value(type);
      this.#emit(code(decodedOpcode(row), { memoryOffset: random.below(256), align: 0, ...lane }));
    } else {
      this.#operands(row);
      const bytes =
        row.form === 'shuffle'
          ? { bytes: Uint8Array.from({ length: 16 }, () => random.below(32)) }
          : {};
      this.#emit(code(decodedOpcode(row), { ...lane, ...bytes }));
    }
    if (row.result) this.#keep(row.result);
  }

  /** A comparison whose result a branch takes, or its opposite. */
  #branch(): void {
    const row = this.#decks.comparisons.deal(this.#random);
    const [first, second] = row.operands as [ValueType, ValueType];
    const compare = (): void => {
      this.#emit(local.get(this.#local(first)));
      if (this.#random.chance(50)) this.#constant(second);
      else this.#emit(local.get(this.#local(second)));
      this.#emit(code(decodedOpcode(row)));
      if (this.#random.chance(20)) this.#emit(code(0x45));
    };
    const type = this.#random.pick(TYPES);
    if (this.#random.chance(50)) {
      this.#emit(code(OP.block, { type: EMPTY }));
      compare();
      this.#emit(code(BR_IF, { index: 0 }));
      this.#row(this.#decks.rows.deal(this.#random));
      this.#emit(END);
    } else {
      compare();
      this.#emit(code(IF, { type: { params: [], results: [type] } }));
      this.#value(type);
      this.#emit(code(OP.else));
      this.#value(type);
      this.#emit(END);
      this.#keep(type);
    }
  }

  #table(): void {
    const types = this.#random.list(1 + this.#random.below(2), () => this.#random.pick(TYPES));
    const type = { params: [], results: types };
    const depth = 3;
    for (let i = 0; i < depth; i++) this.#emit(code(OP.block, { type }));
    for (const t of types) this.#value(t);
    if (this.#random.chance(20)) this.#value('i32');
    else this.#small(7);
    const labels = this.#random.list(2 + this.#random.below(4), () => this.#random.below(depth));
    this.#emit(code(OP.brTable, { labels }));
    for (let i = 0; i < depth; i++) {
      this.#emit(END);
      if (i === depth - 1) break;
      for (const t of [...types].reverse()) this.#keep(t);
      for (const t of types) this.#value(t);
    }
    for (const t of [...types].reverse()) this.#keep(t);
  }

  #loop(): void {
    const type = this.#random.pick(TYPES);
    const counter = this.#type.params.length + LOCALS.length;
    this.#value(type);
    this.#small(3);
    this.#emit(code(OP.loop, { type: { params: [type, 'i32'], results: [type] } }));
    this.#emit(constant('i32', 0xffff_ffffn), code(ADD), local.set(counter));
    this.#keep(type);
    this.#row(this.#decks.rows.deal(this.#random));
    this.#value(type);
    this.#emit(local.get(counter));
    this.#emit(local.get(counter), constant('i32', 0n));
    this.#emit(code(0x4a), code(BR_IF, { index: 0 }), code(OP.drop), END);
    this.#keep(type);
  }

  #call(): void {
    const { length } = this.#earlier;
    if (length === 0) return;
    const index = this.#random.below(length);
    const { params, results } = this.#earlier[index] as FunctionType;
    for (const type of params) this.#value(type);
    if (this.#random.chance(50)) this.#emit(code(OP.call, { index }));
    else {
      // Now and then an entry of another type, an empty one, or none at all.
      const entry = this.#random.chance(5) ? this.#random.below(FUNCTIONS + 4) : index;
      this.#emit(constant('i32', BigInt(entry)), code(OP.callIndirect, { index }));
    }
    for (const type of [...results].reverse()) this.#keep(type);
  }

  #memory(): void {
    const random = this.#random;
    const kind = random.below(this.#bulk ? 6 : 2);
    if (kind === 0) {
      this.#emit(code(OP.memorySize));
      this.#keep('i32');
    } else if (kind === 1) {
      if (random.chance(60)) this.#small(1);
      else this.#value('i32');
      this.#emit(code(OP.memoryGrow));
      this.#keep('i32');
    } else if (kind === 5 && random.chance(20)) {
      this.#emit(code(OP.dataDrop, { index: random.below(PASSIVE) }));
    } else {
      this.#address();
      if (kind === 2) this.#address();
      else if (kind === 3) this.#value('i32');
      else this.#small(31);
      if (random.chance(2)) this.#value('i32');
      else this.#small(kind < 4 ? 255 : 31);
      if (kind === 2) this.#emit(code(OP.memoryCopy));
      else if (kind === 3) this.#emit(code(OP.memoryFill));
      else this.#emit(code(OP.memoryInit, { index: random.below(PASSIVE) }));
    }
  }

  #step(): void {
    const random = this.#random;
    switch (random.below(20)) {
      case 0:
      case 1:
      case 2:
        this.#branch();
        return;
      case 3:
        this.#table();
        return;
      case 4:
        this.#loop();
        return;
      case 5:
        this.#call();
        return;
      case 6:
        this.#memory();
        return;
      case 7: {
        const index = random.below(this.#globals.length);
        const { type, mutable } = this.#globals[index] as GuestGlobal;
        if (mutable && random.chance(50)) {
          this.#value(type);
          this.#emit(global.set(index));
        } else {
          this.#emit(global.get(index));
          this.#keep(type);
        }
        return;
      }
      case 8: {
        const type = random.pick(TYPES);
        this.#value(type);
        this.#value(type);
        this.#value('i32');
        const typed = type === 'v128' || random.chance(50);
        this.#emit(
          code(OP.select, typed ? { type: { params: [type, type, 'i32'], results: [type] } } : {}),
        );
        this.#keep(type);
        return;
      }
      case 9: {
        const [from, to, opcode] = random.pick([
          ['f32', 'i32', OP.i32ReinterpretF32],
          ['f64', 'i64', OP.i64ReinterpretF64],
          ['i32', 'f32', OP.f32ReinterpretI32],
          ['i64', 'f64', OP.f64ReinterpretI64],
        ] as const);
        this.#value(from);
        this.#emit(code(opcode));
        this.#keep(to);
        return;
      }
      default:
        this.#row(this.#decks.rows.deal(random));
    }
  }
}

/** One module; `bulk`: with the instructions of bulk memory. */
export function sweepGuest(random: Random, decks: Decks, bulk: boolean): Guest {
  const globals = TYPES.flatMap((type): GuestGlobal[] =>
    [true, false].map((mutable) => {
      const init = new Uint8Array(16);
      const bits = random.bits(type);
      for (let i = 0; i < 16; i++) init[i] = Number((bits >> BigInt(8 * i)) & 0xffn);
      return { type, mutable, init };
    }),
  );
  const types: FunctionType[] = [];
  const functions: GuestFunction[] = [];
  for (let i = 0; i < FUNCTIONS; i++) {
    const type = {
      params: random.list(random.below(5), () => random.pick(TYPES)),
      results: random.list(random.below(4), () => random.pick(TYPES)),
    };
    functions.push(new Body(random, decks, type, types, globals, bulk).build());
    types.push(type);
  }
  const data = Uint8Array.from({ length: 2048 }, () => (random.chance(30) ? 0 : random.below(256)));
  return {
    types,
    functions,
    table: [...functions.map((_, i) => i), undefined, undefined],
    memory: { initial: 2, maximum: 4 },
    globals,
    exports: functions.map((_, i) => ({ name: `f${i}`, functionIndex: i })),
    data,
    passive: bulk ? random.list(PASSIVE, () => data.slice(0, 60 + random.below(70))) : [],
    observed: [],
  };
}
