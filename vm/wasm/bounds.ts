import { WasmError } from './errors.ts';
import type { Reader } from './reader.ts';

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Size of a table (entries) or a memory (pages); `offset` is the module offset of the initial size. */
export interface Bounds {
  readonly offset: number;
  readonly initial: number;
  readonly maximum?: number;
}

/** Reads the flags and the size of a table or a memory; `what` names it in errors. */
export function readBounds(reader: Reader, what: string): Bounds {
  const at = reader.offset;
  const flags = reader.u8();
  if (flags >= 4 && flags <= 7) {
    throw new WasmError(
      'unsupported-memory64',
      at,
      `the ${what} has 64-bit addresses (flags ${hex(flags)}): compile for wasm32`,
    );
  }
  if (flags === 2 || flags === 3) {
    throw new WasmError(
      'unsupported-threads',
      at,
      `the ${what} is shared (flags ${hex(flags)}): compile without threads`,
    );
  }
  if (flags > 1) {
    throw new WasmError('malformed', at, `flags ${hex(flags)} of the ${what} don't exist: 0 or 1`);
  }
  const offset = reader.offset;
  const initial = reader.u32();
  if (flags === 0) return { offset, initial };
  const maximum = reader.u32();
  if (maximum < initial) {
    throw new WasmError(
      'malformed',
      offset,
      `the ${what} has maximum ${maximum} below its initial size ${initial}: raise the maximum`,
    );
  }
  return { offset, initial, maximum };
}

/**
 * Reads the flags of an element segment. Only active ones with plain content pass.
 *
 * @returns whether an explicit table index follows
 */
export function readElementFlags(reader: Reader, what: string): boolean {
  const offset = reader.offset;
  const flags = reader.u32();
  if (flags > 7) {
    throw new WasmError('malformed', offset, `flags ${flags} of ${what} don't exist: 0 or 2`);
  }
  if (flags & 1) {
    throw new WasmError(
      'unsupported-segment',
      offset,
      `${what} is passive or declarative (flags ${flags}): make it active`,
    );
  }
  if (flags & 4) {
    throw new WasmError(
      'unsupported-reference-types',
      offset,
      `${what} holds reference expressions (flags ${flags}): list function indices`,
    );
  }
  return flags === 2;
}
