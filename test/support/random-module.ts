/**
 * Random valid modules: structured control with parameters and results, locals written while references to them are on
 * the stack, calls, memory, vectors. Whatever would show the bits of a NaN is left out (an engine's are its own choice), unless
 * the caller asks for it because it makes NaNs canonical.
 */
import { OPCODES, type Opcode, SIMD, type ValueType } from '../../vm/opcodes.ts';
import type { FunctionType } from '../../vm/types.ts';

type Random = () => number;

const CODE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const SCALARS: readonly ValueType[] = ['i32', 'i32', 'i64', 'f32', 'f64'];
const ALL: readonly ValueType[] = [...SCALARS, 'i32', 'v128'];
const FUEL = 40n;
const MAXIMUM_PAGES = 3;

const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(Math.floor(value / 128))];
const sleb = (value: bigint): number[] => {
  const low = Number(value & 127n);
  const rest = value >> 7n;
  const done = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
  return done ? [low] : [low | 128, ...sleb(rest)];
};
const sized = (content: readonly number[]): number[] => [...leb(content.length), ...content];
const vector = (items: readonly (readonly number[])[]): number[] => [
  ...leb(items.length),
  ...items.flat(),
];
const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
const section = (id: number, items: readonly (readonly number[])[]): number[] => [
  id,
  ...sized(vector(items)),
];

const encoding = (row: Opcode): number[] => {
  if (row.code >= SIMD) return [0xfd, ...leb(row.code - SIMD)];
  return row.code >= 0xd0 && row.code <= 0xd7 ? [0xfc, row.code - 0xd0] : [row.code];
};
const isFloat = (type: ValueType | undefined): boolean => type === 'f32' || type === 'f64';

const TRAPPING = /div_|rem_|trunc_f/;
const calm = (rows: Opcode[]): Opcode[] => rows.filter((row) => !TRAPPING.test(row.name));

/** Rows to choose from. */
class Choice {
  readonly binaries: Opcode[];
  readonly calmBinaries: Opcode[];
  readonly unaries: Opcode[];
  readonly calmUnaries: Opcode[];
  readonly comparisons: Opcode[];
  readonly loads: Opcode[];
  readonly stores: Opcode[];
  readonly lanes: Opcode[];
  /** Shuffle and bitselect. */
  readonly others: Opcode[];

  constructor(nanBits: boolean) {
    // Float lanes would show their NaNs in integer lanes.
    const usable = OPCODES.filter(
      (row) => (nanBits || !/copysign|f(32|64)x\d|shuffle/.test(row.name)) && row.code < 0x300,
    );
    const byForm = (form: Opcode['form']): Opcode[] => usable.filter((row) => row.form === form);
    this.binaries = byForm('binary').filter((row) => !row.name.includes('.imm'));
    this.calmBinaries = calm(this.binaries);
    this.unaries = byForm('unary');
    this.calmUnaries = calm(this.unaries);
    this.comparisons = this.binaries.filter(
      (row) => row.code < SIMD && row.result === 'i32' && /\.(eq|ne|lt|gt|le|ge)/.test(row.name),
    );
    this.loads = byForm('load');
    this.stores = byForm('store').filter((row) => nanBits || !isFloat(row.operands[0]));
    this.lanes = usable.filter((row) => row.lanes !== undefined);
    this.others = [...byForm('shuffle'), ...byForm('ternary')];
  }
}
const CHOICES = { hidden: new Choice(false), shown: new Choice(true) } as const;

const CONSTANTS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  31n,
  255n,
  -1n,
  -2n,
  0x7fffffffn,
  -0x80000000n,
];

interface Frame {
  readonly base: number;
  readonly label: readonly ValueType[];
  readonly loop: boolean;
}

/** Runs of equal types: a count and the type. */
function grouped(types: readonly ValueType[]): number[][] {
  const groups: number[][] = [];
  types.forEach((type, i) => {
    const last = groups.at(-1);
    if (last && types[i - 1] === type) last[0] = (last[0] as number) + 1;
    else groups.push([1, CODE[type]]);
  });
  return groups;
}

class Module {
  readonly random: Random;
  readonly types: FunctionType[] = [];
  readonly functions: FunctionType[] = [];
  readonly nanBits: boolean;
  readonly choice: Choice;

