/** Object headers and groups (HDF5 File Format Specification 3.0, III.A, III.C, III.D, IV.A). */
import { malformed, unsupported } from '../../../compile/errors.ts';
import { Cursor, type Source, textOf } from './cursor.ts';
import { type Datatype, readDataspace, readDatatype, readValue, type Value } from './types.ts';

/** Messages that this reader knows, by number. */
const DATASPACE = 1;
const LINK_INFO = 2;
const DATATYPE = 3;
const LINK = 6;
const LAYOUT = 8;
const FILTERS = 11;
const ATTRIBUTE = 12;
const CONTINUATION = 16;
const SYMBOL_TABLE = 17;
const ATTRIBUTE_INFO = 21;

/** Messages of one object at most. */
const MOST_MESSAGES = 200_000;

/** What one object's header says. */
export interface HdfObject {
  readonly attributes: ReadonlyMap<string, () => Value>;
  /** Addresses of the objects in a group, by name. */
  links(): Map<string, number>;
  readonly shape?: readonly number[];
  readonly type?: Datatype;
  /** Messages that tell where a dataset lies. */
  readonly layout?: Cursor;
  readonly filters?: Cursor;
}

interface Message {
  readonly type: number;
  readonly body: Cursor;
}

export function readObject(source: Source, address: number): HdfObject {
  const attributes = new Map<string, () => Value>();
  const links = new Map<string, number>();
  const object: { -readonly [K in keyof HdfObject]: HdfObject[K] } = {
    attributes,
    links: () => links,
  };
  for (const { body, type } of messages(source, address)) {
    if (type === DATASPACE) object.shape = readDataspace(body);
    else if (type === DATATYPE) object.type = readDatatype(body);
    else if (type === LAYOUT) object.layout = body;
    else if (type === FILTERS) object.filters = body;
    else if (type === ATTRIBUTE) readAttribute(body, attributes);
    else if (type === LINK) readLink(body, links);
    else if (type === LINK_INFO || type === ATTRIBUTE_INFO) refuseDense(body, type);
    else if (type === SYMBOL_TABLE) {
      const tree = body.address();
      const heap = body.address();
      object.links = () => symbolTable(source, tree, heap);
    }
  }
  return object;
}

/** Messages of an object and of its continuations. */
function messages(source: Source, address: number): Message[] {
  const c = Cursor.at(source, address);
  const found: Message[] = [];
  const isNew = source.bytes[c.at] === 0x4f;
  const blocks: Cursor[] = [];
  let flags = 0;
  if (isNew) {
    c.signature('OHDR');
    c.version('an object header', 2);
    flags = c.u8();
    if ((flags & 0x20) !== 0) c.skip(16);
    if ((flags & 0x10) !== 0) c.skip(4);
    blocks.push(c.part(c.uint(1 << (flags & 3))));
  } else {
    c.version('an object header', 1);
    c.skip(7);
    const length = c.u32();
    c.skip(4);
    blocks.push(c.part(length));
  }
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    while (block.left >= (isNew ? 4 : 8)) {
      const type = isNew ? block.u8() : block.u16();
      const size = block.u16();
      const bits = block.u8();
      if (!isNew) block.skip(3);
      else if ((flags & 4) !== 0) block.skip(2);
      const body = block.part(size);
      if (type === CONTINUATION) blocks.push(continuation(body, isNew));
      else if ((bits & 2) !== 0 && KNOWN.has(type))
        unsupported('an HDF5 file with shared messages');
      else if (KNOWN.has(type)) found.push({ type, body });
      if (found.length > MOST_MESSAGES)
        malformed('an object of the HDF5 file has too many messages');
    }
  }
  return found;
}

const KNOWN = new Set([
  DATASPACE,
  LINK_INFO,
  DATATYPE,
  LINK,
  LAYOUT,
  FILTERS,
  ATTRIBUTE,
  SYMBOL_TABLE,
  ATTRIBUTE_INFO,
]);

