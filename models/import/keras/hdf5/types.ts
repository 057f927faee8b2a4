/** Datatypes, dataspaces and the values that attributes and datasets hold (HDF5 File Format Specification 3.0, IV.A.2). */
import { malformed, unsupported } from '../../../compile/errors.ts';
import { DTYPES, type Dtype } from '../../../graph.ts';
import type { TensorData } from '../../../network/types.ts';
import { Cursor, textOf } from './cursor.ts';

export type Datatype =
  | { readonly kind: 'number'; readonly dtype: Dtype; readonly size: number }
  | { readonly kind: 'text'; readonly size: number }
  /** Text of any length in the global heap. */
  | { readonly kind: 'heapText'; readonly size: number }
  | { readonly kind: 'other'; readonly name: string; readonly size: number };

const CLASSES = [
  'fixed-point',
  'float',
  'time',
  'string',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'variable-length',
  'array',
];

export function readDatatype(c: Cursor): Datatype {
  const head = c.u8();
  const bits = c.uint(3);
  const size = c.u32();
  const bigEndian = (bits & 1) === 1;
  const other = (why: string): Datatype => ({ kind: 'other', name: why, size });
  const number = (dtype: Dtype): Datatype =>
    DTYPES[dtype].bytes === size
      ? { kind: 'number', dtype, size }
      : other(`${dtype} in ${size} bytes`);
  switch (head & 15) {
    case 0: {
      if (bigEndian) return other('big-endian integers');
      const dtype = `${(bits & 8) === 0 ? 'u' : 'i'}${8 * size}`;
      return Object.hasOwn(DTYPES, dtype) ? number(dtype as Dtype) : other(dtype);
    }
    case 1: {
      if (bigEndian) return other('big-endian floats');
      c.skip(4);
      const [exponentAt, exponentBits, mantissaAt, mantissaBits] = c.take(4);
      const layout = [exponentAt, exponentBits, mantissaAt, mantissaBits].join();
      if (layout === '23,8,0,23') return number('f32');
      if (layout === '52,11,0,52') return number('f64');
      if (layout === '10,5,0,10') return number('f16');
      return layout === '7,8,0,7' ? number('bf16') : other('floats of an unusual layout');
    }
    case 3:
      return { kind: 'text', size };
    case 8:
      // NumPy's bool is an enumeration of a byte.
      return size === 1 ? { kind: 'number', dtype: 'u8', size } : other('enumerations');
    case 9:
      return (bits & 15) === 1 ? { kind: 'heapText', size } : other('lists of any length');
    default:
      return other(CLASSES[head & 15] ?? `class ${head & 15}`);
  }
}

/** Sizes; a scalar has none. */
export function readDataspace(c: Cursor): number[] {
  const version = c.version('a dataspace', 1, 2);
  const rank = c.u8();
  const flags = c.u8();
  if (version === 1) c.skip(5);
  else if (c.u8() === 2) return [0];
  const sizes = Array.from({ length: rank }, () => c.length());
  if ((flags & 1) === 1) c.skip(rank * c.source.lengths);
  return sizes;
}

/** Elements of a dataspace, at most as many as fit `bytes` bytes. */
export function countOf(shape: readonly number[], type: Datatype, bytes: number): number {
  let count = 1;
  for (const size of shape) count *= size;
  if (!(count * type.size <= bytes)) {
    malformed(
      `the HDF5 file claims [${shape.join()}] elements of ${type.size} bytes in ${bytes} bytes`,
    );
  }
  return count;
}

/** A value of an attribute: texts, or numbers. */
export type Value = readonly string[] | TensorData;

export function readValue(c: Cursor, type: Datatype, shape: readonly number[]): Value {
  const count = countOf(shape, type, c.left);
  switch (type.kind) {
    case 'number':
      return { dtype: type.dtype, shape, data: c.take(count * type.size) };
    case 'text':
      return Array.from({ length: count }, () => textOf(c.take(type.size)));
    case 'heapText':
      return Array.from({ length: count }, () => {
        const length = c.u32();
        const address = c.address();
        return textOf(heapObject(c.source, address, c.u32()).subarray(0, length));
      });
    default:
      return unsupported(`the HDF5 file has values of the type ${type.name}`);
  }
}

/** An object of a global heap collection. */
function heapObject(source: Cursor['source'], address: number, wanted: number): Uint8Array {
  const c = Cursor.at(source, address);
  c.signature('GCOL');
  c.version('a global heap', 1);
  c.skip(3);
  const start = c.at - 8;
  const heap = new Cursor(source, c.at + source.lengths, c.length() - (c.at - start));
  while (heap.left >= 8 + source.lengths) {
    const index = heap.u16();
    heap.skip(6);
    const size = heap.length();
    if (index === 0) break;
    if (index === wanted) return heap.take(size);
    heap.skip(size + (-size & 7));
  }
  return malformed(`the HDF5 file names object ${wanted} of a heap that hasn't got it`);
}
