/** Writes WebAssembly modules byte by byte, valid or not, and marks the byte at which a refusal is expected. */

/** Stands before the byte whose offset is meant; takes no room itself. */
export const AT = -1;

export type Bytes = readonly number[];

/** Unsigned LEB128. */
export function u32(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return out;
}

const size = (content: Bytes): number => content.filter((b) => b !== AT).length;

/** Signed LEB128 of a number that isn't negative. */
export function s32(value: number): number[] {
  const out = u32(value);
  const last = out.at(-1)!;
  return last & 0x40 ? [...out.slice(0, -1), last | 0x80, 0] : out;
}

/** Content with its length before it. */
export const sized = (content: Bytes): number[] => [...u32(size(content)), ...content];

export const text = (s: string): number[] => sized([...new TextEncoder().encode(s)]);

export const vec = (...items: readonly Bytes[]): number[] => [
  ...u32(items.length),
  ...items.flat(),
];

export const section = (id: number, content: Bytes): number[] => [id, ...sized(content)];

export const HEADER: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export const module = (...sections: readonly Bytes[]): number[] => [...HEADER, ...sections.flat()];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const END = 0x0b;

export const functionType = (params: Bytes = [], results: Bytes = []): number[] => [
  0x60,
  ...sized(params),
  ...sized(results),
];

export const types = (...all: readonly Bytes[]): number[] => section(1, vec(...all));
export const functions = (...indices: readonly number[]): number[] =>
  section(3, vec(...indices.map(u32)));
export const table = (...all: readonly Bytes[]): number[] => section(4, vec(...all));
export const memory = (...all: readonly Bytes[]): number[] => section(5, vec(...all));
export const globals = (...all: readonly Bytes[]): number[] => section(6, vec(...all));
export const exports = (...all: readonly Bytes[]): number[] => section(7, vec(...all));
export const elements = (...all: readonly Bytes[]): number[] => section(9, vec(...all));
export const code = (...bodies: readonly Bytes[]): number[] => section(10, vec(...bodies));
export const data = (...all: readonly Bytes[]): number[] => section(11, vec(...all));

/** A body without locals; the final `end` is appended. */
export const body = (...instructions: Bytes): number[] => sized([0, ...instructions, END]);

/** The same for bodies too long to be arguments. */
export const longBody = (instructions: Bytes): number[] => sized([0, ...instructions, END]);

/** A module with one function () -> () of these instructions, a memory of a page, a table and two globals. */
export const withBody = (...instructions: Bytes): number[] => withLongBody(instructions);

export const withLongBody = (instructions: Bytes): number[] =>
  module(
    types(functionType()),
    functions(0),
    table([0x70, 0, 1]),
    memory([0, 1]),
    globals([I32, 0, 0x41, 0, END], [I32, 1, 0x41, 0, END]),
    code(longBody(instructions)),
  );

/** The bytes without the mark, and its offset (undefined: no mark). */
export function finish(marked: Bytes): { bytes: Uint8Array; offset: number | undefined } {
  const offset = marked.indexOf(AT);
  return {
    bytes: Uint8Array.from(marked.filter((b) => b !== AT)),
    offset: offset < 0 ? undefined : offset,
  };
}
