/**
 * FlatBuffers tables of a file that nobody has checked. The format has no check of its own, so every read is: tables, vtables,
 * vectors and strings must lie in the file, and all that is read together may not be more than a file of that size can hold
 * (many offsets may point at one vector). FlatBuffers "Internals" describes the layout.
 */
import { ByteBuffer } from 'flatbuffers';
import { malformed } from '../../compile/errors.ts';

/** Scalars of fixed width that tables and vectors hold. */
const SCALARS = {
  i8: { bytes: 1, read: (of: ByteBuffer, at: number) => of.readInt8(at) },
  u8: { bytes: 1, read: (of: ByteBuffer, at: number) => of.readUint8(at) },
  i16: { bytes: 2, read: (of: ByteBuffer, at: number) => of.readInt16(at) },
  i32: { bytes: 4, read: (of: ByteBuffer, at: number) => of.readInt32(at) },
  u32: { bytes: 4, read: (of: ByteBuffer, at: number) => of.readUint32(at) },
  f32: { bytes: 4, read: (of: ByteBuffer, at: number) => of.readFloat32(at) },
  i64: { bytes: 8, read: (of: ByteBuffer, at: number) => Number(of.readInt64(at)) },
  u64: { bytes: 8, read: (of: ByteBuffer, at: number) => Number(of.readUint64(at)) },
} as const;

export type Scalar = keyof typeof SCALARS;

/** Bytes of tables and vectors that may be read for each byte of the file: honest files share little. */
const SHARING = 4;

/** The file, and how much more of it may be read. */
class Source {
  readonly bytes: Uint8Array;
  readonly buffer: ByteBuffer;
  #left: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = new ByteBuffer(bytes);
    this.#left = SHARING * bytes.length + 1024;
  }

  read(type: Scalar, at: number): number {
    const { bytes, read } = SCALARS[type];
    if (at < 0 || at + bytes > this.bytes.length) {
      malformed(
        `the TFLite file is damaged: offset ${at} lies outside its ${this.bytes.length} bytes`,
      );
    }
    return read(this.buffer, at);
  }

  /** Follows the offset at `at`. */
  follow(at: number): number {
    return at + this.read('u32', at);
  }

  /** First element and number of elements of the vector at `at`. */
  vector(at: number, bytes: number): { from: number; length: number } {
    const length = this.read('u32', at);
    const from = at + 4;
    if (from + length * bytes > this.bytes.length) {
      malformed(`the TFLite file is damaged: a vector of ${length} elements at ${at} is cut off`);
    }
    this.spend(4 + length * bytes);
    return { from, length };
  }

  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0)
      malformed('the TFLite file is damaged: its parts overlap more than a file of its size can');
  }
}

/** One table; fields by their number in the schema. What is absent has the default. */
export class Table {
  readonly #source: Source;
  readonly #at: number;
  readonly #vtable: number;
  readonly #fields: number;
  readonly #size: number;

  constructor(source: Source, at: number) {
    this.#source = source;
    this.#at = at;
    this.#vtable = at - source.read('i32', at);
    const bytes = source.read('i16', this.#vtable) & 0xffff;
    this.#size = source.read('i16', this.#vtable + 2) & 0xffff;
    const isWhole = bytes >= 4 && bytes % 2 === 0 && this.#size >= 4;
    if (!isWhole) malformed(`the TFLite file is damaged: a table at ${at} has no layout`);
    source.read('u8', this.#vtable + bytes - 1);
    source.read('u8', at + this.#size - 1);
    source.spend(this.#size);
    this.#fields = (bytes - 4) / 2;
  }

  /** Where a field of so many bytes lies; 0 if it is absent. */
  #field(index: number, bytes: number): number {
    if (index >= this.#fields) return 0;
    const offset = this.#source.read('i16', this.#vtable + 4 + 2 * index) & 0xffff;
    if (offset === 0) return 0;
    if (offset + bytes > this.#size)
      malformed(`the TFLite file is damaged: a field of the table at ${this.#at} lies outside it`);
    return this.#at + offset;
  }

  number(index: number, type: Scalar, otherwise = 0): number {
    const at = this.#field(index, SCALARS[type].bytes);
    return at === 0 ? otherwise : this.#source.read(type, at);
  }

  boolean(index: number): boolean {
    return this.number(index, 'u8') !== 0;
  }

  table(index: number): Table | undefined {
    const at = this.#field(index, 4);
    return at === 0 ? undefined : new Table(this.#source, this.#source.follow(at));
  }

  #vector(index: number, bytes: number): { from: number; length: number } {
    const at = this.#field(index, 4);
    return at === 0 ? { from: 0, length: 0 } : this.#source.vector(this.#source.follow(at), bytes);
  }

  /** Whether the field is there. */
  has(index: number): boolean {
    return this.#field(index, 1) !== 0;
  }

  numbers(index: number, type: Scalar): number[] {
    const { bytes } = SCALARS[type];
    const { from, length } = this.#vector(index, bytes);
    return Array.from({ length }, (_, i) => this.#source.read(type, from + bytes * i));
  }

  tables(index: number): Table[] {
    const { from, length } = this.#vector(index, 4);
    return Array.from(
      { length },
      (_, i) => new Table(this.#source, this.#source.follow(from + 4 * i)),
    );
  }

  /** A part of the file itself. */
  bytes(index: number): Uint8Array {
    const { from, length } = this.#vector(index, 1);
    return this.#source.bytes.subarray(from, from + length);
  }

  string(index: number): string {
    return new TextDecoder().decode(this.bytes(index));
  }
}

/** The table that a file begins with, of the kind that its four letters name. */
export function rootTable(bytes: Uint8Array, identifier: string): Table {
  const letters = new TextDecoder('latin1').decode(bytes.subarray(4, 8));
  if (letters !== identifier) {
    malformed(`this is no TFLite file: its bytes 4 to 7 are not "${identifier}"`);
  }
  const source = new Source(bytes);
  return new Table(source, source.follow(0));
}
