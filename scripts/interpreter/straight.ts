/** Instructions that go on to the next word, alone or as a part of a fusion. */
import type { Fusion } from '../../vm/fusions.ts';
import { BY_CODE, IMM, type Opcode, type ValueType } from '../../vm/opcodes.ts';
import { type Semantics, semanticsOf } from '../../vm/semantics.ts';
import { HI, LO, moveSlot, outOfMemory, place, read, STRIDE, trap, u32At, write } from './word.ts';

/** Where the value of an earlier part is, and whether it is a NaN that isn't canonical yet. */
export interface Value {
  readonly name: string;
  readonly type: ValueType;
}

/** What a part of a fusion needs to know of the others. */
export interface Part {
  readonly row: Opcode;
  /** Its place in the fusion. */
  readonly k: number;
  /** Values of earlier parts in place of operands. */
  readonly forwarded: ReadonlyMap<'b' | 'c' | 'd', Value>;
  /** Nobody reads the slot of the result: it isn't written. */
  readonly dead: boolean;
  /** All who take the value of this part make NaNs canonical themselves or can't tell them apart. */
  readonly raw: boolean;
}

export interface Emitted {
  readonly text: string;
  readonly value?: Value;
}

export const UNSIGNED: Readonly<Record<number, string>> = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' };
const bitsType = (type: ValueType | undefined): ValueType | undefined =>
  type === 'f32' ? 'i32' : type === 'f64' ? 'i64' : type;

/** An operand: an earlier part's value, or what the slot holds. */
export function operand(
  { forwarded, k }: Part,
  field: 'b' | 'c' | 'd',
  type: ValueType | 'u32',
): string {
  const value = forwarded.get(field);
  if (!value) return read(type, place(field, k));
  if (value.type === type) return value.name;
  if (type === 'u32') return `<u32>${value.name}`;
  if (type === 'v128' || value.type === 'v128') {
    throw new Error(`fusion: ${value.type} in place of ${type}`);
  }
  // Scalars are low bytes of a slot.
  const bits = value.type.startsWith('f')
    ? `reinterpret<${bitsType(value.type)}>(${value.name})`
    : value.name;
  const cut = `<${bitsType(type)}>(${bits})`;
  if (bitsType(value.type) === 'i32' && bitsType(type) === 'i64') {
    return `<i64><u32>(${bits})`;
  }
  return type.startsWith('f') ? `reinterpret<${type}>(${cut})` : cut;
}

const LOADS: Readonly<Record<string, string>> = {
  load8_s: 'load<i8>(p)',
  load8_u: 'load<u8>(p)',
  load16_s: 'load<i16>(p)',
  load16_u: 'load<u16>(p)',
  load32_s: 'load<i32>(p)',
  load32_u: 'load<u32>(p)',
};

function loaded(row: Opcode): string {
  const [shape = '', op = ''] = row.name.split('.');
  if (shape === 'v128') return `${row.name}(p)`;
  const narrow = LOADS[op];
  if (narrow) return `<${shape}>${narrow}`;
  // Floats are moved as bits: no engine may touch a NaN on the way. 32 bits are loaded unsigned because they are
  // extended so: the compiler's optimiser folds both into one load and takes the sign from the inner one.
  return shape.endsWith('32') ? 'load<u32>(p)' : 'load<i64>(p)';
}

const address = (part: Part, width: number): string =>
  `const at: u64 = <u64>${operand(part, 'b', 'u32')} + <u64>${u32At(LO, part.k)}; if (at + ${width} > limit) ${trap(part.k)}`;

function stored(part: Part, width: number, put: (at: string) => string): Emitted {
  const { k } = part;
  const inPage = `const p = writable(<u32>at, ${width});
          if (!p) ${outOfMemory(k)}
          ${put('p')}`;
  const text = `{ ${address(part, width)}
        if (${width === 1 ? 'true' : `(<u32>at & 0xffff) + ${width} <= 0x10000`}) {
          ${inPage}
        } else {
          ${put('STRADDLE')}
          if (!scatter(<u32>at, ${width})) ${outOfMemory(k)}
        } }`;
  return { text };
}

