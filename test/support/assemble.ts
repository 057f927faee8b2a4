/**
 * WebAssembly modules from flat instruction text, exactly as written: other assemblers go through a tree, which loses what
 * is only expressible on the operand stack (block parameters, values that lie below a block, dead code).
 *
 * One instruction a line or between semicolons, immediates after the name: `local.get 0`, `i32.load 16` (offset),
 * `v128.load8_lane 16 3` (offset, lane), `block i32 i64 -> f32`, `call_indirect i32 -> i32`, `br_table 0 1 2`, `select v128`,
 * `v128.const` with 4 lanes of 32 bits or 16 bytes.
 */
import { BY_NAME, SIMD, type ValueType } from '../../vm/opcodes.ts';

export interface FunctionText {
  /** `i32 i32 -> i64`; '->' alone or nothing: no parameters and results. */
  readonly type?: string;
  /** Types, as in `i32 v128`. */
  readonly locals?: string;
  readonly body: string;
}

export interface ModuleText {
  /** By the names they are exported under, in the order of their indices. */
  readonly functions: Readonly<Record<string, FunctionText>>;
  /** Pages: initial, maximum. Exported as `memory`. */
  readonly memory?: readonly [initial: number, maximum?: number];
  /** Function index or null for each entry. */
  readonly table?: readonly (number | null)[];
  /** Type and constant instruction, as in `i32.const 5`. Mutable; scalars are exported as g0, g1, ... */
  readonly globals?: readonly (readonly [ValueType, string])[];
  readonly data?: readonly (readonly [address: number, bytes: readonly number[]])[];
  readonly start?: number;
}

const TYPE: Record<string, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

const PLAIN: Record<string, number> = {
  unreachable: 0x00,
  nop: 0x01,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  'local.get': 0x20,
  'local.set': 0x21,
  'local.tee': 0x22,
  'global.get': 0x23,
  'global.set': 0x24,
  'i32.reinterpret_f32': 0xbc,
  'i64.reinterpret_f64': 0xbd,
  'f32.reinterpret_i32': 0xbe,
  'f64.reinterpret_i64': 0xbf,
};
const BLOCKS: Record<string, number> = { block: 0x02, loop: 0x03, if: 0x04 };

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
const section = (id: number, items: readonly (readonly number[])[]): number[] =>
  items.length === 0 ? [] : [id, ...sized(vector(items))];
const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);

const typeByte = (type: string): number => {
  const byte = TYPE[type];
  if (byte === undefined) throw new Error(`assemble: ${type} is no value type`);
  return byte;
};

/** Bytes of a float constant: a number, or its bits as in `0x7fc00000`. */
function float(bytes: 4 | 8, text: string): number[] {
  const view = new DataView(new ArrayBuffer(bytes));
  const bits = text.startsWith('0x');
  if (bytes === 4 && bits) view.setUint32(0, Number(text), true);
  else if (bytes === 4) view.setFloat32(0, Number(text), true);
  else if (bits) view.setBigUint64(0, BigInt(text), true);
  else view.setFloat64(0, Number(text), true);
  return [...new Uint8Array(view.buffer)];
}

function vectorConstant(immediates: readonly string[]): number[] {
  if (immediates.length === 16) return immediates.map((text) => Number(text) & 0xff);
  if (immediates.length !== 4) throw new Error('assemble: v128.const takes 4 or 16 numbers');
  const lanes = Uint32Array.from(immediates, (text) => Number(BigInt.asUintN(32, BigInt(text))));
  return [...new Uint8Array(lanes.buffer)];
}

class Types {
  readonly entries: number[][] = [];
  readonly #known = new Map<string, number>();

  index(text: string): number {
    const [params = '', results = ''] = text.split('->');
    const side = (types: string): number[] =>
      sized((types.match(/\w+/g) ?? []).map((t) => typeByte(t)));
    const entry = [0x60, ...side(params), ...side(results)];
    const known = this.#known.get(`${entry}`);
    if (known !== undefined) return known;
    this.#known.set(`${entry}`, this.entries.length);
    return this.entries.push(entry) - 1;
  }
}

