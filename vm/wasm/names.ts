import { WasmError } from './errors.ts';
import { checkLimit } from './limits.ts';
import type { Reader } from './reader.ts';

/** A name for a message: names come from outside and may be long. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);

/**
 * Function names, by function index, from the content of a name section; subsections of other kinds are skipped.
 * Names are for people to read: of a malformed section nothing is taken (undefined), the module is none the worse.
 */
export function readFunctionNames(reader: Reader): ReadonlyMap<number, string> | undefined {
  try {
    const names = new Map<number, string>();
    while (!reader.done) {
      const id = reader.u8();
      const subsection = reader.sub(reader.u32(), 'a subsection of names');
      if (id !== 1) continue;
      const count = subsection.u32();
      checkLimit('functions', count, subsection.offset, 'function names');
      for (let i = 0; i < count; i++) {
        const index = subsection.u32();
        names.set(index, subsection.text("a function's name"));
      }
    }
    return names;
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}
