/** keccak256 and tensor roots by the interpreter's own code, which is many times as fast as JavaScript's. */
import { LEAF_BYTES, REGION_DEPTH } from './constants.ts';
import { IO } from './layout.ts';

export interface Hasher {
  /** 32 bytes. */
  keccak256(bytes: Uint8Array): Uint8Array;
  /** Root of a tree over the content, zero-extended to 2^depth leaves. Throws `RangeError` if it is longer. */
  root(content: Uint8Array, depth: number): Uint8Array;
  /** Root of the tree of depth 21 over the content, zero-extended to 256 MiB. Throws `RangeError` if it is longer. */
  tensorRoot(content: Uint8Array): Uint8Array;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  initialise(words: number, reach: number, highest: number, limit: number): number;
  keccak(from: number, length: number, to: number): void;
  denseRoot(from: number, length: number, depth: number, to: number): void;
}

/** Where content is put: behind everything that the interpreter needs to hash. */
const BUFFER = 0x1e00000;
const PAGE = 65536;

/** A hasher with a memory of its own, which grows to the longest content it has seen. */
export function createHasher(interpreter: WebAssembly.Module): Hasher {
  const exports = new WebAssembly.Instance(interpreter).exports as unknown as Exports;
  if (!exports.initialise(0, 0, 0, 0)) throw new Error('no memory for a hasher');
  const place = (content: Uint8Array): void => {
    const end = BUFFER + Math.ceil(content.length / 128) * 128;
    const missing = Math.ceil((end - exports.memory.buffer.byteLength) / PAGE);
    if (missing > 0) exports.memory.grow(missing);
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(content, BUFFER);
    memory.fill(0, BUFFER + content.length, end);
  };
  const result = (): Uint8Array => new Uint8Array(exports.memory.buffer).slice(IO, IO + 32);
  const root = (content: Uint8Array, depth: number): Uint8Array => {
    const most = LEAF_BYTES * 2 ** depth;
    if (content.length > most) {
      throw new RangeError(`a tensor of ${content.length} bytes; ${most} are possible`);
    }
    place(content);
    exports.denseRoot(BUFFER, content.length, depth, IO);
    return result();
  };
  return {
    keccak256(bytes) {
      place(bytes);
      exports.keccak(BUFFER, bytes.length, IO);
      return result();
    },
    root,
    tensorRoot: (content) => root(content, REGION_DEPTH),
  };
}
