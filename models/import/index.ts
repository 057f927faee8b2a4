/** Files of networks of any format: told apart by what is in them, not by their names. */
import { ModelError } from '../errors.ts';
import type { Network } from '../network/types.ts';
import { importKerasArchive, isKerasArchive } from './keras/archive.ts';
import { isHdf5 } from './keras/hdf5/index.ts';
import { importKeras } from './keras/index.ts';
import { parseJson } from './layers/json.ts';
import { readOnnx } from './onnx/index.ts';
import { isDescription } from './pytorch/description.ts';
import { importPytorch } from './pytorch/index.ts';
import { isZip, readZip } from './pytorch/zip.ts';
import { importSafetensors } from './safetensors/index.ts';
import { isSafetensors } from './safetensors/read.ts';
import { importTfjs, isTfjs } from './tfjs/index.ts';
import { readTflite } from './tflite/index.ts';

export type Format = 'ONNX' | 'TFLite' | 'TensorFlow.js' | 'Keras' | 'PyTorch' | 'safetensors';

/** Contents by path, `/` between folders: the file of the network and whatever lies beside it. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface Imported {
  readonly format: Format;
  readonly network: Network;
}

/** Parsed JSON, if a file looks as if it were that. */
function jsonOf(file: Uint8Array): unknown {
  // A brace, perhaps after blanks; safetensors files begin with a length.
  const first = file.subarray(0, 64).find((byte) => byte > 0x20);
  if (first !== 0x7b || isSafetensors(file)) return undefined;
  try {
    return parseJson(file, 'a file');
  } catch {
    return undefined;
  }
}

/** Whether an archive is Keras's own: its members are listed, not inflated. */
function isKerasZip(file: Uint8Array): boolean {
  const names = new Set<string>();
  try {
    readZip(file, (path) => {
      names.add(path);
      return false;
    });
  } catch {
    return false;
  }
  return isKerasArchive(names);
}

/**
 * Format of a file by its content, undefined if it is none of a network. ONNX files have no signature: what begins with their
 * first field, a version, is taken for one.
 */
export function formatOf(file: Uint8Array): Format | undefined {
  if (isHdf5(file)) return 'Keras';
  if (isZip(file)) return isKerasZip(file) ? 'Keras' : 'PyTorch';
  if (String.fromCharCode(...file.subarray(4, 8)) === 'TFL3') return 'TFLite';
  if (isSafetensors(file)) return 'safetensors';
  if (isTfjs(jsonOf(file))) return 'TensorFlow.js';
  return file[0] === 0x08 && file[1]! < 0x40 ? 'ONNX' : undefined;
}

/** Path of a file beside another. */
const beside = (path: string, name: string): string =>
  `${path.slice(0, path.lastIndexOf('/') + 1)}${name}`;

/**
 * The network in a set of files: one that tells a network, with the files that belong to it. Those are
 * shards of weights (TensorFlow.js), external data (ONNX), or a description of the layers in JSON (PyTorch, safetensors).
 *
 * @throws ModelError BAD_NETWORK: no file of a network, several, or a damaged one; UNSUPPORTED_OPERATOR
 */
export function importFile(files: Files): Imported {
  const found = [...files].flatMap(([path, file]) => {
    const format = formatOf(file);
    return format ? [{ path, file, format }] : [];
  });
  // The bytes of weights may look like an ONNX file.
  const certain = found.filter(({ format }) => format !== 'ONNX');
  const [main, ...others] = certain.length > 0 ? certain : found;
  if (!main)
    throw new ModelError('BAD_NETWORK', `no file of a network among ${list(files.keys())}`);
  if (others.length > 0) {
    const paths = [main, ...others].map(({ path }) => path);
    throw new ModelError('BAD_NETWORK', `several files of networks: ${list(paths)}; give one`);
  }
  return { format: main.format, network: networkOf(main, files) };
}

const list = (paths: Iterable<string>): string => [...paths].slice(0, 10).join(', ') || 'no files';

function networkOf(
  { file, format, path }: { path: string; file: Uint8Array; format: Format },
  files: Files,
): Network {
  const read = (name: string): Uint8Array | undefined => files.get(beside(path, name));
  switch (format) {
    case 'Keras':
      return isZip(file) ? importKerasArchive(readZip(file)) : importKeras(file);
    case 'TFLite':
      return readTflite(file);
    case 'TensorFlow.js':
      return importTfjs(jsonOf(file), read);
    case 'PyTorch':
      return importPytorch(file, descriptionAmong(files, path));
    case 'safetensors':
      return importSafetensors(file, descriptionAmong(files, path));
    case 'ONNX':
      return readOnnx(file, {
        external: (name, offset, length) => {
          const data = read(name);
          if (!data || offset + length > data.length) {
            throw new ModelError(
              'BAD_NETWORK',
              `the external data "${name}" are missing or too short`,
            );
          }
          return data.subarray(offset, offset + length);
        },
      });
  }
}

function descriptionAmong(files: Files, path: string): unknown {
  const found = [...files.values()].map(jsonOf).filter(isDescription);
  if (found.length === 1) return found[0];
  throw new ModelError(
    'BAD_NETWORK',
    `${path} holds weights only: give one description of its layers beside it (docs/importing.md), not ${found.length}`,
  );
}
