/** Guests to module bytes, with the shortest encoding of every number. */
import type { ValueType } from '../../vm/opcodes.ts';
import type { FunctionType } from '../../vm/types.ts';
import { OP } from '../../vm/wasm/instructions.ts';
import type { Code, Guest, GuestFunction } from './guest.ts';

const TYPE: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const utf8 = new TextEncoder();
/** Zero bytes that are cheaper left out of a data segment. */
const GAP = 16;

export function u32(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest & 127) | 128);
  out.push(rest);
}

export function signed(out: number[], value: bigint): void {
  for (let rest = value; ; ) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    if ((rest === 0n && low < 64) || (rest === -1n && low >= 64)) {
      out.push(low);
      return;
    }
    out.push(low | 128);
  }
}

const same = (x: readonly ValueType[], y: readonly ValueType[]): boolean =>
  x.length === y.length && x.every((type, i) => type === y[i]);

class Encoder {
  readonly types: FunctionType[];

  constructor(types: readonly FunctionType[]) {
    this.types = [...types];
  }

  typeIndex({ params, results }: FunctionType): number {
    const found = this.types.findIndex((t) => same(t.params, params) && same(t.results, results));
    return found >= 0 ? found : this.types.push({ params, results }) - 1;
  }

  blockType(out: number[], type: FunctionType): void {
    const [result] = type.results;
    if (type.params.length === 0 && type.results.length === 0) out.push(0x40);
    else if (type.params.length === 0 && result && type.results.length === 1)
      out.push(TYPE[result]);
    else signed(out, BigInt(this.typeIndex(type)));
  }

