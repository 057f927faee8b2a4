/** Values as wast2json writes them, and what a slot must hold to be one of them. */
import type { ValueType } from '../../vm/opcodes.ts';

/** Bits in decimal, `nan:canonical` or `nan:arithmetic`; of a v128 all lanes. */
export interface JsonValue {
  readonly type: string;
  readonly lane_type?: string;
  readonly value?: string | readonly string[];
}

const SCALARS: Readonly<Record<string, number>> = {
  i8: 8,
  i16: 16,
  i32: 32,
  i64: 64,
  f32: 32,
  f64: 64,
};
/** The one NaN that arithmetic gives. */
const NAN: Readonly<Record<number, bigint>> = { 32: 0x7fc00000n, 64: 0x7ff8000000000000n };

interface Lane {
  readonly width: number;
  readonly text: string;
}

/** Whether a value is of a type that the machine has; references aren't. */
export const isMachineValue = ({ type }: JsonValue): boolean => type === 'v128' || type in SCALARS;

function lanesOf(value: JsonValue): readonly Lane[] {
  const width = SCALARS[value.type === 'v128' ? (value.lane_type ?? '') : value.type];
  const texts = typeof value.value === 'string' ? [value.value] : value.value;
  if (width === undefined || texts === undefined) {
    throw new Error(`no value of this machine: ${JSON.stringify(value)}`);
  }
  return texts.map((text) => ({ width, text }));
}

/** The slot of an argument. */
export function slotOf(value: JsonValue): bigint {
  let slot = 0n;
  for (const { width, text } of [...lanesOf(value)].reverse()) {
    slot = (slot << BigInt(width)) | BigInt.asUintN(width, BigInt(text));
  }
  return slot;
}

/**
 * Whether a slot holds an expected result. A NaN of either pattern must be the positive canonical one: the format leaves it open
 * which, the machine doesn't. `eitherSign`: the function changes signs, which are bits of NaNs too.
 */
export function matches(expected: JsonValue, slot: bigint, eitherSign: boolean): boolean {
  let rest = slot;
  for (const { width, text } of lanesOf(expected)) {
    const isNan = text.startsWith('nan:');
    const wanted = isNan ? NAN[width] : BigInt.asUintN(width, BigInt(text));
    const bits = isNan && eitherSign ? width - 1 : width;
    if (BigInt.asUintN(bits, rest) !== wanted) return false;
    rest >>= BigInt(width);
  }
  return true;
}

/** Bytes that a result of a type takes in its slot, as hexadecimal digits. */
export function digitsOf(type: ValueType, slot: bigint): string {
  const width = type === 'v128' ? 128 : (SCALARS[type] as number);
  return BigInt.asUintN(width, slot)
    .toString(16)
    .padStart(width / 4, '0');
}
