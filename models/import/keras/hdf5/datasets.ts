/** Contents of datasets: in one piece, in the header, or in chunks (HDF5 File Format Specification 3.0, IV.A.2.i, III.A.1). */
import { unzlibSync } from 'fflate';
import { malformed, unsupported } from '../../../compile/errors.ts';
import { ModelError } from '../../../errors.ts';
import type { TensorData } from '../../../network/types.ts';
import { checkedCount } from '../../layers/tensors.ts';
import { Cursor, type Source } from './cursor.ts';
import type { HdfObject } from './objects.ts';

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const DEFLATE = 1;
const SHUFFLE = 2;
const CHECKSUM = 3;

/** What compressed chunks may grow by: deflate's limit is near 1032, of weights it never comes to 20. */
const MOST_GROWTH = 20;

export function readDataset(source: Source, object: HdfObject, where: string): TensorData {
  const { layout, shape, type } = object;
  if (!layout || !shape || !type) malformed(`${where} is no dataset`);
  if (type.kind !== 'number') unsupported(`${where} has elements of another type than numbers`);
  const bytes = checkedCount(shape, type.dtype, where) * type.size;
  const tensor = (data: Uint8Array): TensorData => ({ dtype: type.dtype, shape, data });
  const c = new Cursor(source, layout.at, layout.left);
  const version = c.version('a layout', 1, 2, 3, 4);
  if (version < 3) {
    const rank = c.u8();
    const kind = c.u8();
    c.skip(5);
    if (kind === CONTIGUOUS) return tensor(contiguous(source, c.address(), bytes, where));
    if (kind === COMPACT) {
      c.skip(4 * rank);
      return tensor(compact(c, c.u32(), bytes, where));
    }
    return unsupported(`${where} is stored in chunks of an old layout`);
  }
  const kind = c.u8();
  if (kind === COMPACT) return tensor(compact(c, c.u16(), bytes, where));
  if (kind === CONTIGUOUS) return tensor(contiguous(source, c.address(), bytes, where));
  if (kind !== CHUNKED || version === 4) {
    return unsupported(`${where} is stored in chunks of the layout of libver='latest'`);
  }
  const rank = c.u8() - 1;
  const tree = c.address();
  const chunk = Array.from({ length: rank }, () => c.u32());
  if (rank < 1 || rank !== shape.length || c.u32() !== type.size || chunk.includes(0)) {
    malformed(`${where} has chunks of another rank`);
  }
  if (bytes > MOST_GROWTH * source.bytes.length) malformed(`${where} is much larger than the file`);
  const chunks = new Chunks(
    source,
    { shape, chunk, size: type.size, bytes, where },
    filtersOf(object),
  );
  chunks.visit(tree);
  return tensor(chunks.data);
}

function compact(c: Cursor, size: number, bytes: number, where: string): Uint8Array {
  return size === bytes
    ? c.take(size)
    : malformed(`${where} has ${size} bytes instead of ${bytes}`);
}

function contiguous(source: Source, address: number, bytes: number, where: string): Uint8Array {
  if (bytes === 0) return new Uint8Array(0);
  if (address + bytes > source.bytes.length)
    malformed(`${where} has no content, or lies beyond the end`);
  return Cursor.at(source, address, bytes).take(bytes);
}

/** Numbers of the filters in the order in which they were applied. */
function filtersOf({ filters }: HdfObject): number[] {
  if (!filters) return [];
  const c = new Cursor(filters.source, filters.at, filters.left);
  const version = c.version('a list of filters', 1, 2);
  const count = c.u8();
  if (version === 1) c.skip(6);
  const ids = Array.from({ length: count }, () => {
    const id = c.u16();
    const name = version === 1 || id >= 256 ? c.u16() : 0;
    c.skip(2);
    const values = c.u16();
    c.skip(version === 1 ? name + (-name & 7) : name);
    c.skip(4 * (version === 1 ? values + (values & 1) : values));
    return id;
  });
  const unknown = ids.filter((id) => id !== DEFLATE && id !== SHUFFLE && id !== CHECKSUM);
  if (unknown.length > 0) unsupported(`HDF5 filters ${unknown.join(', ')}`);
  return ids;
}

interface Layout {
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  /** Bytes of an element, and of the dataset. */
  readonly size: number;
  readonly bytes: number;
  readonly where: string;
}

