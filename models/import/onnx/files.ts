/** The files beside an ONNX model that its weights may lie in. Needs a file system, which workers don't have. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { malformed } from '../../compile/errors.ts';
import type { ReadExternal } from './tensor.ts';

/**
 * Reads external data from the folder of a model and from nowhere else: a model file comes from others, and what it names would
 * become part of a public model. Refuses absolute paths, `..`, and links that lead out of the folder.
 */
export function readBeside(folder: string): ReadExternal {
  return (location, offset, length) => {
    const parts = location.split(/[/\\]/);
    if (
      location === '' ||
      isAbsolute(location) ||
      /^[a-z]:/i.test(location) ||
      parts.includes('..')
    ) {
      malformed(`external data in "${location}": it must lie in the model's folder`);
    }
    const path = realOf(join(folder, location), location);
    const inside = relative(realpathSync(folder), path);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      malformed(`external data in "${location}": a link leads out of the model's folder`);
    }
    const file = openSync(path, 'r');
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) malformed(`external data in "${location}": it is no file`);
      if (offset + length > stat.size) {
        malformed(
          `external data in "${location}": ${length} bytes at ${offset} of ${stat.size} bytes`,
        );
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0) malformed(`external data in "${location}": the file ends early`);
        done += read;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}

function realOf(path: string, location: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    return malformed(`external data in "${location}": ${(cause as Error).message}`);
  }
}