  constructor(random: Random, nanBits: boolean) {
    this.random = random;
    this.nanBits = nanBits;
    this.choice = nanBits ? CHOICES.shown : CHOICES.hidden;
  }

  below(n: number): number {
    return this.random() % n;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Short where a type has a short form; the long form is as good, and left out only where bytes are to be comparable. */
  blockType(params: readonly ValueType[], results: readonly ValueType[]): number[] {
    const [result] = results;
    if (params.length === 0 && results.length < 2 && (this.nanBits || this.below(2) === 0)) {
      return [result ? CODE[result] : 0x40];
    }
    return sleb(BigInt(this.typeIndex(params, results)));
  }

  /** Sixteen bytes below a bound. */
  sixteen(bound: number): number[] {
    return Array.from({ length: 16 }, () => this.below(bound));
  }

  some(types: readonly ValueType[], most: number): ValueType[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(types));
  }

  typeIndex(params: readonly ValueType[], results: readonly ValueType[]): number {
    const found = this.types.findIndex(
      (t) => `${t.params}>${t.results}` === `${params}>${results}`,
    );
    return found >= 0 ? found : this.types.push({ params, results }) - 1;
  }
}

/** Types of the globals; the first is the fuel that bounds all loops. */
const GLOBALS: readonly ValueType[] = ['i32', 'i32', 'i64', 'f32', 'v128'];

class Body {
  readonly #m: Module;
  readonly #out: number[] = [];
  readonly #locals: readonly ValueType[];
  readonly #indirect: boolean;
  #stack: ValueType[] = [];
  #frames: Frame[] = [];
  #budget: number;

  constructor(m: Module, locals: readonly ValueType[], indirect: boolean, budget: number) {
    this.#m = m;
    this.#locals = locals;
    this.#indirect = indirect;
    this.#budget = budget;
  }

  build(results: readonly ValueType[]): number[] {
    this.#frames.push({ base: 0, label: results, loop: false });
    this.#contents(results);
    this.#out.push(0x0b);
    return this.#out;
  }

