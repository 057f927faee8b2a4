import { WasmError } from './errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A cursor over a range of the module. Every method advances it and throws WasmError at the range's end. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Offset in the module of the next byte. */
  offset: number;
  /** Offset in the module after the range's last byte. */
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** The next byte, not consumed. */
  peek(): number {
    if (this.offset >= this.end) this.#truncated(1, 'a byte');
    return this.bytes[this.offset]!;
  }

  u8(): number {
    const byte = this.peek();
    this.offset += 1;
    return byte;
  }

  /** LEB128, unsigned, at most 5 bytes, unused bits zero. */
  u32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) this.#badLeb(start, 'u32', byte);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  s32(): number {
    return Number(this.#signed(32));
  }

  /** The type of a block: LEB128, signed, 33 bits. */
  s33(): number {
    return Number(this.#signed(33));
  }

  s64(): bigint {
    return this.#signed(64);
  }

  #signed(bits: number): bigint {
    const start = this.offset;
    const lastShift = Math.floor((bits - 1) / 7) * 7;
    // In the last byte everything from the sign bit up must repeat the sign.
    const signMask = (0x7f << (bits - lastShift - 1)) & 0x7f;
    let low = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8();
      if (shift === lastShift) {
        const high = byte & signMask;
        if (byte >= 0x80 || (high !== 0 && high !== signMask)) {
          this.#badLeb(start, `s${bits}`, byte);
        }
      }
      if (byte >= 0x80) continue;
      const length = this.offset - start;
      if (length <= 5) {
        for (let i = 0; i < length; i++) low += (this.bytes[start + i]! & 0x7f) * 2 ** (7 * i);
        return BigInt(byte & 0x40 ? low - 2 ** (7 * length) : low);
      }
      let value = 0n;
      for (let i = length - 1; i >= 0; i--) {
        value = (value << 7n) | BigInt(this.bytes[start + i]! & 0x7f);
      }
      return BigInt.asIntN(64, byte & 0x40 ? value - (1n << BigInt(7 * length)) : value);
    }
  }

  /** A view of the next `length` bytes; `what` names them in the error. */
  take(length: number, what: string): Uint8Array {
    if (length > this.end - this.offset) this.#truncated(length, what);
    const view = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return view;
  }

  /** A reader of the next `length` bytes, which this one skips. */
  sub(length: number, what: string): Reader {
    const start = this.offset;
    this.take(length, what);
    return new Reader(this.bytes, start, start + length);
  }

  /** A length-prefixed UTF-8 string. */
  text(what: string): string {
    const start = this.offset;
    const bytes = this.take(this.u32(), what);
    try {
      return utf8.decode(bytes);
    } catch {
      throw new WasmError('utf8', start, `${what} isn't valid UTF-8: encode it as UTF-8`);
    }
  }

  #truncated(length: number, what: string): never {
    throw new WasmError(
      'truncated',
      this.offset,
      `${length} bytes needed for ${what}, ${this.end - this.offset} left before offset ${this.end}: the module is cut off or a length is wrong`,
    );
  }

  #badLeb(start: number, type: string, byte: number): never {
    throw new WasmError(
      'leb128',
      start,
      `LEB128 number is longer than a ${type} or sets bits above it (last byte 0x${byte.toString(16)}): encode it within the type`,
    );
  }
}