function instruction(text: string, types: Types): number[] {
  const [mnemonic = '', ...immediates] = text.split(/\s+/);
  const numbers = immediates.map(Number);
  const plain = PLAIN[mnemonic];
  if (plain !== undefined) return [plain, ...numbers.flatMap(leb)];
  const block = BLOCKS[mnemonic];
  if (block !== undefined) {
    if (immediates.length === 0) return [block, 0x40];
    return [block, ...sleb(BigInt(types.index(immediates.join(' '))))];
  }
  switch (mnemonic) {
    case 'br_table':
      return [0x0e, ...leb(numbers.length - 1), ...numbers.flatMap(leb)];
    case 'call_indirect':
      return [0x11, ...leb(types.index(immediates.join(' '))), 0];
    case 'select':
      return immediates[0] ? [0x1c, 1, typeByte(immediates[0])] : [0x1b];
    case 'memory.size':
      return [0x3f, 0];
    case 'memory.grow':
      return [0x40, 0];
    case 'i32.const':
      return [0x41, ...sleb(BigInt.asIntN(32, BigInt(immediates[0] ?? '0')))];
    case 'i64.const':
      return [0x42, ...sleb(BigInt.asIntN(64, BigInt(immediates[0] ?? '0')))];
    case 'f32.const':
      return [0x43, ...float(4, immediates[0] ?? '0')];
    case 'f64.const':
      return [0x44, ...float(8, immediates[0] ?? '0')];
    case 'v128.const':
      return [0xfd, 0x0c, ...vectorConstant(immediates)];
  }
  const row = BY_NAME.get(mnemonic);
  if (!row || row.code < 0x28) throw new Error(`assemble: no instruction "${mnemonic}"`);
  const isSat = row.code >= 0xd0 && row.code <= 0xd7;
  const opcode =
    row.code >= SIMD
      ? [0xfd, ...leb(row.code - SIMD)]
      : isSat
        ? [0xfc, row.code - 0xd0]
        : [row.code];
  if (!row.width) return [...opcode, ...numbers];
  const [offset = 0, ...lane] = numbers;
  return [...opcode, 0, ...leb(offset), ...lane];
}

function instructions(text: string, types: Types): number[] {
  const lines = text.split(/[;\n]/).map((line) => line.trim());
  return lines.filter(Boolean).flatMap((line) => instruction(line, types));
}

/** The module's bytes; throws on text it can't read, but doesn't validate. */
export function assemble(module: ModuleText): Uint8Array {
  const types = new Types();
  const functions = Object.values(module.functions);
  const indices = functions.map(({ type = '' }) => types.index(type));
  const bodies = functions.map(({ locals = '', body }) => {
    const declared = (locals.match(/\w+/g) ?? []).map((type) => [1, typeByte(type)]);
    return sized([...vector(declared), ...instructions(body, types), 0x0b]);
  });
  const { memory, table = [], globals = [], data = [] } = module;
  const entries = table.flatMap((entry, i) =>
    entry === null ? [] : [[0, 0x41, ...sleb(BigInt(i)), 0x0b, 1, ...leb(entry)]],
  );
  const exported = [
    ...Object.keys(module.functions).map((key, i) => [...name(key), 0, ...leb(i)]),
    ...(memory ? [[...name('memory'), 2, 0]] : []),
    ...globals.flatMap(([type], i) => (type === 'v128' ? [] : [[...name(`g${i}`), 3, ...leb(i)]])),
  ];
  const limits = memory?.[1] === undefined ? [0] : [1];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types.entries),
    ...section(3, indices.map(leb)),
    ...section(4, table.length > 0 ? [[0x70, 0, ...leb(table.length)]] : []),
    ...section(5, memory ? [[...limits, ...memory.flatMap((n) => leb(n ?? 0))]] : []),
    ...section(
      6,
      globals.map(([type, init]) => [typeByte(type), 1, ...instructions(init, types), 0x0b]),
    ),
    ...section(7, exported),
    ...(module.start === undefined ? [] : [8, ...sized(leb(module.start))]),
    ...section(9, entries),
    ...section(10, bodies),
    ...section(
      11,
      data.map(([at, bytes]) => [0, 0x41, ...sleb(BigInt(at)), 0x0b, ...sized(bytes)]),
    ),
  ]);
}
