import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { readBytes } from './tensors/read.ts';

/** Whether a path stays in the folder that it is taken from: names come out of files that others made. */
const staysInside = (path: string): boolean =>
  path !== '' && !/^[/\\]|[\\\0:]/.test(path) && !path.split('/').includes('..');

/**
 * A file and what it refers to: one goes through the file itself and those given with it, and `get` finds the ones beside it,
 * read when they are asked for.
 */
export class Folder extends Map<string, Uint8Array> {
  /** Content of the file itself. */
  readonly main: Uint8Array;
  readonly #folder: string;
  readonly #read = new Map<string, Uint8Array | undefined>();

  /** Throws `UserError` NO_FILE. */
  constructor(path: string, others: readonly string[] = []) {
    super();
    this.#folder = dirname(path);
    this.main = readBytes(path);
    this.set(basename(path), this.main);
    for (const other of others) this.set(other, readBytes(other));
  }

  override get(path: string): Uint8Array | undefined {
    const known = super.get(path);
    if (known || !staysInside(path)) return known;
    if (!this.#read.has(path)) this.#read.set(path, this.#find(path));
    return this.#read.get(path);
  }

  #find(path: string): Uint8Array | undefined {
    try {
      const real = realpathSync(join(this.#folder, path));
      const inside = relative(realpathSync(this.#folder), real);
      // A link may lead anywhere, and what it leads to would become a part of a public model.
      if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return undefined;
      return readBytes(real);
    } catch {
      // Whoever asked says what is missing, and what for.
      return undefined;
    }
  }
}