class Chunks {
  readonly data: Uint8Array;
  readonly #source: Source;
  readonly #layout: Layout;
  readonly #filters: readonly number[];
  readonly #chunkBytes: number;
  /** Chunks that may still come: as many as the shape needs. */
  #left: number;
  #inflated = 0;

  constructor(source: Source, layout: Layout, filters: readonly number[]) {
    this.#source = source;
    this.#layout = layout;
    this.#filters = filters;
    this.data = new Uint8Array(layout.bytes);
    this.#left = layout.shape.reduce((n, size, i) => n * Math.ceil(size / layout.chunk[i]!), 1);
    this.#chunkBytes = layout.chunk.reduce((product, n) => product * n, layout.size);
    if (this.#chunkBytes > MOST_GROWTH * source.bytes.length)
      malformed(`${layout.where} has chunks larger than the file`);
  }

  visit(tree: number, above = 256): void {
    const node = Cursor.at(this.#source, tree);
    node.signature('TREE');
    if (node.u8() !== 1) malformed('the HDF5 file has a tree of a group for chunks');
    const level = node.u8();
    if (level >= above) malformed('the HDF5 file has a tree that does not descend');
    const count = node.u16();
    node.skip(2 * this.#source.offsets);
    for (let i = 0; i < count; i++) {
      const size = node.u32();
      const mask = node.u32();
      const at = this.#layout.shape.map(() => node.uint(8));
      node.skip(8);
      const child = node.address();
      if (level === 0 && --this.#left < 0) malformed(`${this.#layout.where} has too many chunks`);
      if (level > 0) this.visit(child, level);
      else this.#put(this.#unfiltered(Cursor.at(this.#source, child, size).take(size), mask), at);
    }
  }

  #unfiltered(stored: Uint8Array, mask: number): Uint8Array {
    let bytes = stored;
    for (let i = this.#filters.length - 1; i >= 0; i--) {
      if ((mask & (1 << i)) !== 0) continue;
      if (this.#filters[i] === CHECKSUM) bytes = bytes.subarray(0, -4);
      else if (this.#filters[i] === SHUFFLE) bytes = unshuffled(bytes, this.#layout.size);
      else bytes = this.#inflate(bytes);
    }
    if (bytes.length !== this.#chunkBytes)
      malformed(`${this.#layout.where} has a chunk of a wrong length`);
    return bytes;
  }

  #inflate(bytes: Uint8Array): Uint8Array {
    this.#inflated += this.#chunkBytes;
    if (this.#inflated > MOST_GROWTH * this.#source.bytes.length + 2 ** 20) {
      malformed(`${this.#layout.where} grows too much when it is inflated`);
    }
    try {
      // A checksum of 4 bytes may follow in the chunk.
      return unzlibSync(bytes, { out: new Uint8Array(this.#chunkBytes + 4) }).subarray(
        0,
        this.#chunkBytes,
      );
    } catch (cause) {
      throw new ModelError('BAD_NETWORK', `${this.#layout.where} has a damaged chunk`, { cause });
    }
  }

  /** Copies the part of a chunk that lies within the dataset, row by row. */
  #put(bytes: Uint8Array, at: readonly number[]): void {
    const { chunk, shape, size } = this.#layout;
    const inside = chunk.map((n, axis) => Math.min(n, shape[axis]! - at[axis]!));
    if (inside.some((n) => n <= 0))
      malformed(`${this.#layout.where} has a chunk outside its shape`);
    const last = shape.length - 1;
    const copy = (axis: number, from: number, to: number): void => {
      if (axis === last) {
        const start = (to + at[axis]!) * size;
        this.data.set(bytes.subarray(from * size, (from + inside[axis]!) * size), start);
        return;
      }
      for (let i = 0; i < inside[axis]!; i++) {
        copy(axis + 1, (from + i) * chunk[axis + 1]!, (to + at[axis]! + i) * shape[axis + 1]!);
      }
    };
    copy(0, 0, 0);
  }
}

/** Bytes of equal significance lie together in shuffled data. */
function unshuffled(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  const result = bytes.slice();
  for (let i = 0; i < count; i++) {
    for (let part = 0; part < size; part++) result[i * size + part] = bytes[part * count + i]!;
  }
  return result;
}