function continuation(body: Cursor, isNew: boolean): Cursor {
  const address = body.address();
  const c = Cursor.at(body.source, address, body.length());
  if (!isNew) return c;
  c.signature('OCHK');
  return c.part(c.left - 4);
}

function readAttribute(c: Cursor, into: Map<string, () => Value>): void {
  const version = c.version('an attribute', 1, 2, 3);
  if (c.u8() !== 0 && version > 1) unsupported('an HDF5 file whose attributes share their types');
  const lengths = [c.u16(), c.u16(), c.u16()];
  if (version === 3) c.skip(1);
  const [name, type, space] = lengths.map((length) => {
    const part = c.part(length);
    if (version === 1) c.skip(-length & 7);
    return part;
  }) as [Cursor, Cursor, Cursor];
  const datatype = readDatatype(type);
  const shape = readDataspace(space);
  into.set(textOf(name.take(name.left)), () =>
    readValue(new Cursor(c.source, c.at, c.left), datatype, shape),
  );
}

function readLink(c: Cursor, into: Map<string, number>): void {
  c.version('a link', 1);
  const flags = c.u8();
  const isHard = (flags & 8) === 0 || c.u8() === 0;
  if ((flags & 4) !== 0) c.skip(8);
  if ((flags & 16) !== 0) c.skip(1);
  const name = textOf(c.take(c.uint(1 << (flags & 3))));
  // Soft links and links to other files are left out.
  if (isHard) into.set(name, c.address());
}

/** Large groups of files for HDF5 1.8 and later only keep their links, or attributes, in a heap of their own. */
function refuseDense(c: Cursor, type: number): void {
  c.skip(1);
  const flags = c.u8();
  if ((flags & 1) !== 0) c.skip(type === LINK_INFO ? 8 : 2);
  const heap = c.address();
  if (heap < c.source.bytes.length) {
    unsupported("an HDF5 file in the layout of libver='latest'; save it in the earliest layout");
  }
}

function symbolTable(source: Source, tree: number, heap: number): Map<string, number> {
  const names = Cursor.at(source, heap);
  names.signature('HEAP');
  names.version('a local heap', 0);
  names.skip(3);
  const size = names.length();
  names.skip(source.lengths);
  const text = Cursor.at(source, names.address(), size).take(size);
  const links = new Map<string, number>();
  visit(source, tree, (leaf) => {
    const node = Cursor.at(source, leaf);
    node.signature('SNOD');
    node.version('a symbol node', 1);
    node.skip(1);
    for (let count = node.u16(); count > 0; count--) {
      const name = node.address();
      const object = node.address();
      const cached = node.u32();
      node.skip(20);
      if (name >= text.length) malformed('the HDF5 file has a name outside its heap');
      if (cached !== 2) links.set(textOf(text.subarray(name)), object);
    }
  });
  return links;
}

/** The leaves of a group's B-tree. */
function visit(source: Source, tree: number, onLeaf: (address: number) => void): void {
  const node = Cursor.at(source, tree);
  node.signature('TREE');
  if (node.u8() !== 0) malformed('the HDF5 file has a tree of chunks for a group');
  const level = node.u8();
  const count = node.u16();
  node.skip(2 * source.offsets);
  for (let i = 0; i < count; i++) {
    node.skip(source.lengths);
    const child = node.address();
    if (level === 0) onLeaf(child);
    else descend(source, child, level, onLeaf);
  }
}

/** A child lies one level lower, so the depth is bounded by the first level, a byte. */
function descend(
  source: Source,
  child: number,
  level: number,
  onLeaf: (address: number) => void,
): void {
  const { at } = Cursor.at(source, child, 6);
  if (source.bytes[at + 5] !== level - 1)
    malformed('the HDF5 file has a tree that does not descend');
  visit(source, child, onLeaf);
}
