/** Faults of the bytes themselves: any conforming engine refuses such a module too. */
export type InvalidCode =
  | 'magic'
  | 'truncated'
  | 'leb128'
  | 'utf8'
  | 'section'
  | 'count-mismatch'
  | 'malformed'
  | 'opcode'
  | 'type'
  | 'index'
  | 'alignment'
  | 'lane'
  | 'control'
  | 'immutable-global'
  | 'no-memory'
  | 'no-table'
  | 'constant-expression'
  | 'start-function'
  | 'duplicate-export'
  | 'memory-size';

/** Valid WebAssembly (of some proposal or size) that this machine doesn't take. */
export type RestrictionCode =
  | 'unsupported-import'
  | 'unsupported-threads'
  | 'unsupported-memory64'
  | 'unsupported-relaxed-simd'
  | 'unsupported-reference-types'
  | 'unsupported-gc'
  | 'unsupported-multi-table'
  | 'unsupported-multi-memory'
  | 'unsupported-segment'
  | 'unsupported-table-instruction'
  | 'unsupported-exceptions'
  | 'unsupported-tail-calls'
  | 'unsupported-constant-expression'
  | 'segment-out-of-range'
  | 'limit'
  | 'kernel-profile';

export type WasmErrorCode = InvalidCode | RestrictionCode;

/** The codes with which a module is refused although another engine may take it. */
export const RESTRICTIONS: ReadonlySet<WasmErrorCode> = new Set<RestrictionCode>([
  'unsupported-import',
  'unsupported-threads',
  'unsupported-memory64',
  'unsupported-relaxed-simd',
  'unsupported-reference-types',
  'unsupported-gc',
  'unsupported-multi-table',
  'unsupported-multi-memory',
  'unsupported-segment',
  'unsupported-table-instruction',
  'unsupported-exceptions',
  'unsupported-tail-calls',
  'unsupported-constant-expression',
  'segment-out-of-range',
  'limit',
  'kernel-profile',
]);

/** A module that isn't taken: why (`code`), and the offset in the module of the byte or entry at fault. */
export class WasmError extends Error {
  override readonly name = 'WasmError';
  readonly code: WasmErrorCode;
  /** Bytes from the module's start. */
  readonly offset: number;

  constructor(code: WasmErrorCode, offset: number, message: string) {
    super(`${message} (${code}, module offset ${offset})`);
    this.code = code;
    this.offset = offset;
  }
}