/** The result's value, kept in a local and, unless nobody reads it, in its slot. */
function result(part: Part, setup: string, value: string, type: ValueType): Emitted {
  const name = `v${part.k}`;
  const keep = part.dead ? '' : write(type, place('a', part.k), name);
  const local = type === 'v128' ? 'v128' : type;
  return {
    text: `let ${name}: ${local}; { ${setup} ${name} = <${local}>(${value}); } ${keep}`.replace(
      '<v128>',
      '',
    ),
    value: { name, type },
  };
}

const baseOf = (row: Opcode): Opcode =>
  row.form === 'binaryImm' ? (BY_CODE.get(row.code - IMM) as Opcode) : row;

/** The operands of an instruction with a value, as `x`, `y`, `z`. */
export function operands(part: Part): string {
  const { k, row } = part;
  const fields = ['b', 'c', 'd'] as const;
  return row.operands
    .map((type, i) => {
      const name = ['x', 'y', 'z'][i];
      if (row.form === 'binaryImm' && i === 1)
        return `const y = load<${type}>(w, ${LO + STRIDE * k});`;
      // See `loaded` for why the type of the load matters.
      const as = row.name === 'i64.extend_i32_u' ? 'u32' : type;
      return `const ${name} = ${operand(part, fields[i] as 'b', as)};`;
    })
    .join(' ');
}

/** Whether a part's NaNs look the same to whoever reads it: it makes its own canonical, or compares. */
export function absorbs(row: Opcode): boolean {
  const base = semantics(row);
  if (base?.canonical) return true;
  return /^(br\.)?f\d\dx?\d?\.(eq|ne|lt|gt|le|ge)$/.test(row.name);
}

function semantics(row: Opcode): Semantics | undefined {
  return ['unary', 'binary', 'binaryImm', 'ternary'].includes(row.form)
    ? semanticsOf(baseOf(row))
    : undefined;
}

function computed(part: Part): Emitted {
  const { k, raw, dead, row } = part;
  const { canonical, trap: traps, value } = semantics(row) as Semantics;
  const check = traps ? `if (${traps}) ${trap(k)}` : '';
  const made = canonical && !(raw && dead) ? `${canonical}(${value})` : value;
  return result(part, `${operands(part)} ${check}`, made, row.result as ValueType);
}

const GLOBAL = '(SLOTS + ((<usize>(FRAME_SLOTS + index)) << 4))';