  #emit(...bytes: readonly number[]): void {
    this.#out.push(...bytes);
  }

  get #base(): number {
    return this.#frames.at(-1)?.base ?? 0;
  }

  #constant(type: ValueType): void {
    const value = this.#m.pick(CONSTANTS);
    const byte = (): number => this.#m.below(256);
    if (this.#m.nanBits && isFloat(type) && this.#m.below(3) === 0) {
      // An infinity or a NaN with a payload, of either sign.
      const [opcode, zeros, high] = type === 'f32' ? [0x43, 1, 0x80] : [0x44, 5, 0xf0];
      const low = Array.from({ length: zeros }, () => 0);
      this.#emit(opcode, ...low, byte() & 1, high | (byte() & 15), this.#m.pick([0x7f, 0xff]));
    } else if (type === 'i32') this.#emit(0x41, ...sleb(BigInt.asIntN(32, value)));
    else if (type === 'i64') this.#emit(0x42, ...sleb(value));
    else if (type === 'f32') this.#emit(0x43, 0, 0, byte(), this.#m.pick([0x3f, 0xc0]));
    else if (type === 'f64')
      this.#emit(0x44, 0, 0, 0, 0, 0, byte(), byte(), this.#m.pick([0x40, 0xbf]));
    else this.#emit(0xfd, 12, ...Array.from({ length: 16 }, byte));
  }

  /** Pushes one value. */
  #value(type: ValueType): void {
    const locals = this.#locals.flatMap((t, i) => (t === type ? [i] : []));
    const globals = GLOBALS.flatMap((t, i) => (t === type && i > 0 ? [i] : []));
    const kind = this.#m.below(8);
    if (kind < 5 && locals.length > 0) this.#emit(0x20, ...leb(this.#m.pick(locals)));
    else if (kind === 5 && globals.length > 0) this.#emit(0x23, this.#m.pick(globals));
    else this.#constant(type);
    this.#stack.push(type);
  }

  /** Makes the top of the stack have these types, of what is there or of new values. */
  #need(types: readonly ValueType[]): void {
    const top = this.#stack.slice(Math.max(this.#base, this.#stack.length - types.length));
    if (`${top}` === `${types}` && this.#m.below(4) > 0) return;
    for (const type of types) this.#value(type);
  }

  #apply(params: number, results: readonly ValueType[]): void {
    this.#stack.length -= params;
    this.#stack.push(...results);
  }

  #row(row: Opcode, ...immediates: readonly number[]): void {
    this.#emit(...encoding(row), ...immediates);
  }

  /** Pushes an i32; of new values only, because what is on the stack has its use already. */
  #condition(): void {
    if (this.#m.below(3) === 0) this.#value('i32');
    else {
      const row = this.#m.pick(this.#m.choice.comparisons);
      for (const type of row.operands) this.#value(type);
      this.#row(row);
      this.#apply(2, ['i32']);
    }
    for (let n = this.#m.below(3); n > 0; n--) this.#emit(0x45);
  }

  /** A condition that is false once the fuel is spent. */
  #fuel(): void {
    this.#emit(0x23, 0, 0x41, 1, 0x6b, 0x24, 0, 0x23, 0, 0x41, 0, 0x4a);
    this.#stack.push('i32');
  }

  #address(): void {
    this.#need(['i32']);
    if (this.#m.below(12) > 0) this.#emit(0x41, ...sleb(0x3ffn), 0x71);
  }

  #contents(results: readonly ValueType[]): void {
    for (let n = 1 + this.#m.below(9); n > 0 && this.#budget > 0; n--) {
      this.#budget -= 1;
      this.#step();
    }
    if (this.#frames.length > 1 && this.#m.below(6) === 0) {
      const depth = this.#depth(false);
      if (depth !== undefined) {
        this.#leave(depth);
        return;
      }
    }
    const base = this.#base;
    const isPrefix = (): boolean =>
      this.#stack.length - base <= results.length &&
      this.#stack.slice(base).every((type, i) => type === results[i]);
    while (!isPrefix()) this.#drop();
    for (const type of results.slice(this.#stack.length - base)) this.#value(type);
  }

  #drop(): void {
    this.#emit(0x1a);
    this.#stack.pop();
  }

  /** A label; loops only where fuel is taken for them. */
  #depth(loops: boolean): number | undefined {
    const depths = this.#frames.flatMap((frame, i) =>
      frame.loop && !loops ? [] : [this.#frames.length - 1 - i],
    );
    return depths.length === 0 ? undefined : this.#m.pick(depths);
  }

  #frame(depth: number): Frame {
    return this.#frames[this.#frames.length - 1 - depth] as Frame;
  }

  /** Ends the block by leaving; code that is never reached may follow. */
  #leave(depth: number): void {
    const frame = this.#frame(depth);
    this.#need(frame.label);
    const same = this.#frames.flatMap((f, i) =>
      `${f.label}` === `${frame.label}` && !f.loop ? [this.#frames.length - 1 - i] : [],
    );
    const kind = this.#m.below(6);
    if (kind < 2 && !frame.loop) {
      this.#need([...frame.label, 'i32']);
      const labels = Array.from({ length: this.#m.below(4) }, () => this.#m.pick(same));
      this.#emit(0x0e, ...vector(labels.map(leb)), ...leb(depth));
    } else if (depth === this.#frames.length - 1 && kind < 4) this.#emit(0x0f);
    else this.#emit(0x0c, ...leb(depth));
    if (this.#m.below(3) === 0) this.#emit(0x20, 0, 0x1a, 0x02, 0x40, 0x0c, 0, 0x0b, 0x00);
    this.#stack.length = this.#base;
  }

  #block(): void {
    const m = this.#m;
    const kind = m.pick([0x02, 0x03, 0x03, 0x04, 0x04]);
    if (kind === 0x04) {
      this.#condition();
      this.#stack.pop();
    }
    const available = this.#stack.length - this.#base;
    const count = m.below(Math.min(available, 2) + 1);
    const params = this.#stack.slice(this.#stack.length - count);
    const withElse = kind !== 0x04 || m.below(3) > 0;
    const results = withElse ? m.some(ALL, 2) : params;
    this.#emit(kind, ...m.blockType(params, results));
    const below = this.#stack.slice(0, this.#stack.length - count);
    const frame: Frame = {
      base: below.length,
      label: kind === 0x03 ? params : results,
      loop: kind === 0x03,
    };
    const inside = (): void => {
      this.#stack = [...below, ...params];
      this.#frames.push(frame);
      this.#contents(results);
      this.#frames.pop();
    };
    inside();
    if (kind === 0x04 && withElse) {
      this.#emit(0x05);
      inside();
    }
    this.#emit(0x0b);
    this.#stack = [...below, ...results];
  }

  #branch(): void {
    const depth = this.#depth(true) as number;
    const frame = this.#frame(depth);
    if (this.#m.below(2) === 0) {
      this.#need(frame.label);
      if (frame.loop) this.#fuel();
      else this.#condition();
      this.#emit(0x0d, ...leb(depth));
      this.#stack.pop();
      return;
    }
    if (frame.loop) this.#fuel();
    else this.#condition();
    this.#stack.pop();
    this.#emit(0x04, 0x40);
    this.#frames.push({ base: this.#stack.length, label: [], loop: false });
    const height = this.#stack.length;
    this.#leave(depth + 1);
    this.#stack.length = height;
    this.#frames.pop();
    this.#emit(0x0b);
  }

  #call(): void {
    const m = this.#m;
    if (m.functions.length === 0) return;
    const index = m.below(m.functions.length);
    const type = m.functions[index] as FunctionType;
    if (this.#indirect && m.below(2) === 0) {
      this.#need(type.params);
      // Mostly the right function; a wrong type or an empty entry traps.
      this.#emit(0x41, ...leb(m.below(12) === 0 ? m.below(m.functions.length + 3) : index));
      this.#emit(0x11, ...leb(m.typeIndex(type.params, type.results)), 0);
    } else {
      this.#need(type.params);
      this.#emit(0x10, ...leb(index));
    }
    this.#apply(type.params.length, type.results);
  }

  #memory(): void {
    const m = this.#m;
    switch (m.below(4)) {
      case 0: {
        const row = m.pick(m.choice.loads);
        this.#address();
        this.#row(row, 0, ...leb(m.below(200)));
        this.#apply(1, [row.result as ValueType]);
        return;
      }
      case 1: {
        const row = m.pick(m.choice.stores);
        this.#address();
        this.#value(row.operands[0] as ValueType);
        this.#row(row, 0, ...leb(m.below(200)));
        this.#apply(2, []);
        return;
      }
      case 2:
        this.#emit(0x3f, 0);
        this.#stack.push('i32');
        return;
      default:
        this.#emit(0x41, m.below(3), 0x40, 0);
        this.#stack.push('i32');
    }
  }

  #lanes(): void {
    const m = this.#m;
    const row = m.pick(m.choice.lanes);
    const lane = m.below(row.lanes as number);
    if (row.width) {
      this.#address();
      this.#value('v128');
      this.#row(row, 0, ...leb(m.below(200)), lane);
      this.#apply(2, row.result ? [row.result] : []);
      return;
    }
    this.#need(row.operands);
    this.#row(row, lane);
    this.#apply(row.operands.length, [row.result as ValueType]);
  }

  #step(): void {
    const m = this.#m;
    switch (m.below(21)) {
      case 0:
      case 1:
      case 2: {
        const row = m.pick(m.below(10) === 0 ? m.choice.binaries : m.choice.calmBinaries);
        this.#need(row.operands);
        this.#row(row);
        this.#apply(row.operands.length, [row.result as ValueType]);
        return;
      }
      case 3: {
        const row = m.pick(m.below(10) === 0 ? m.choice.unaries : m.choice.calmUnaries);
        this.#need(row.operands);
        this.#row(row);
        this.#apply(1, [row.result as ValueType]);
        return;
      }
      case 4:
      case 5:
      case 6:
      case 7: {
        if (this.#locals.length === 0) return;
        const local = m.below(this.#locals.length);
        const type = this.#locals[local] as ValueType;
        this.#need([type]);
        const keep = m.below(2) === 0;
        this.#emit(keep ? 0x22 : 0x21, ...leb(local));
        if (!keep) this.#stack.pop();
        return;
      }
      case 8:
        if (this.#stack.length > this.#base) this.#drop();
        return;
      case 9:
      case 10:
      case 11:
        if (this.#frames.length < 7) this.#block();
        return;
      case 12:
      case 13:
        this.#branch();
        return;
      case 14:
        this.#call();
        return;
      case 15: {
        const type = m.pick(ALL);
        this.#need([type, type]);
        this.#condition();
        if (type === 'v128' || m.below(2) === 0) this.#emit(0x1c, 1, CODE[type]);
        else this.#emit(0x1b);
        this.#apply(3, [type]);
        return;
      }
      case 16:
        this.#memory();
        return;
      case 17: {
        const global = 1 + m.below(GLOBALS.length - 1);
        this.#need([GLOBALS[global] as ValueType]);
        this.#emit(0x24, global);
        this.#stack.pop();
        return;
      }
      case 18:
        this.#lanes();
        return;
      case 19: {
        const row = m.pick(m.choice.others);
        this.#need(row.operands);
        this.#row(row, ...(row.form === 'shuffle' ? m.sixteen(32) : []));
        this.#apply(row.operands.length, [row.result as ValueType]);
        return;
      }
      default: {
        const wide = m.below(2) === 0;
        if (m.nanBits && m.below(2) === 0) {
          this.#need([wide ? 'f64' : 'f32']);
          this.#emit(wide ? 0xbd : 0xbc);
          this.#apply(1, [wide ? 'i64' : 'i32']);
          return;
        }
        this.#need([wide ? 'i64' : 'i32']);
        this.#emit(wide ? 0xbf : 0xbe);
        this.#apply(1, [wide ? 'f64' : 'f32']);
      }
    }
  }
}

export interface RandomModule {
  readonly bytes: Uint8Array;
  /** Of the export `main`. */
  readonly type: FunctionType;
}

/**
 * Exports `main`, `memory` and the scalar globals as g0, g1, ...; g4 (v128) is stored at address 2048 by `main`.
 * `nanBits`: with instructions that show the bits of NaNs, and vectors among main's parameters and results.
 */
export function randomModule(
  random: Random,
  { nanBits = false }: { readonly nanBits?: boolean } = {},
): RandomModule {
  const m = new Module(random, nanBits);
  const bodies: number[][] = [];
  const indices: number[] = [];
  const count = 2 + m.below(3);
  for (let i = 0; i < count; i++) {
    const main = i === count - 1;
    const params = m.some(main && !nanBits ? SCALARS : ALL, 4);
    const results = m.some(main && !nanBits ? SCALARS : ALL, 3);
    // Code that is never reached reads local 0.
    const locals = ['i32', ...m.some(ALL, 6)] as ValueType[];
    const body = new Body(m, [...params, ...locals], main, main ? 90 : 30);
    const code = body.build(results);
    const epilogue = main ? [0x41, ...sleb(2048n), 0x23, 4, 0xfd, 11, 0, 0] : [];
    // The values on the stack stay there while the vector is stored.
    const whole = [...code.slice(0, -1), ...epilogue, 0x0b];
    bodies.push([...vector(grouped(locals)), ...whole]);
    indices.push(m.typeIndex(params, results));
    m.functions.push({ params, results });
  }
  const type = m.functions.at(-1) as FunctionType;
  // Two null entries at the end; `main` itself isn't in the table, so nothing recurses.
  const table = count - 1;
  const initial: readonly number[][] = [
    [0x41, ...sleb(FUEL)],
    [0x41, 5],
    [0x42, ...sleb(-3n)],
    [0x43, 0, 0, 0, 0],
    [0xfd, 12, ...Array.from({ length: 16 }, (_, i) => i)],
  ];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      m.types.map(({ params, results }) => [
        0x60,
        ...vector(params.map((t) => [CODE[t]])),
        ...vector(results.map((t) => [CODE[t]])),
      ]),
    ),
    ...section(3, indices.map(leb)),
    ...section(4, [[0x70, 0, table + 2]]),
    ...section(5, [[1, 1, MAXIMUM_PAGES]]),
    ...section(
      6,
      GLOBALS.map((t, i) => [CODE[t], 1, ...(initial[i] as number[]), 0x0b]),
    ),
    ...section(7, [
      [...name('main'), 0, ...leb(count - 1)],
      [...name('memory'), 2, 0],
      ...[0, 1, 2, 3].map((i) => [...name(`g${i}`), 3, i]),
    ]),
    ...section(9, [[0, 0x41, 0, 0x0b, ...vector(Array.from({ length: table }, (_, i) => leb(i)))]]),
    ...section(
      10,
      bodies.map((b) => sized(b)),
    ),
    ...section(11, [
      [0, 0x41, 8, 0x0b, ...sized(Array.from({ length: 64 }, (_, i) => (i * 37) & 255))],
    ]),
  ]);
  return { bytes, type };
}
