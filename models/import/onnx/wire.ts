/**
 * Decodes protobuf files of others. A look through the file comes first: lengths lie within what they are in, wire types are those of the schema,
 * and the number of objects that decoding makes is bounded. The decoder itself checks no more than the end of the file.
 */
import {
  type DescField,
  type DescMessage,
  fromBinary,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { malformed } from '../../compile/errors.ts';
import { ModelError } from '../../errors.ts';

/** Messages in messages, as the decoder has it. A graph in a graph is three of them. */
const MOST_NESTED = 100;
/** Fields of all messages together, and elements of packed 64-bit integers: each becomes an object. */
const MOST_RECORDS = 2 ** 23;
const MOST_LONGS = 2 ** 24;

const [VARINT, BITS_64, LENGTH, BITS_32] = [0, 1, 2, 5];
const LONGS: readonly ScalarType[] = [ScalarType.INT64, ScalarType.UINT64];

interface Field {
  readonly wire: number;
  readonly packs: boolean;
  readonly long: boolean;
  readonly message?: DescMessage;
}

function wireOf(type: ScalarType): number {
  if (type === ScalarType.FLOAT || type === ScalarType.FIXED32) return BITS_32!;
  if (type === ScalarType.DOUBLE || type === ScalarType.FIXED64) return BITS_64!;
  return type === ScalarType.STRING || type === ScalarType.BYTES ? LENGTH! : VARINT!;
}

function fieldOf(field: DescField): Field {
  const packs = field.fieldKind === 'list';
  const { message, scalar } = field;
  if (message) return { wire: LENGTH!, packs: false, long: false, message };
  const wire = scalar === undefined ? VARINT! : wireOf(scalar);
  const long = scalar !== undefined && LONGS.includes(scalar);
  return { wire, packs: packs && wire !== LENGTH, long };
}

const tables = new WeakMap<DescMessage, ReadonlyMap<number, Field>>();

function fieldsOf(message: DescMessage): ReadonlyMap<number, Field> {
  const known = tables.get(message);
  if (known) return known;
  const table = new Map(message.fields.map((field) => [field.number, fieldOf(field)]));
  tables.set(message, table);
  return table;
}

/**
 * The message that `bytes` are.
 *
 * @throws ModelError BAD_NETWORK
 */
export function decode<T extends DescMessage>(message: T, bytes: Uint8Array): MessageShape<T> {
  checkWire(message, bytes);
  try {
    return fromBinary(message, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw new ModelError('BAD_NETWORK', `no ${message.name}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Checks that `bytes` can be decoded as `message` with bounded memory.
 *
 * @throws ModelError BAD_NETWORK
 */
function checkWire(message: DescMessage, bytes: Uint8Array): void {
  let at = 0;
  let records = 0;
  let longs = 0;

  /** Numbers above 2^53 come out wrong; nobody needs them right. */
  function varint(end: number): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (at >= end) malformed(`the file ends within a number at byte ${at}`);
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return malformed(`a number of more than 10 bytes ends at byte ${at}`);
  }

  function skip(size: number, end: number): void {
    if (size > end - at) {
      malformed(`at byte ${at}: ${size} bytes are announced, ${end - at} are left`);
    }
    at += size;
  }

  function walk(of: DescMessage, end: number, depth: number): void {
    if (depth > MOST_NESTED) malformed(`messages lie in messages more than ${MOST_NESTED} deep`);
    const fields = fieldsOf(of);
    while (at < end) {
      if (++records > MOST_RECORDS) malformed(`the file has more than ${MOST_RECORDS} fields`);
      const from = at;
      const tag = varint(end);
      const wire = tag % 8;
      const field = fields.get(Math.floor(tag / 8));
      if (field && field.wire !== wire && !(field.packs && wire === LENGTH)) {
        malformed(
          `at byte ${from}: field ${Math.floor(tag / 8)} of ${of.name} has wire type ${wire}`,
        );
      }
      if (wire === VARINT) varint(end);
      else if (wire === BITS_64) skip(8, end);
      else if (wire === BITS_32) skip(4, end);
      else if (wire === LENGTH) {
        const size = varint(end);
        if (field?.message) {
          const inner = at + size;
          skip(size, end);
          at = inner - size;
          walk(field.message, inner, depth + 1);
          continue;
        }
        if (field?.long) longs += size;
        if (longs > MOST_LONGS) {
          malformed(`more than ${MOST_LONGS} bytes of 64-bit integers that aren't raw data`);
        }
        if (field?.packs) packed(field.wire, size, end);
        else skip(size, end);
      } else malformed(`at byte ${from}: wire type ${wire}`);
    }
  }

  /** The decoder reads elements until it is past the end: the last must end there. */
  function packed(wire: number, size: number, end: number): void {
    const last = at + size - 1;
    skip(size, end);
    const whole =
      wire === VARINT ? size === 0 || bytes[last]! < 0x80 : size % (wire === BITS_64 ? 8 : 4) === 0;
    if (!whole) malformed(`at byte ${last}: a list of numbers ends within one`);
  }

  walk(message, bytes.length, 1);
}