/** AssemblyScript for one part; `undefined` for control instructions. */
export function straight(part: Part): Emitted | undefined {
  const { k, row } = part;
  const { form, lanes = 1, width = 0 } = row;
  const to = place('a', k);
  const lane = (offset: number, bytes: number): string =>
    `(<usize>(${u32At(offset, k)} & ${lanes - 1})) * ${bytes}`;
  switch (form) {
    case 'nop':
      return { text: '' };
    case 'copy': {
      const value = part.forwarded.get('b');
      if (value) throw new Error('fusion: a copy takes all 16 bytes of a slot');
      return { text: `{ ${moveSlot(to, place('b', k))} }` };
    }
    case 'select':
      return {
        text: `{ ${moveSlot(to, `(${operand(part, 'd', 'u32')}) != 0 ? ${place('b', k)} : ${place('c', k)}`)} }`,
      };
    case 'const':
      return { text: `store<u64>(${to}, load<u64>(w, ${LO + STRIDE * k}));` };
    case 'const128':
      return { text: `v128.store(${to}, v128.load(w, ${LO + STRIDE * k}));` };
    case 'globalGet':
      return {
        text: `{ const index = ${u32At(LO, k)}; if (index >= GLOBALS) ${trap(k)} ${moveSlot(to, GLOBAL)} }`,
      };
    case 'globalSet':
      return {
        text: `{ const index = ${u32At(LO, k)}; if (index >= GLOBALS) ${trap(k)} ${moveSlot(GLOBAL, place('b', k))} registers.globalsDirty = 1; }`,
      };
    case 'memorySize':
      return { text: `store<u64>(${to}, limit >> 16);` };
    case 'memoryGrow':
      return {
        text: `{ const pages = limit >> 16; const grown = pages + <u64>${read('u32', place('b', k))};
        if (grown > <u64>min<u32>(${u32At(LO, k)}, 0x10000)) store<u64>(${to}, 0xffffffff);
        else { store<u64>(${to}, pages); limit = grown << 16; } }`,
      };
    case 'load': {
      const setup = `${address(part, width)} const p = readable(<u32>at, ${width});`;
      return result(part, setup, loaded(row), bitsType(row.result) as ValueType);
    }
    case 'store': {
      const type = width === 16 ? 'v128' : width === 8 ? 'i64' : 'i32';
      const value = operand(part, 'c', type);
      return stored(part, width, (at) =>
        width === 16
          ? `v128.store(${at}, ${value});`
          : `store<${UNSIGNED[width]}>(${at}, <${UNSIGNED[width]}>(${value}));`,
      );
    }
    case 'loadLane':
      return {
        text: `{ ${address(part, width)} const p = readable(<u32>at, ${width}); const value = load<${UNSIGNED[width]}>(p); const to = ${to};
        store<${UNSIGNED[width]}>(to + ${lane(HI, width)}, value); }`,
      };
    case 'storeLane':
      return stored(
        part,
        width,
        (at) =>
          `store<${UNSIGNED[width]}>(${at}, load<${UNSIGNED[width]}>(${place('c', k)} + ${lane(HI, width)}));`,
      );
    case 'unary':
    case 'binary':
    case 'binaryImm':
    case 'ternary':
      return computed(part);
    case 'extractLane': {
      const bytes = 16 / lanes;
      const signed = row.name.endsWith('_s');
      const type = `${signed ? 'i' : 'u'}${8 * bytes}`;
      const cast = bytes === 8 ? 'i64' : signed ? 'i32' : 'u32';
      const value = `<${cast}>load<${type}>(${place('b', k)} + ${lane(LO, bytes)})`;
      return { text: write(bitsType(row.result), to, value) };
    }
    case 'replaceLane': {
      const bytes = 16 / lanes;
      const type = UNSIGNED[bytes];
      return {
        text: `{ const value = load<${type}>(${place('c', k)}); const to = ${to}; v128.store(to, v128.load(${place('b', k)})); store<${type}>(to + ${lane(LO, bytes)}, value); }`,
      };
    }
    case 'shuffle':
      return {
        text: `{ const m = v128.and(v128.load(w, ${LO + STRIDE * k}), i8x16.splat(31));
        v128.store(${to}, v128.or(i8x16.swizzle(v128.load(${place('b', k)}), m), i8x16.swizzle(v128.load(${place('c', k)}), i8x16.sub(m, i8x16.splat(16))))); }`,
      };
    default:
      return undefined;
  }
}

/** The parts of a fusion with what each knows of the others. */
export function partsOf(
  fusion: Pick<Fusion, 'rows' | 'forwards' | 'dead'>,
  values: readonly (Value | undefined)[],
): Part[] {
  return fusion.rows.map((row, k) => {
    const mine = fusion.forwards.filter((f) => f.component === k);
    const forwarded = new Map(mine.map((f) => [f.field, values[f.from] as Value]));
    const takers = fusion.forwards.filter((f) => f.from === k);
    const raw = takers.every((f) => absorbs(fusion.rows[f.component] as Opcode));
    return { row, k, forwarded, dead: fusion.dead.includes(k), raw };
  });
}
