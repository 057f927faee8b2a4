import { PAGE_BYTES, REGION_DEPTH } from '../vm/constants.ts';
import type { Hasher } from '../vm/keccak.ts';
import { ZERO } from './hash.ts';

/** Height of the subtree over 64 KiB. */
const PAGE_HEIGHT = 9;

/**
 * The root of a tensor that is written part by part: only 64 KiB pages that have changed are hashed again, so that an operator
 * that is split into many calls costs about as much as in one.
 */
export class TensorTree {
  readonly #hasher: Hasher;
  #content = new Uint8Array();
  #pages: Uint8Array[] = [];

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /** Root of the tensor that now has this content, always of the same length. */
  update(content: Uint8Array): Uint8Array {
    const isNew = this.#content.length !== content.length;
    for (let i = 0; i * PAGE_BYTES < content.length; i++) {
      const page = content.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES);
      if (!isNew && isEqual(page, this.#content.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES))) {
        continue;
      }
      this.#pages[i] = this.#hasher.root(page, PAGE_HEIGHT);
      if (!isNew) this.#content.set(page, i * PAGE_BYTES);
    }
    if (isNew) this.#content = content.slice();
    return this.#root();
  }

  #root(): Uint8Array {
    let level = this.#pages;
    for (let height = PAGE_HEIGHT; height < REGION_DEPTH; height++) {
      const up: Uint8Array[] = [];
      for (let i = 0; i < level.length; i += 2) {
        const pair = new Uint8Array(64);
        pair.set(level[i]!);
        pair.set(level[i + 1] ?? ZERO[height]!, 32);
        up.push(this.#hasher.keccak256(pair));
      }
      level = up;
    }
    return level[0] ?? ZERO[REGION_DEPTH]!;
  }
}

/** Compares four bytes at a time where both begin at a multiple of four. */
function isEqual(x: Uint8Array, y: Uint8Array): boolean {
  const words = (x.byteOffset | y.byteOffset) % 4 === 0 ? x.length >> 2 : 0;
  const a = new Int32Array(x.buffer, words ? x.byteOffset : 0, words);
  const b = new Int32Array(y.buffer, words ? y.byteOffset : 0, words);
  for (let i = 0; i < words; i++) if (a[i] !== b[i]) return false;
  for (let i = 4 * words; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}
