/** Places in an HDF5 file. Every read is checked against the file's end; every structure is counted. */
import { malformed } from '../../../compile/errors.ts';

/** Structures that reading one file may visit: loops of pointers end here. */
const MOST_STRUCTURES = 1_000_000;

/** The file, with the widths of its addresses and lengths. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes of an address. */
  readonly offsets: number;
  /** Bytes of a length. */
  readonly lengths: number;
  /** Where address 0 lies. */
  readonly base: number;
  visited: number;
}

/** Reads forward from an address, up to an end. */
export class Cursor {
  readonly source: Source;
  at: number;
  readonly end: number;

  constructor(source: Source, at: number, length = source.bytes.length - at) {
    this.source = source;
    this.at = at;
    this.end = at + length;
    if (!(at >= 0 && length >= 0 && this.end <= source.bytes.length)) {
      malformed(`the HDF5 file points to byte ${at}, beyond its end`);
    }
  }

  /** At an address of the file. */
  static at(source: Source, address: number, length?: number): Cursor {
    if (++source.visited > MOST_STRUCTURES) malformed('the HDF5 file has too many structures');
    return new Cursor(source, source.base + address, length);
  }

  get left(): number {
    return this.end - this.at;
  }

  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.left)) malformed('a structure of the HDF5 file is cut off');
    this.at += length;
    return this.source.bytes.subarray(this.at - length, this.at);
  }

  skip(length: number): void {
    this.take(length);
  }

  /** An unsigned little-endian integer of 1 to 8 bytes. Undefined addresses (all ones) are beyond every file. */
  uint(bytes: number): number {
    let value = 0;
    const taken = this.take(bytes);
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + taken[i]!;
    return value;
  }

  u8(): number {
    return this.uint(1);
  }

  u16(): number {
    return this.uint(2);
  }

  u32(): number {
    return this.uint(4);
  }

  address(): number {
    return this.uint(this.source.offsets);
  }

  length(): number {
    return this.uint(this.source.lengths);
  }

  /** A part of what is left. */
  part(length: number): Cursor {
    const part = new Cursor(this.source, this.at, Math.min(length, this.left));
    this.skip(length);
    return part;
  }

  /** Throws unless these letters follow. */
  signature(letters: string): void {
    const found = String.fromCharCode(...this.take(letters.length));
    if (found !== letters) malformed(`the HDF5 file has no ${letters} where it points to one`);
  }

  version(what: string, ...known: number[]): number {
    const version = this.u8();
    return known.includes(version)
      ? version
      : malformed(`the HDF5 file has ${what} of version ${version}`);
  }
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: false });

/** Text up to the first zero byte. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
