/**
 * The .npy format, versions 1 to 3 (numpy.lib.format): a magic, the length of a header, the header as a Python dictionary, and the
 * elements. Written as version 1, little-endian, in C order.
 */
import { DTYPES, type Dtype } from '../../models/graph.ts';
import type { TensorData } from '../../models/network/types.ts';
import { UserError } from '../errors.ts';

const MAGIC = Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'));
/** A header above this is refused before it is read; NumPy's own limit for untrusted files is 10,000. */
const MOST_HEADER_BYTES = 10_000;
const MOST_RANK = 31;

/** Type strings without the byte order; numpy has no bfloat16, and the package ml_dtypes stores it as two opaque bytes. */
const TYPES: ReadonlyMap<string, Dtype> = new Map([
  ['f2', 'f16'],
  ['f4', 'f32'],
  ['f8', 'f64'],
  ['i1', 'i8'],
  ['i2', 'i16'],
  ['i4', 'i32'],
  ['i8', 'i64'],
  ['u1', 'u8'],
  ['u2', 'u16'],
  ['u4', 'u32'],
  ['u8', 'u64'],
  ['b1', 'bool'],
  ['V2', 'bf16'],
]);

const NAMES: ReadonlyMap<Dtype, string> = new Map([...TYPES].map(([name, dtype]) => [dtype, name]));

function refuse(message: string): never {
  throw new UserError('BAD_NPY', message);
}

/** Reads a .npy file. Throws `UserError` BAD_NPY. */
export function readNpy(file: Uint8Array, name = '.npy file'): TensorData {
  const { at, text } = headerOf(file, name);
  const { descr, isFortran, shape } = parseHeader(text, name);
  const order = descr[0]!;
  const dtype = TYPES.get(descr.slice(1));
  if (!dtype || !'<>|='.includes(order)) {
    refuse(
      `${name}: elements of type "${descr}" can't be used; convert them to one of ${[...TYPES.keys()].join(', ')}`,
    );
  }
  const { bytes } = DTYPES[dtype];
  const size = shape.reduce((product, dimension) => product * dimension, bytes);
  if (size !== file.length - at) {
    refuse(
      `${name}: ${dtype} [${shape.join(',')}] takes ${size} bytes, and ${file.length - at} follow the header; the file is damaged`,
    );
  }
  let data = file.slice(at);
  if (order === '>') data = swapped(data, bytes);
  if (isFortran && shape.length > 1) data = fromFortran(data, shape, bytes);
  if (dtype === 'bool' && data.some((byte) => byte > 1)) {
    refuse(`${name}: a bool is neither 0 nor 1`);
  }
  return { dtype, shape, data };
}

function headerOf(file: Uint8Array, name: string): { at: number; text: string } {
  if (file.length < 10 || MAGIC.some((byte, i) => file[i] !== byte)) {
    refuse(`${name} isn't a .npy file: it doesn't begin with "\\x93NUMPY"`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = file[6]!;
  if (version < 1 || version > 3) refuse(`${name}: .npy version ${version} is unknown`);
  const from = version === 1 ? 10 : 12;
  if (file.length < from) refuse(`${name}: the file ends in its header`);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MOST_HEADER_BYTES || from + length > file.length) {
    refuse(
      `${name}: a header of ${length} bytes (of a file of ${file.length}; ${MOST_HEADER_BYTES} at most)`,
    );
  }
  return { at: from + length, text: new TextDecoder().decode(file.subarray(from, from + length)) };
}

/** The three entries of the dictionary, in any order. */
function parseHeader(text: string, name: string) {
  const trimmed = text.trim();
  if (!/^\{.*\}$/s.test(trimmed)) refuse(`${name}: its header isn't a dictionary`);
  const body = trimmed.slice(1, -1);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(body)?.[1];
  if (descr === undefined || descr.length < 2) {
    refuse(`${name}: its elements aren't of one plain type; structured arrays can't be used`);
  }
  const fortran = /'fortran_order'\s*:\s*(True|False)\b/.exec(body)?.[1];
  const dimensions = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(body)?.[1];
  if (fortran === undefined || dimensions === undefined) {
    refuse(`${name}: its header has no fortran_order or shape`);
  }
  const shape = dimensions
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const dimension = Number(part.replace(/L$/, ''));
      if (!Number.isSafeInteger(dimension)) refuse(`${name}: "${part}" is no dimension`);
      return dimension;
    });
  if (shape.length > MOST_RANK) refuse(`${name}: rank ${shape.length}; ${MOST_RANK} is the most`);
  return { descr, isFortran: fortran === 'True', shape };
}

/** Elements of `bytes` bytes in the other byte order. */
function swapped(data: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  const turned = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += bytes) {
    for (let i = 0; i < bytes; i++) turned[at + i] = data[at + bytes - 1 - i]!;
  }
  return turned;
}

/** Row-major elements of an array that is stored with its first axis fastest. */
function fromFortran(
  data: Uint8Array,
  shape: readonly number[],
  bytes: number,
): Uint8Array<ArrayBuffer> {
  const ordered = new Uint8Array(data.length);
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, bytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < data.length; at += bytes) {
    for (let i = 0; i < bytes; i++) ordered[at + i] = data[from + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}

/** The .npy file of a tensor. */
export function writeNpy({ data, dtype, shape }: TensorData): Uint8Array {
  const order = DTYPES[dtype].bytes === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${order}${NAMES.get(dtype)}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // Elements start at a multiple of 64, with spaces and a line end before them.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`);
  const file = new Uint8Array(10 + length + data.length);
  file.set(MAGIC);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, length, true);
  file.set(header, 10);
  file.set(data, 10 + length);
  return file;
}
