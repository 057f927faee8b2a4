import type { ValueType } from '../opcodes.ts';
import { WasmError } from './errors.ts';
import { describe, OP, readConstant } from './instructions.ts';
import type { Reader } from './reader.ts';

const TYPES: ReadonlyMap<number, ValueType> = new Map([
  [OP.i32Const, 'i32'],
  [OP.i64Const, 'i64'],
  [OP.f32Const, 'f32'],
  [OP.f64Const, 'f64'],
  [OP.v128Const, 'v128'],
]);

const hex = (n: number): string => `0x${n.toString(16)}`;

/**
 * Reads a constant expression: one constant of the wanted type, then `end`.
 *
 * @returns its 4, 8 or 16 bytes, little-endian
 */
export function readConstantExpression(reader: Reader, type: ValueType): Uint8Array {
  const offset = reader.offset;
  const opcode = constantOpcode(reader);
  const bytes = readConstant(reader, opcode);
  if (!bytes) {
    throw new WasmError(
      'constant-expression',
      offset,
      `${describe(opcode)} in a constant expression: use one constant`,
    );
  }
  const found = TYPES.get(opcode);
  if (found !== type) {
    throw new WasmError('type', offset, `constant of type ${found} where ${type} is needed`);
  }
  const at = reader.offset;
  const next = constantOpcode(reader);
  if (next === OP.end) return bytes;
  if (TYPES.has(next)) {
    throw new WasmError(
      'unsupported-constant-expression',
      at,
      'a second constant in a constant expression: let the compiler fold it into one',
    );
  }
  throw new WasmError(
    'constant-expression',
    at,
    `${describe(next)} after the constant of a constant expression: end it there`,
  );
}

/** An opcode, with what other engines know in constant expressions refused by its own code. */
function constantOpcode(reader: Reader): number {
  const offset = reader.offset;
  const byte = reader.u8();
  if (byte === 0xfd) {
    const sub = reader.u32();
    if (sub !== 0x0c) {
      throw new WasmError(
        'constant-expression',
        offset,
        `SIMD instruction 0xfd ${hex(sub)} in a constant expression: use v128.const`,
      );
    }
    return OP.v128Const;
  }
  // global.get could name an imported global only, and there are none; the others are extended constants.
  if (byte === OP.globalGet || (byte >= 0x6a && byte <= 0x6c) || (byte >= 0x7c && byte <= 0x7e)) {
    throw new WasmError(
      'unsupported-constant-expression',
      offset,
      `instruction ${hex(byte)} in a constant expression: let the compiler fold it into one constant`,
    );
  }
  if (byte === 0xd0 || byte === 0xd2) {
    throw new WasmError(
      'unsupported-reference-types',
      offset,
      `instruction ${hex(byte)} makes a reference: compile without reference types`,
    );
  }
  if (byte === 0xfb) {
    throw new WasmError(
      'unsupported-gc',
      offset,
      'instruction 0xfb is of the GC proposal: compile to linear memory',
    );
  }
  return byte;
}
