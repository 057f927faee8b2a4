/** Model files, and what tells them from network files. */
import { stat } from 'node:fs/promises';
import { type Engines, loadModel, type Model } from '../models/index.ts';
import { UserError } from './errors.ts';
import { readBytes } from './tensors/read.ts';

const MAGIC = 'PINPOINT';

export const isModelFile = (file: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(file.subarray(0, MAGIC.length)) === MAGIC;

/** Reads a model file. Throws `UserError` NO_FILE, NOT_A_MODEL; `ModelError` BAD_BUNDLE, BAD_GRAPH, UNSUPPORTED_OPERATOR. */
export async function openModel(
  path: string,
  engines: Engines,
): Promise<{ model: Model; file: Uint8Array }> {
  const file = readBytes(path);
  if (isModelFile(file)) return { model: await loadModel(file, engines), file };
  throw new UserError(
    'NOT_A_MODEL',
    `${path} is no model file (those begin with "${MAGIC}"); if it is a network's, import it: pinpoint import ${path} --out model.bin`,
  );
}

/** Whether a path names a model file; folders never do. */
export async function holdsModel(path: string): Promise<boolean> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return !isFolder && isModelFile(readBytes(path));
}