  instruction(out: number[], at: Code): void {
    const { opcode, index, bytes } = at;
    if (opcode === OP.select && at.type) {
      out.push(OP.selectTyped, 1, TYPE[at.type.results[0] as ValueType]);
      return;
    }
    if (opcode < 0x100) out.push(opcode);
    else {
      out.push(opcode >> 8);
      u32(out, opcode & 0xff);
    }
    if (opcode === OP.i32Const || opcode === OP.i64Const) {
      const view = new DataView(bytes!.buffer, bytes!.byteOffset, bytes!.length);
      signed(
        out,
        opcode === OP.i32Const ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true),
      );
      return;
    }
    const isBlock = opcode === OP.block || opcode === OP.loop || opcode === OP.if;
    if (isBlock && at.type) this.blockType(out, at.type);
    if (index !== undefined) u32(out, index);
    if (opcode === OP.callIndirect || opcode === OP.memorySize || opcode === OP.memoryGrow)
      out.push(0);
    if (opcode === OP.memoryCopy) out.push(0, 0);
    if (opcode === OP.memoryFill || opcode === OP.memoryInit) out.push(0);
    if (at.labels) {
      u32(out, at.labels.length - 1);
      for (const label of at.labels) u32(out, label);
    }
    if (at.memoryOffset !== undefined) {
      u32(out, at.align ?? 0);
      u32(out, at.memoryOffset);
    }
    if (at.lane !== undefined) out.push(at.lane);
    if (bytes) out.push(...bytes);
  }

  body({ locals, body }: GuestFunction): number[] {
    const groups: [count: number, type: ValueType][] = [];
    for (const type of locals) {
      const last = groups.at(-1);
      if (last && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const out: number[] = [];
    u32(out, groups.length);
    for (const [count, type] of groups) {
      u32(out, count);
      out.push(TYPE[type]);
    }
    for (const at of body) this.instruction(out, at);
    return out;
  }
}

const sized = (content: readonly number[]): number[] => {
  const out: number[] = [];
  u32(out, content.length);
  for (const byte of content) out.push(byte);
  return out;
};

function section(out: number[], id: number, items: readonly (readonly number[])[]): void {
  if (items.length === 0) return;
  const content: number[] = [];
  u32(content, items.length);
  for (const item of items) for (const byte of item) content.push(byte);
  out.push(id);
  for (const byte of sized(content)) out.push(byte);
}

const withU32 = (before: readonly number[], value: number): number[] => {
  const out = [...before];
  u32(out, value);
  return out;
};
const i32Offset = (value: number): number[] => {
  const out = [0, OP.i32Const];
  signed(out, BigInt(value | 0));
  out.push(OP.end);
  return out;
};

/** The content of the code section, its count included: what the decoder's round trip is checked on. */
export function encodeBodies(guest: Guest): { types: readonly FunctionType[]; bodies: number[][] } {
  const encoder = new Encoder(guest.types);
  const bodies = guest.functions.map((fn) => encoder.body(fn));
  return { types: encoder.types, bodies };
}

export function encode(guest: Guest): Uint8Array {
  const encoder = new Encoder(guest.types);
  const bodies = guest.functions.map((fn) => sized(encoder.body(fn)));
  const declared = guest.functions.map(({ type }) => withU32([], encoder.typeIndex(type)));
  const vector = (types: readonly ValueType[]): number[] => sized(types.map((t) => TYPE[t]));
  const name = (text: string): number[] => sized([...utf8.encode(text)]);
  const { memory, table } = guest;
  const out = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  section(
    out,
    1,
    encoder.types.map(({ params, results }) => [0x60, ...vector(params), ...vector(results)]),
  );
  section(out, 3, declared);
  if (table.length > 0) section(out, 4, [withU32([0x70, 0], table.length)]);
  if (memory) section(out, 5, [withU32(withU32([1], memory.initial), memory.maximum)]);
  section(
    out,
    6,
    guest.globals.map(({ type, mutable, init }) => {
      const item = [TYPE[type], mutable ? 1 : 0];
      const width = type === 'v128' ? 16 : type === 'i32' || type === 'f32' ? 4 : 8;
      const opcode = {
        i32: OP.i32Const,
        i64: OP.i64Const,
        f32: OP.f32Const,
        f64: OP.f64Const,
        v128: OP.v128Const,
      }[type];
      encoder.instruction(item, { opcode, offset: 0, bytes: init.slice(0, width) });
      item.push(OP.end);
      return item;
    }),
  );
  section(out, 7, [
    ...guest.exports.map(({ name: of, functionIndex }) => withU32([...name(of), 0], functionIndex)),
    ...(memory ? [[...name('memory'), 2, 0]] : []),
    ...guest.observed.map((index, i) => withU32([...name(`r${i}`), 3], index)),
  ]);
  if (guest.start !== undefined) {
    out.push(8, ...sized(withU32([], guest.start)));
  }
  section(
    out,
    9,
    runs(table.length, (i) => table[i] !== undefined, 1).map(([from, to]) => {
      const item = i32Offset(from);
      u32(item, to - from);
      for (let i = from; i < to; i++) u32(item, table[i] as number);
      return item;
    }),
  );
  const { data, passive } = guest;
  const segments = [
    // One that was active has been dropped before any code runs: an empty one does the same.
    ...passive.map((bytes) => (bytes ? [1, ...sized([...bytes])] : [...i32Offset(0), 0])),
    ...runs(data.length, (i) => data[i] !== 0, GAP).map(([from, to]) => [
      ...i32Offset(from),
      ...sized([...data.subarray(from, to)]),
    ]),
  ];
  if (passive.length > 0) out.push(12, ...sized(withU32([], segments.length)));
  section(out, 10, bodies);
  section(out, 11, segments);
  return Uint8Array.from(out);
}

/** Ranges of indices that fulfil a condition; gaps below `gap` are taken in. */
function runs(length: number, wanted: (index: number) => boolean, gap: number): [number, number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < length; i++) {
    if (!wanted(i)) continue;
    const last = found.at(-1);
    if (last && i - last[1] < gap) last[1] = i + 1;
    else found.push([i, i + 1]);
  }
  return found;
}
