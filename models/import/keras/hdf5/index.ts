/**
 * A reader of HDF5 files as Keras writes them: groups, attributes, datasets of numbers. It is
 * our own because the files come from strangers: every pointer is checked and counted, nothing is allocated that the file doesn't fill. HDF5 File
 * Format Specification 3.0.
 */
import { malformed } from '../../../compile/errors.ts';
import type { TensorData } from '../../../network/types.ts';
import { Cursor, type Source } from './cursor.ts';
import { readDataset } from './datasets.ts';
import { type HdfObject, readObject } from './objects.ts';
import type { Value } from './types.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export const isHdf5 = (file: Uint8Array): boolean => SIGNATURE.every((byte, i) => file[i] === byte);

export interface Group {
  readonly path: string;
  /** Names of what is in the group. */
  keys(): string[];
  has(name: string): boolean;
  /** A group in it, by its path from here. */
  group(path: string): Group;
  dataset(path: string): TensorData;
  attribute(name: string): Value | undefined;
  /** Texts of an attribute, [] if it isn't there. */
  texts(name: string): readonly string[];
}

/** @throws ModelError BAD_NETWORK, UNSUPPORTED_OPERATOR (layouts and types that Keras doesn't write) */
export function openHdf5(bytes: Uint8Array): Group {
  if (!isHdf5(bytes)) malformed('not an HDF5 file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = new Cursor({ bytes, view, offsets: 8, lengths: 8, base: 0, visited: 0 }, 8);
  const version = start.version('a superblock', 0, 1, 2, 3);
  if (version < 2) start.skip(4);
  const offsets = start.u8();
  const lengths = start.u8();
  for (const width of [offsets, lengths]) {
    if (width !== 4 && width !== 8) malformed(`an HDF5 file with addresses of ${width} bytes`);
  }
  start.skip(version < 2 ? (version === 0 ? 9 : 13) : 1);
  const base = start.uint(offsets);
  if (version < 2) start.skip(4 * offsets);
  else start.skip(2 * offsets);
  const root = start.uint(offsets);
  const source: Source = { bytes, view, offsets, lengths, base, visited: 0 };
  return groupOf(source, readObject(source, root), '');
}

function groupOf(source: Source, object: HdfObject, path: string): Group {
  const links = object.links();
  const find = (name: string): HdfObject => {
    const address = links.get(name);
    if (address === undefined) malformed(`the HDF5 file has no "${path}/${name}"`);
    return readObject(source, address);
  };
  const self: Group = {
    path,
    keys: () => [...links.keys()],
    has: (name) => links.has(name),
    group(inner) {
      const [first, ...rest] = inner.split('/').filter((part) => part !== '');
      if (first === undefined) return self;
      return groupOf(source, find(first), `${path}/${first}`).group(rest.join('/'));
    },
    dataset(inner) {
      const parts = inner.split('/').filter((part) => part !== '');
      const name = parts.pop() ?? malformed('a dataset without a name');
      if (parts.length > 0) return self.group(parts.join('/')).dataset(name);
      return readDataset(source, find(name), `"${path}/${name}"`);
    },
    attribute: (name) => object.attributes.get(name)?.(),
    texts(name) {
      const value = self.attribute(name);
      if (value === undefined) return [];
      if (!('dtype' in value)) return value;
      // NumPy's empty list has numbers for its type.
      return value.data.length === 0
        ? []
        : malformed(`"${path}": the attribute ${name} is no text`);
    },
  };
  return self;
}
