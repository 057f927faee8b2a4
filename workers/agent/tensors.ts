import type { TensorInfo } from './models.ts';

/** An input that isn't the tensor the model takes. `message` says what was given and what is wanted. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: 'input-size' | 'input-value' | 'input-type';
  constructor(code: InputError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const INTEGER_RANGES: Partial<Record<string, readonly [number, number]>> = {
  u8: [0, 2 ** 8 - 1],
  i8: [-(2 ** 7), 2 ** 7 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

type Put = (view: DataView, at: number, value: number) => void;
const PUT: Partial<Record<string, Put>> = {
  f32: (view, at, value) => view.setFloat32(at, value, true),
  f64: (view, at, value) => view.setFloat64(at, value, true),
  u8: (view, at, value) => view.setUint8(at, value),
  i8: (view, at, value) => view.setInt8(at, value),
  i16: (view, at, value) => view.setInt16(at, value, true),
  i32: (view, at, value) => view.setInt32(at, value, true),
  u32: (view, at, value) => view.setUint32(at, value, true),
  i64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
};

/** First bytes of files that people send in place of a tensor. */
const FILES: readonly [string, readonly number[]][] = [
  ['a PNG file', [0x89, 0x50, 0x4e, 0x47]],
  ['a JPEG file', [0xff, 0xd8, 0xff]],
  ['a GIF file', [0x47, 0x49, 0x46, 0x38]],
  ['a WebP file', [0x52, 0x49, 0x46, 0x46]],
];

const described = ({ dtype, shape, bytes, name }: TensorInfo) =>
  `input "${name}" is ${dtype}[${shape.join(', ')}], ${bytes} bytes`;

/**
 * Bytes of an input tensor from what came over HTTP: base64 of the bytes themselves, or its elements as numbers.
 * @throws {InputError}
 */
export function readInput(input: string | readonly number[], type: TensorInfo): Uint8Array {
  if (typeof input !== 'string') return fromElements(input, type);
  const bytes = Uint8Array.from(atob(input), (char) => char.charCodeAt(0));
  if (bytes.length === type.bytes) return bytes;
  const file = FILES.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte));
  if (file) {
    throw new InputError(
      'input-type',
      `${described(type)}; what came is ${file[0]}. Decode the image and send its ${type.dtype} elements.`,
    );
  }
  throw new InputError('input-size', `${described(type)}; ${bytes.length} bytes came.`);
}

function fromElements(input: readonly number[], type: TensorInfo): Uint8Array {
  const count = type.shape.reduce((product, dim) => product * dim, 1);
  if (input.length !== count) {
    const wanted = `${described(type)}, so ${count} numbers`;
    throw new InputError('input-size', `${wanted}; ${input.length} came.`);
  }
  const put = PUT[type.dtype];
  if (!put) {
    throw new InputError('input-type', `${described(type)}: send ${type.dtype} as base64 bytes.`);
  }
  const range = INTEGER_RANGES[type.dtype];
  const size = type.bytes / Math.max(1, count);
  const bytes = new Uint8Array(type.bytes);
  const view = new DataView(bytes.buffer);
  input.forEach((value, i) => {
    const fits = range ? Number.isInteger(value) && value >= range[0] && value <= range[1] : true;
    if (!fits || !Number.isFinite(value)) {
      const problem = `element ${i} is ${value}, which is no ${type.dtype}`;
      throw new InputError('input-value', `${described(type)}; ${problem}.`);
    }
    put(view, i * size, value);
  });
  return bytes;
}

type Get = (view: DataView, at: number) => number;
const GET: Partial<Record<string, Get>> = {
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  u8: (view, at) => view.getUint8(at),
  i8: (view, at) => view.getInt8(at),
  i16: (view, at) => view.getInt16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  i64: (view, at) => Number(view.getBigInt64(at, true)),
};

/** Elements of a tensor as numbers; undefined for types that have none (f16). */
export function elementsOf(bytes: Uint8Array, { dtype, shape }: TensorInfo): number[] | undefined {
  const get = GET[dtype];
  if (!get) return undefined;
  const count = shape.reduce((product, dim) => product * dim, 1);
  const size = bytes.length / Math.max(1, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => get(view, i * size));
}

/** Index of the largest element, the first of equals. */
export const argmax = (values: readonly number[]) =>
  values.reduce(
    (best, value, i) => (value > (values[best] ?? Number.NEGATIVE_INFINITY) ? i : best),
    0,
  );

const CHUNK = 0x8000;
/** Base64 of any number of bytes. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}
